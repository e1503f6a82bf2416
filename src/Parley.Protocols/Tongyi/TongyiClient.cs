using Parley.Agents;
using Parley.Protocols.Clients;
using Parley.Protocols.Upstream;
using Parley.Runs;

namespace Parley.Protocols.Tongyi;

/// <summary>A client of a server that speaks Tongyi.</summary>
public sealed class TongyiClient : AgentClient
{
    private readonly TongyiAgentOptions _options;

    /// <param name="url">The base address.</param>
    /// <param name="key">The key, sent as a bearer token and as the ticket in a cookie.</param>
    public TongyiClient(Uri url, string? key = null)
        : this(new TongyiAgentOptions { Url = url, Key = key })
    {
    }

    /// <param name="options">The server; the agent is that of each request.</param>
    /// <param name="upstream">Makes the calls; null for connections of its own.</param>
    public TongyiClient(TongyiAgentOptions options, UpstreamClient? upstream = null)
        : base(options.Url, upstream) => _options = options;

    /// <inheritdoc/>
    public override Protocol Protocol => Protocol.Tongyi;

    private protected override IAgent AgentOf(string name) => new TongyiAgent(_options with { AgentId = name }, Upstream);

    // SESSION/ANSWER: the next question goes under that answer.
    private protected override ClientPlace PlaceOf(string conversation) => conversation.Split('/') is [{ Length: > 0 } session, { Length: > 0 } answer]
        ? new ClientPlace(new TongyiUpstream(session, answer).ToJson())
        : throw new ArgumentException($"\"{conversation}\" is no place in a session of Tongyi.", nameof(conversation));

    private protected override string? PlaceAfter(ClientRequest request, RunState state)
        => TongyiUpstream.Of(state.Upstream) is { } place ? $"{place.Session}/{place.Message}" : null;
}
