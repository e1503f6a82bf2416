using Microsoft.Extensions.Logging.Abstractions;
using Parley.Agents;
using Parley.Cli;
using Parley.Conversations;
using Parley.Runs;
using Parley.Tests.Storage;
using Parley.Tests.Workflows;
using Parley.Workflows;
using Parley.Workflows.Reading;

namespace Parley.Tests.Cli;

public sealed class WorkflowCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_wrong_is_told_with_file_and_line()
    {
        var good = Write("good.yaml", Greeter.Text);
        var bad = Write("bad.yaml", Greeter.Text.Replace("kind: SendActivity", "kind: If", StringComparison.Ordinal));
        var (exit, output) = await CheckAsync(good, bad);
        Assert.Equal(1, exit);
        Assert.Contains($"{good}: ok", output, StringComparison.Ordinal);
        Assert.Contains($"{bad}:13: error: trigger.actions[1]", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_warning_fails_only_a_strict_check()
    {
        var file = Write("w.yaml", Greeter.Text.Replace("Hello, {Local.Name}!", "Hello, {Nobody(Local.Name)}!", StringComparison.Ordinal));
        var (exit, output) = await CheckAsync(file);
        Assert.Equal(0, exit);
        Assert.Contains(": warning: ", output, StringComparison.Ordinal);
        Assert.Equal(1, (await CheckAsync(file, "--strict")).Exit);
    }

    [Fact]
    public async Task The_first_sample_asks_and_greets()
        => Assert.Equal((0, "Good to have you here. What may I call you?\nPleased to meet you, Ada! Say anything to begin again.\n"), await RunAsync("BasicWorkflow.yaml", "Ada\n"));

    [Fact]
    public async Task The_expense_form_asks_again_adds_up_and_chooses_who_approves()
    {
        var (exit, output) = await RunAsync("expenses.yaml", "TAXI\ntwelve\n12.5\ny\nlunch\n60\nnope\n");
        Assert.Equal(0, exit);
        Assert.Contains("Please give a number", output, StringComparison.Ordinal);
        Assert.Contains("1. travel: 12.50\n2. meals: 60.00\nFiled: 2 item(s), 72.50 in all. To be approved by your team lead.\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trace_shows_each_action()
        => Assert.Equal(
            "[Question ask_name]\nGood to have you here. What may I call you?\n[Question ask_name]\n[SendActivity greet]\nPleased to meet you, Ada! Say anything to begin again.\n",
            (await RunAsync("BasicWorkflow.yaml", "Ada\n", traces: true)).Output);

    [Fact]
    public async Task Leave_is_asked_for_and_given_in_words()
    {
        const string flow = """
            kind: Workflow
            trigger:
              kind: OnConversationStart
              id: begin
              actions:
                - {kind: InvokeFunctionTool, id: call, functionName: book, requireApproval: true, output: {result: Local.R}}
                - {kind: SendActivity, id: show, activity: "{Local.R}"}
            """;
        var (_, output) = await RunTextAsync(flow, "yes\ndone\n");
        Assert.Equal("May book be called with {}? (yes/no)\n  book({})\ndone\n", output);
    }

    [Fact]
    public async Task An_input_that_ends_too_early_is_a_failure() => Assert.Equal(1, (await RunAsync("BasicWorkflow.yaml", "")).Exit);

    private string Write(string name, string text)
    {
        var file = _folder.File(name);
        File.WriteAllText(file, text);
        return file;
    }

    private static async Task<(int Exit, string Output)> CheckAsync(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        return (await ParleyCommand.RunAsync(["workflow", "check", .. args], output, output), output.ToString());
    }

    private static Task<(int Exit, string Output)> RunAsync(string sample, string input, bool traces = false) => RunTextAsync(SampleAgents.Read(sample), input, traces);

    private static async Task<(int Exit, string Output)> RunTextAsync(string text, string input, bool traces = false)
    {
        await using var runner = new Runner(new MemoryStore(), new IdSource(TimeProvider.System), TimeProvider.System, NullLogger<Runner>.Instance);
        using var output = new StringWriter { NewLine = "\n" };
        var agents = new AgentCatalog(new Agent("echo", new EchoAgent(new EchoOptions(), TimeProvider.System)));
        var (definition, findings) = WorkflowReader.Read(text);
        Assert.Empty(findings);
        var workflow = new Agent("sample", new WorkflowAgent(definition!, new WorkflowServices { Time = TimeProvider.System, FindAgent = agents.Find }));
        var exit = await new ChatSession(runner, workflow, new ChatScreen(output, output, isTerminal: false), Id.None, traces).RunAsync("", new StringReader(input), TestContext.Current.CancellationToken);
        return (exit, output.ToString().ReplaceLineEndings("\n"));
    }
}
