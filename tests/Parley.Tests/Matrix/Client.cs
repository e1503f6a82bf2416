using Parley.Agents;
using Parley.Conversations;
using Parley.Protocols;
using Parley.Protocols.Upstream;
using Parley.Runs;
using Parley.Tests.Coze;
using Parley.Tests.Events;

namespace Parley.Tests.Matrix;

/// <summary>A client of one protocol in a conversation. What it gets are run events, whatever the protocol, so that they can be compared.</summary>
internal sealed class Client(Peer protocol, Uri server, string agent, HttpMessageHandler connections, bool isStreamed = true, bool isKept = true)
{
    private readonly Tap _tap = new(connections, isStreamed, isKept);
    private readonly List<Message> _context = [];
    private Run _last = CozeRuns.Header();
    private long _ids = 1 << 20;

    /// <summary>The server's last answer.</summary>
    public Tap Answer => _tap;

    /// <summary>Says something, and hears the answer to its end.</summary>
    public Task<RunState> SayAsync(string text) => AskAsync(InputItem.Said(Role.User, text));

    /// <summary>Gives something, and hears the answer to its end.</summary>
    public async Task<RunState> AskAsync(params InputItem[] input)
    {
        var events = new List<RunEvent>();
        await foreach (var @event in HearAsync(input, TestContext.Current.CancellationToken)) events.Add(@event);
        Assert.Single(events.OfType<RunEnded>());
        Assert.IsType<RunEnded>(events[^1], exactMatch: false);
        return Remember(events);
    }

    /// <summary>Gives something, and hears the answer as it comes.</summary>
    public IAsyncEnumerable<RunEvent> HearAsync(InputItem[] input, CancellationToken cancellationToken)
    {
        foreach (var item in input) _context.Add(item.ToMessage(NextId(), _last.Conversation, default, DateTimeOffset.UnixEpoch));
        var upstream = protocol.IsStateful ? _last.Upstream : null;
        return protocol.New(server, agent, new UpstreamClient(TimeProvider.System, handler: _tap)).RunAsync(
            new AgentRequest
            {
                Run = CozeRuns.Header(),
                Context = [.. _context],
                InputCount = input.Length,
                Continues = _last.End is RunSuspended ? _last : null,
                Upstream = upstream,
                UnseenCount = upstream is null ? _context.Count : input.Length,
            },
            cancellationToken);
    }

    /// <summary>Goes on in a conversation that was begun through another protocol, after a run; without either it begins one.</summary>
    public void Join(Id conversation, Id run)
    {
        var format = StreamFormat.Of(protocol.Protocol);
        if (protocol.Place is null) _tap.Conversation = conversation.IsNone ? "new" : format.ConversationId(conversation);
        else if (!conversation.IsNone) _last = _last with { Upstream = protocol.Place(format.ConversationId(conversation), format.RunId(_last with { Conversation = conversation, Id = run })) };
    }

    private RunState Remember(List<RunEvent> events)
    {
        var state = new RunState();
        foreach (var logged in RandomRuns.LogOf(events, _ids += 8000)) state.Apply(logged);
        _last = CozeRuns.Header() with { End = state.End, Upstream = state.Upstream };
        _context.AddRange(RunMessages.Of(_last, state, DateTimeOffset.UnixEpoch).Where(message => MessageKinds.Context.HasFlag(message.Kind)));
        return state;
    }

    private Id NextId() => new(_ids += 8);
}
