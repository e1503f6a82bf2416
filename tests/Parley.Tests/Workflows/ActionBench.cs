using Microsoft.Extensions.Logging.Abstractions;
using Parley.Agents;
using Parley.Conversations;
using Parley.Runs;
using Parley.Workflows;
using Parley.Workflows.Outside;
using Parley.Workflows.Reading;

namespace Parley.Tests.Workflows;

/// <summary>Runs the actions of a workflow as the server does, in one conversation.</summary>
internal sealed class ActionBench : IAsyncDisposable
{
    public const string Owner = "owner";

    private readonly OutsideCalls _outside;
    private readonly Runner _runner;
    private Id _conversation;

    /// <param name="hosts">The hosts that may be called.</param>
    public ActionBench(params string[] hosts)
    {
        Assert.True(OutsideHosts.TryParse(hosts, out var read));
        _outside = new OutsideCalls(read, TimeProvider.System);
        Services = new WorkflowServices { Time = TimeProvider.System, Store = Store, Ids = new IdSource(TimeProvider.System, 3), Outside = _outside };
        _runner = NewRunner(0);
    }

    public MemoryStore Store { get; } = new();

    public WorkflowServices Services { get; }

    public Agent Agent { get; private set; } = null!;

    /// <summary>Another process on the same store.</summary>
    public Runner NewRunner(int node) => new(Store, new IdSource(TimeProvider.System, node), TimeProvider.System, NullLogger<Runner>.Instance);

    /// <summary>The workflow of these actions, which is to have no error.</summary>
    public ActionBench With(string actions)
    {
        var (definition, findings) = WorkflowReader.Read(TextOf(actions));
        Assert.True(definition is not null, string.Join('\n', findings));
        Agent = new Agent("flow", new WorkflowAgent(definition, Services));
        return this;
    }

    /// <summary>What is wrong with the text of these actions.</summary>
    public static IReadOnlyList<WorkflowFinding> Findings(string actions) => WorkflowReader.Read(TextOf(actions)).Findings;

    /// <summary>Says something, and waits until the workflow has ended or waits.</summary>
    public Task<RunState> SayAsync(string text) => SendAsync(InputItem.Said(Role.User, text));

    public async Task<RunState> SendAsync(InputItem input, bool answersCalls = false)
    {
        var live = await StartAsync(input, answersCalls);
        return await _runner.FoldAsync(await live.Completion, CancellationToken.None);
    }

    public async Task<LiveRun> StartAsync(InputItem input, bool answersCalls = false)
    {
        var request = new RunRequest { Owner = Owner, Agent = Agent, Dialect = Protocol.Responses, Conversation = _conversation, Input = [input], MustAnswer = answersCalls ? MustAnswer.Calls : MustAnswer.Nothing };
        var live = await _runner.StartAsync(request, CancellationToken.None);
        _conversation = live.Header.Conversation;
        return live;
    }

    /// <summary>All that was said, one line a message.</summary>
    public static string SaidIn(RunState state)
    {
        Assert.False(state.End is RunFailed, (state.End as RunFailed)?.Error.Message);
        return string.Join('\n', state.Items.Where(item => item.Head is MessageItem).Select(item => item.Text));
    }

    public static RunError FailureOf(RunState state) => Assert.IsType<RunFailed>(state.End).Error;

    public async ValueTask DisposeAsync()
    {
        await _runner.DisposeAsync();
        _outside.Dispose();
    }

    private static string TextOf(string actions) => "kind: Workflow\ntrigger:\n  kind: OnConversationStart\n  id: begin\n  actions:\n    " + actions.ReplaceLineEndings("\n").Trim().Replace("\n", "\n    ", StringComparison.Ordinal) + "\n";
}
