using Parley.Protocols.Upstream;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>How to reach a server that speaks Responses, and what there is asked: a model, or an agent of a Foundry project.</summary>
public sealed record ResponsesAgentOptions
{
    /// <summary>
    /// The base address, such as <c>https://api.openai.com/v1</c> or <c>https://NAME.services.ai.azure.com/api/projects/PROJECT/openai/v1</c>; a query is kept.
    /// <c>/responses</c> is added where it is missing. With an <c>api-version</c> of Foundry's preview its words are used.
    /// </summary>
    public required Uri Url { get; init; }

    /// <summary>The server's name of the model; null for an agent.</summary>
    public string? Model { get; init; }

    /// <summary>The agent of the project; null for a model.</summary>
    public AgentRef? Agent { get; init; }

    /// <summary>The key, sent as a bearer token.</summary>
    public string? Key { get; init; }

    /// <summary>Where a token comes from that does not last, instead of a key.</summary>
    public TokenSource? Token { get; init; }

    /// <summary>More headers, such as Azure OpenAI's <c>api-key</c>.</summary>
    public ValueList<KeyValuePair<string, string>> Headers { get; init; }

    /// <summary>Standing instructions; <c>{{name}}</c> is filled from the request's variables.</summary>
    public string Instructions { get; init; } = "";

    /// <summary>Tools offered when the request offers none.</summary>
    public ValueList<ToolDefinition> Tools { get; init; }

    /// <summary>The server keeps what was said, and is told only what is new. False for servers that do not, which are told all each time.</summary>
    public bool Store { get; init; } = true;

    /// <summary>How long the server may take.</summary>
    public UpstreamTimeouts Timeouts { get; init; } = new();

    /// <summary>How often to try again before the first event.</summary>
    public int Retries { get; init; } = 2;

    /// <summary>Foundry's first generation, which calls an agent by another name.</summary>
    internal bool IsPreview => Url.Query.Contains("-preview", StringComparison.Ordinal);
}
