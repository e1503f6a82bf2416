using Microsoft.Extensions.Logging.Abstractions;
using Parley.Agents;
using Parley.Conversations;
using Parley.Protocols;
using Parley.Protocols.ChatCompletions;
using Parley.Protocols.Coze;
using Parley.Protocols.DashScope;
using Parley.Protocols.Responses;
using Parley.Protocols.Tongyi;
using Parley.Protocols.Upstream;
using Parley.Runs;
using Parley.Tests.Coze;
using Parley.Tests.Events;
using Parley.Tests.Guards;

namespace Parley.Tests.Faults;

/// <summary>The whole path in one process: a peer, the agent that calls it, the runner and its log, and what a client of each protocol gets.</summary>
internal sealed class FaultBench : IAsyncDisposable
{
    private static readonly Dictionary<Protocol, Func<Uri, UpstreamClient, IAgent>> Agents = new()
    {
        [Protocol.Coze] = (url, client) => new CozeAgent(new CozeAgentOptions { Url = url, BotId = "73", Retries = 0 }, client),
        [Protocol.CozeWorkflow] = (url, client) => new CozeAgent(new CozeAgentOptions { Url = url, WorkflowId = "75", Retries = 0 }, client),
        [Protocol.CozeWorkflowRun] = (url, client) => new CozeWorkflowAgent(new CozeAgentOptions { Url = url, WorkflowId = "75", Retries = 0 }, client),
        [Protocol.ChatCompletions] = (url, client) => new ChatCompletionsAgent(new ChatCompletionsOptions { Url = url, Model = "m", Retries = 0 }, client),
        [Protocol.DashScope] = (url, client) => new DashScopeAgent(new DashScopeAgentOptions { Url = url, Model = "m", Retries = 0 }, client),
        [Protocol.DashScopeApp] = (url, client) => new DashScopeAppAgent(new DashScopeAgentOptions { Url = url, AppId = "a", Retries = 0 }, client),
        [Protocol.Responses] = (url, client) => new ResponsesAgent(new ResponsesAgentOptions { Url = url, Model = "m", Retries = 0 }, client),
        [Protocol.Tongyi] = (url, client) => new TongyiAgent(new TongyiAgentOptions { Url = url, Retries = 0 }, client),
    };

    private static readonly AgentRequest Asked = new()
    {
        Run = CozeRuns.Header(),
        Context = [InputItem.Said(Role.User, "When?").ToMessage(new Id(8), new Id(8), default, DateTimeOffset.UnixEpoch)],
        InputCount = 1,
        UnseenCount = 1,
    };

    private readonly FaultyPeer _peer = new();
    private readonly UpstreamClient _client;
    private readonly Runner _runner;

    public FaultBench()
    {
        _client = new UpstreamClient(Time, handler: _peer);
        _runner = new Runner(new MemoryStore(), new IdSource(Time), Time, NullLogger<Runner>.Instance);
    }

    public FakeTime Time { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _runner.DisposeAsync();
        _client.Dispose();
    }

    /// <summary>The events that the agent alone makes of an answer.</summary>
    public async Task<List<RunEvent>> CallAsync(StreamFormat format, Answer answer)
    {
        var events = new List<RunEvent>();
        await foreach (var one in NewAgent(format, answer).RunAsync(Asked, TestContext.Current.CancellationToken)) events.Add(one);
        return events;
    }

    /// <summary>Starts a run whose agent's peer answers so.</summary>
    public Task<LiveRun> StartAsync(StreamFormat format, Answer answer) => _runner.StartAsync(
        new RunRequest
        {
            Owner = "owner",
            Agent = new Agent("peer", NewAgent(format, answer)) { IsStateful = true },
            Dialect = Protocol.Coze,
            Detached = true,
            Input = [InputItem.Said(Role.User, "When?")],
        },
        CancellationToken.None);

    /// <summary>Runs to the end, and shows it to a client of each protocol.</summary>
    public async Task<Outcome> PlayAsync(StreamFormat format, Answer answer, string what) => await EndOfAsync(await StartAsync(format, answer), answer, what);

    /// <summary>What has become of a run, when it has ended and its connection is released. The guards watch.</summary>
    public static async Task<Outcome> EndOfAsync(LiveRun live, Answer answer, string what)
    {
        var log = new List<Logged>();
        using var reader = live.Read();
        while (await reader.WaitAsync(CancellationToken.None))
            while (reader.TryRead(out var logged)) log.Add(logged);
        await answer.Released.WaitAsync(TimeSpan.FromSeconds(30));
        var run = await live.Completion;
        var state = Guarded.AssertLawful(log, run.Losses, what);
        await AssertNotLeftRunningAsync(state, answer, what);
        var clients = StreamFormat.All.ToDictionary(
            format => format.Protocol,
            format => Guarded.AssertLawful(format.Protocol, Streams.Write(format.NewWriter(run with { Dialect = format.Protocol }, false), log), run.Losses, what));
        return new Outcome(run, state, clients);
    }

    private IAgent NewAgent(StreamFormat format, Answer answer) => Agents[format.Protocol](_peer.Prepare(answer), _client);

    // A Coze chat goes on without its connection. What its peer has not ended, which tells a number, the peer is told to end.
    private static async Task AssertNotLeftRunningAsync(RunState state, Answer answer, string what)
    {
        if (CozeHandles.Of(state.Upstream) is { Chat.Length: > 0 } && state.End is RunFailed { Error.Code: [not (>= '0' and <= '9'), ..] })
            await answer.Cancelled.WaitAsync(TimeSpan.FromSeconds(30));
        else
            Assert.False(answer.Cancelled.IsCompleted, what);
    }
}

/// <summary>What has become of a run.</summary>
/// <param name="Run">Its header.</param>
/// <param name="State">Its fold.</param>
/// <param name="Clients">What a client of each protocol knows.</param>
internal sealed record Outcome(Run Run, RunState State, Dictionary<Protocol, RunState> Clients)
{
    /// <summary>The answer's text, as it is stored.</summary>
    public string Text => TextOf(State);

    /// <summary>The answer's text in a state.</summary>
    public static string TextOf(RunState state) => string.Concat(state.Items.Where(item => item.Head is MessageItem).Select(item => item.Text));

    /// <summary>Fails if the texts are not the beginning of the whole ones, or an error is in them.</summary>
    public void AssertBeginningOf(Outcome whole, string what)
    {
        foreach (var (protocol, client) in Clients) AssertBegins(TextOf(client), TextOf(whole.Clients[protocol]), $"{what} in {protocol}");
        AssertBegins(Text, whole.Text, what);
        AssertNoErrorInside(what);
    }

    /// <summary>Fails if the error's text is in the answer.</summary>
    public void AssertNoErrorInside(string what)
    {
        if (State.End is not RunFailed failed) return;
        foreach (var state in Clients.Values.Append(State)) Assert.False(TextOf(state).Contains(failed.Error.Message, StringComparison.Ordinal), what);
        Assert.True(failed.Error is { Side: ErrorSide.Agent, Public: true }, $"{what}: {failed.Error}");
    }

    // Half a character that was cut off is told as one that is broken.
    private static void AssertBegins(string text, string whole, string what)
        => Assert.True(whole.StartsWith(text.TrimEnd('\ufffd'), StringComparison.Ordinal), $"{what}: \"{text}\" is no beginning of \"{whole}\"");
}
