using System.Text.Json;
using Parley.IntegrationTests.Servers;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Processes;

/// <summary>A workflow in a server that goes away while it waits.</summary>
public sealed class WorkflowTests
{
    private static readonly ServerSetup Setup = new() { Agents = new Dictionary<string, string> { ["greeter"] = TestAgents.Greeter } };

    [Fact]
    public async Task A_question_in_a_chat_survives_a_kill_and_a_change_of_the_file()
    {
        await using var server = await ServerProcess.StartAsync(Setup);
        var asked = await server.Client.ChatAsync("greeter", "Hi");
        Assert.Equal("What is your name?", asked.Streamed);
        await server.KillAsync();
        server.WriteAgent("greeter", TestAgents.Greeter.Replace("Hello", "Goodbye", StringComparison.Ordinal));
        await server.RestartAsync();

        // What began goes on as it began; what begins now is new.
        Assert.Equal("Hello, Ada!", (await server.Client.ChatAsync("greeter", "Ada", asked.Conversation)).Streamed);
        var next = await server.Client.ChatAsync("greeter", "Hi", asked.Conversation);
        Assert.Equal("What is your name?", next.Streamed);
        Assert.Equal("Goodbye, Bob!", (await server.Client.ChatAsync("greeter", "Bob", next.Conversation)).Streamed);
    }

    [Fact]
    public async Task An_interrupted_run_and_a_completion_survive_a_kill_too()
    {
        await using var server = await ServerProcess.StartAsync(Setup);
        var run = await PostAsync(server, "/v1/workflow/run", new { workflow_id = "greeter", parameters = new { } });
        var hi = new { role = "user", content = "Hi" };
        await PostAsync(server, "/v1/chat/completions", new { model = "greeter", messages = new[] { hi } });
        await server.KillAsync();
        await server.RestartAsync();

        var event_id = run.GetProperty("interrupt_data").GetProperty("event_id").GetString();
        var resumed = await PostAsync(server, "/v1/workflows/resume", new { workflow_id = "greeter", event_id, resume_data = "Ada", interrupt_type = 2 });
        Assert.Equal("""{"output":"What is your name?\n\nHello, Ada!"}""", resumed.GetProperty("data").GetString());
        var completion = await PostAsync(
            server, "/v1/chat/completions", new { model = "greeter", messages = new[] { hi, new { role = "assistant", content = "What is your name?" }, new { role = "user", content = "Grace" } } });
        Assert.Equal("Hello, Grace!", completion.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
    }

    [Fact]
    public async Task A_workflow_runs_in_the_terminal_with_the_agents_of_a_new_data_directory()
    {
        using var directory = new TemporaryDirectory();
        var sample = Path.Combine(Repository.Root, "src", "Parley.Cli", "Samples", "expenses.yaml");
        var run = await ParleyCommand.RunAsync(["workflow", "run", sample, "--data", directory["data"], "--input", "Hi", "--trace"], "taxi\n12\nno\n");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Contains("[Foreach add_up]", run.Output, StringComparison.Ordinal);
        Assert.EndsWith("Filed: 1 item(s), 12.00 in all. To be approved by nobody; it is below the limit.\n", run.Output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    private static async Task<JsonElement> PostAsync(ServerProcess server, string path, object body) => (await server.Client.PostAsync(path, body)).Json;
}
