using System.Collections.Concurrent;
using Parley.Agents;
using Parley.Conversations;
using Parley.Protocols.Upstream;
using Parley.Runs;

namespace Parley.Protocols.Clients;

/// <summary>A client of a server that has agents: the same for every protocol. Safe for concurrent use; it keeps connections, so make one and use it again.</summary>
public abstract class AgentClient : IDisposable
{
    // More names than this are no agents of a server, but made up by whoever asks.
    private const int MostAgents = 1000;

    private readonly ConcurrentDictionary<string, IAgent> _agents = new(StringComparer.Ordinal);
    private readonly bool _isOwner;
    private readonly IdSource _ids;

    private protected AgentClient(Uri url, UpstreamClient? upstream)
    {
        (Url, _isOwner, Upstream) = (url, upstream is null, upstream ?? new UpstreamClient(TimeProvider.System));
        _ids = new IdSource(Upstream.Time);
    }

    /// <summary>The protocol that it speaks.</summary>
    public abstract Protocol Protocol { get; }

    /// <summary>The server.</summary>
    public Uri Url { get; }

    private protected UpstreamClient Upstream { get; }

    /// <summary>Asks an agent. The call begins when the answer is read.</summary>
    /// <param name="request">What it is asked.</param>
    /// <param name="cancellationToken">Ends the call, and tells a server that would go on without its client.</param>
    /// <exception cref="ArgumentException">The address is not one of http or https, or the conversation is none of this protocol.</exception>
    public ChatStream ChatAsync(ClientRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!_agents.TryGetValue(request.Agent, out var agent))
        {
            if (_agents.Count >= MostAgents) _agents.Clear();
            agent = _agents.GetOrAdd(request.Agent, AgentOf);
        }

        return new ChatStream(new DirectRun(agent, RequestOf(request), _ids, Upstream.Time), state => PlaceAfter(request, state), cancellationToken);
    }

    /// <summary>Closes its connections, unless others made them.</summary>
    public void Dispose()
    {
        if (_isOwner) Upstream.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>What asks the server for this agent.</summary>
    private protected abstract IAgent AgentOf(string name);

    /// <summary>Reads what <see cref="PlaceAfter"/> told, or the server's own id of a conversation.</summary>
    /// <exception cref="ArgumentException">It is neither.</exception>
    private protected abstract ClientPlace PlaceOf(string conversation);

    /// <summary>Where the conversation goes on; null if it does not.</summary>
    private protected abstract string? PlaceAfter(ClientRequest request, RunState state);

    private AgentRequest RequestOf(ClientRequest asked)
    {
        var place = asked.Conversation is { } conversation ? PlaceOf(conversation) : null;
        var run = HeaderOf(asked);
        var (known, messages) = (new List<Message>(), new List<Message>());
        foreach (var item in asked.Messages) messages.Add(MessageOf(Named(item, run, known), run));
        if (place is not null) known.AddRange(CallsBefore(messages, run));
        return new AgentRequest
        {
            Run = run,
            Context = [.. known, .. messages],
            InputCount = messages.Count,
            UnseenCount = messages.Count,
            HasWholePath = place is null,
            Upstream = place?.Upstream,
            Continues = place?.Waiting is { } waiting && messages.Any(message => message.Head is ToolResultItem)
                ? run with { Upstream = place.Upstream, Status = RunStatus.Suspended, End = waiting }
                : null,
        };
    }

    private Run HeaderOf(ClientRequest asked)
    {
        var id = _ids.Next();
        return new Run
        {
            Id = id,
            Owner = "parley",
            Conversation = _ids.Next(),
            Section = id,
            Agent = new AgentRef(asked.Agent),
            Status = RunStatus.Running,
            Dialect = Protocol,
            Chat = id,
            Exclusive = true,
            Request = asked.Options,
            Metadata = asked.Metadata,
            CreatedAt = Upstream.Time.GetUtcNow(),
        };
    }

    private Message MessageOf(InputItem item, Run run) => item.ToMessage(_ids.Next(), run.Conversation, run.Id, run.CreatedAt);

    // A reply names the request by the server's id; the writers of rooms look that up in a message.
    private InputItem Named(InputItem item, Run run, List<Message> known)
    {
        if (item is not { Head: ApprovalReplyItem reply, SourceId: { } request }) return item;
        var message = MessageOf(new InputItem(new ApprovalRequestItem(""), []) { SourceId = request }, run);
        known.Add(message);
        return item with { Head = reply with { Request = message.Id } };
    }

    // The server knows the calls whose outputs are sent; what is sent says only their ids.
    private IEnumerable<Message> CallsBefore(List<Message> messages, Run run)
    {
        var told = messages.Select(message => message.Head).OfType<ToolCallItem>().Select(call => call.CallId).ToHashSet(StringComparer.Ordinal);
        foreach (var message in messages)
            if (message.Head is ToolResultItem output && told.Add(output.CallId)) yield return MessageOf(new InputItem(new ToolCallItem(output.CallId, "", RunBy.Client), []), run);
    }
}
