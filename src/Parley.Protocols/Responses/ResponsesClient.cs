using Parley.Agents;
using Parley.Protocols.Clients;
using Parley.Protocols.Upstream;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>A client of a server that speaks Responses. Its agents are models; with <see cref="ResponsesAgentOptions.Agent"/> agents of that Foundry project.</summary>
public sealed class ResponsesClient : AgentClient
{
    private const string ConversationPrefix = "conv";

    private readonly ResponsesAgentOptions _options;

    /// <param name="url">The base address, such as <c>https://api.openai.com/v1</c>.</param>
    /// <param name="key">The key, sent as a bearer token.</param>
    public ResponsesClient(Uri url, string? key = null)
        : this(new ResponsesAgentOptions { Url = url, Key = key })
    {
    }

    /// <param name="options">The server; the model's name, or the agent's, is that of each request.</param>
    /// <param name="upstream">Makes the calls; null for connections of its own.</param>
    public ResponsesClient(ResponsesAgentOptions options, UpstreamClient? upstream = null)
        : base(options.Url, upstream) => _options = options;

    /// <inheritdoc/>
    public override Protocol Protocol => Protocol.Responses;

    private protected override IAgent AgentOf(string name)
        => new ResponsesAgent(_options.Agent is { } agent ? _options with { Agent = agent with { Name = name } } : _options with { Model = name }, Upstream);

    // A response's id, behind which it goes on, or a conversation's.
    private protected override ClientPlace PlaceOf(string conversation)
    {
        if (!_options.Store) throw new ArgumentException("The server keeps nothing to go on with: send all that was said.", nameof(conversation));
        return new ClientPlace((IsConversation(conversation) ? new ResponsesUpstream(null, conversation) : new ResponsesUpstream(conversation)).ToJson());
    }

    private protected override string? PlaceAfter(ClientRequest request, RunState state)
    {
        if (!_options.Store || ResponsesUpstream.Of(state.Upstream) is not { } place) return null;
        return _options.Agent is not null || (request.Conversation is { } asked && IsConversation(asked)) ? place.Conversation : place.Response;
    }

    private static bool IsConversation(string id) => id.StartsWith(ConversationPrefix, StringComparison.Ordinal);
}
