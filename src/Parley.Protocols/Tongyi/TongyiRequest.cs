using Parley.Runs;

namespace Parley.Protocols.Tongyi;

/// <summary>A request for an answer, read.</summary>
public sealed record TongyiRequest
{
    /// <summary>What is wanted.</summary>
    public TongyiAction Action { get; init; }

    /// <summary>The agent as the client named it; null if it named none.</summary>
    public string? Agent { get; init; }

    /// <summary>The field that names the agent.</summary>
    public string AgentField { get; init; } = "model";

    /// <summary>The session; empty for a new one.</summary>
    public string Session { get; init; } = "";

    /// <summary>The kind of session as the client calls it, which is kept and shown again.</summary>
    public string SessionType { get; init; } = "";

    /// <summary>The message that the client names as the parent; empty if it names none.</summary>
    public string Parent { get; init; } = "";

    /// <summary>The new messages. A system prompt and what was said before may be among them.</summary>
    public ValueList<InputItem> Input { get; init; }

    /// <summary>Everything else that is asked.</summary>
    public ModelRequest Request { get; init; } = ModelRequest.Empty;

    /// <summary>The request has the members that came with incremental frames (<c>contents[].ext</c>, <c>params.deepThink</c>): its client understands them.</summary>
    public bool IsModern { get; init; }

    /// <summary>Research is asked for, which the first frame repeats.</summary>
    public bool DeepResearch { get; init; }

    /// <summary>The first words of the question, as a session is called after them.</summary>
    public string Title => TongyiSessions.TitleOf(Input.Where(item => item.Head is MessageItem { Role: var role } && role == Role.User));
}

/// <summary>What a request wants of the tree of messages. The wire has no public words for anything but the first: these are Parley's.</summary>
public enum TongyiAction
{
    /// <summary>An answer to something new.</summary>
    Next,

    /// <summary>Another answer to a question: <c>action: variant</c>, or <c>userAction: regenerate</c> or <c>retry</c>.</summary>
    Regenerate,

    /// <summary>More of an answer: <c>action: continue</c>.</summary>
    Continue,
}
