using Parley.Protocols.Upstream;

namespace Parley.Protocols.Tongyi;

/// <summary>How to reach a server that speaks Tongyi, and what there is asked.</summary>
public sealed record TongyiAgentOptions
{
    /// <summary>The base address; <c>/dialog/conversation</c> is added where neither it nor the guests' path is there, before a query.</summary>
    public required Uri Url { get; init; }

    /// <summary>The key, sent as a bearer token and as the ticket in a cookie, of which upstream's servers take only the latter.</summary>
    public string? Key { get; init; }

    /// <summary>The server's name of the agent; null for its default.</summary>
    public string? AgentId { get; init; }

    /// <summary>The server's name of the model; null for its default.</summary>
    public string? Model { get; init; }

    /// <summary>More headers, such as a gateway's own key; a cookie among them stands for ours.</summary>
    public ValueList<KeyValuePair<string, string>> Headers { get; init; }

    /// <summary>Said first, as a system item; <c>{{name}}</c> is filled from the request's variables.</summary>
    public string Instructions { get; init; } = "";

    /// <summary>How long the server may take.</summary>
    public UpstreamTimeouts Timeouts { get; init; } = new();

    /// <summary>How often to try again before the first event.</summary>
    public int Retries { get; init; } = 2;
}
