using Parley.Protocols.Upstream;
using Parley.Runs;

namespace Parley.Protocols.DashScope;

/// <summary>How to reach DashScope, and what there is asked: a model, or an application.</summary>
public sealed record DashScopeAgentOptions
{
    /// <summary>The base address, such as <c>https://dashscope.aliyuncs.com</c>; the path is added where it is missing.</summary>
    public required Uri Url { get; init; }

    /// <summary>The model; null for an application.</summary>
    public string? Model { get; init; }

    /// <summary>The application; null for a model.</summary>
    public string? AppId { get; init; }

    /// <summary>The model sees, and is asked at the address of such models.</summary>
    public bool Multimodal { get; init; }

    /// <summary>The key, sent as a bearer token.</summary>
    public string? Key { get; init; }

    /// <summary>More headers, such as <c>X-DashScope-WorkSpace</c>.</summary>
    public ValueList<KeyValuePair<string, string>> Headers { get; init; }

    /// <summary>More members of <c>parameters</c>, a JSON object; what a request asks stands above them.</summary>
    public RawJson? Parameters { get; init; }

    /// <summary>An application's <c>biz_params</c>, a JSON object; the parameters of a request stand above them.</summary>
    public RawJson? BizParams { get; init; }

    /// <summary>Texts are asked for in pieces; false for models and applications that tell them whole each time.</summary>
    public bool Incremental { get; init; } = true;

    /// <summary>An application is asked for its thoughts.</summary>
    public bool Thoughts { get; init; } = true;

    /// <summary>Said first, as a system message; <c>{{name}}</c> is filled from the request's variables.</summary>
    public string Instructions { get; init; } = "";

    /// <summary>Tools offered to a model when the request offers none.</summary>
    public ValueList<ToolDefinition> Tools { get; init; }

    /// <summary>How long the server may take.</summary>
    public UpstreamTimeouts Timeouts { get; init; } = new();

    /// <summary>How often to try again before the first event.</summary>
    public int Retries { get; init; } = 2;
}
