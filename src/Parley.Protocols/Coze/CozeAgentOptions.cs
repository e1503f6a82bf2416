using Parley.Protocols.Upstream;

namespace Parley.Protocols.Coze;

/// <summary>How to reach a server that speaks Coze, and what there is asked: a bot, or a workflow.</summary>
public sealed record CozeAgentOptions
{
    /// <summary>The base address, such as <c>https://api.coze.cn</c>.</summary>
    public required Uri Url { get; init; }

    /// <summary>The bot; beside a workflow the bot in whose context it runs.</summary>
    public string? BotId { get; init; }

    /// <summary>The workflow; null for a bot.</summary>
    public string? WorkflowId { get; init; }

    /// <summary>The app that the workflow belongs to, instead of a bot.</summary>
    public string? AppId { get; init; }

    /// <summary>The workflow's parameters, a JSON object; those of a request stand above them.</summary>
    public RawJson? Parameters { get; init; }

    /// <summary>The parameter that the user's text goes into, of a workflow that is no chatflow.</summary>
    public string Input { get; init; } = "input";

    /// <summary>The key, sent as a bearer token.</summary>
    public string? Key { get; init; }

    /// <summary>More headers, such as a gateway's own key.</summary>
    public ValueList<KeyValuePair<string, string>> Headers { get; init; }

    /// <summary>Who is said to ask where the request does not tell; null for the owner of the run.</summary>
    public string? UserId { get; init; }

    /// <summary>How long the server may take.</summary>
    public UpstreamTimeouts Timeouts { get; init; } = new();

    /// <summary>How often to try again before the first event.</summary>
    public int Retries { get; init; } = 2;
}
