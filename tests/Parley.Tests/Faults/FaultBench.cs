using Microsoft.Extensions.Logging.Abstractions;
using Parley.Agents;
using Parley.Conversations;
using Parley.Protocols;
using Parley.Protocols.ChatCompletions;
using Parley.Protocols.Upstream;
using Parley.Runs;
using Parley.Tests.Events;
using Parley.Tests.Guards;

namespace Parley.Tests.Faults;

/// <summary>The whole path in one process: a peer, the call, its reader, the runner and its log, and what a client of each protocol gets.</summary>
internal sealed class FaultBench : IAsyncDisposable
{
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

    /// <summary>The events that the call alone makes of an answer.</summary>
    public async Task<List<RunEvent>> CallAsync(StreamFormat format, Answer answer)
    {
        var events = new List<RunEvent>();
        await foreach (var one in _client.CallAsync(CallOf(format, answer), TestContext.Current.CancellationToken)) events.Add(one);
        return events;
    }

    /// <summary>Starts a run whose agent's peer answers so.</summary>
    public Task<LiveRun> StartAsync(StreamFormat format, Answer answer) => _runner.StartAsync(
        new RunRequest
        {
            Owner = "owner",
            Agent = new Agent("peer", new Peer(_client, CallOf(format, answer))),
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
        var run = live.Header;
        var state = Guarded.AssertLawful(log, run.Losses, what);
        var clients = StreamFormat.All.ToDictionary(
            format => format.Protocol,
            format => Guarded.AssertLawful(format.Protocol, Streams.Write(format.NewWriter(run with { Dialect = format.Protocol }, false), log), run.Losses, what));
        return new Outcome(run, state, clients);
    }

    private UpstreamCall CallOf(StreamFormat format, Answer answer) => new()
    {
        Url = _peer.Prepare(answer),
        Body = "{}"u8.ToArray(),
        Retries = 0,
        NewReader = format.NewReader,
        ReadBody = format.ReadBody!,
        ReadError = static (status, body) => ChatErrors.Read(status, body),
    };

    private sealed class Peer(UpstreamClient client, UpstreamCall call) : IAgent
    {
        public IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, CancellationToken cancellationToken) => client.CallAsync(call, cancellationToken);
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
