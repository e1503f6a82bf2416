using Parley.Runs;

namespace Parley.Agents;

/// <summary>How an <see cref="EchoAgent"/> behaves.</summary>
public sealed record EchoOptions
{
    /// <summary>Says this instead of what it was told.</summary>
    public string? Text { get; init; }

    /// <summary>What it repeats.</summary>
    public EchoReply Reply { get; init; }

    /// <summary>How long it waits between two pieces.</summary>
    public TimeSpan Pace { get; init; }

    /// <summary>Into how many pieces a text is cut; null: about four graphemes a piece, at most 200 pieces.</summary>
    public int? Pieces { get; init; }

    /// <summary>What it thinks aloud before it answers.</summary>
    public string? Reasoning { get; init; }

    /// <summary>What it suggests that the user might say next.</summary>
    public ValueList<string> FollowUps { get; init; }

    /// <summary>The tool that it calls before it answers; <see cref="AnyTool"/> for the first one offered.</summary>
    public string? Tool { get; init; }

    /// <summary>The tools that it knows of where the request offers none.</summary>
    public ValueList<ToolDefinition> Tools { get; init; }

    /// <summary>Fails after this many pieces of its answer; 0: refuses before it has begun.</summary>
    public int? FailAfter { get; init; }

    /// <summary>The usage it reports; null: an estimate, marked as one.</summary>
    public Usage? Usage { get; init; }

    /// <summary>The <see cref="Tool"/> that stands for the first one offered.</summary>
    public const string AnyTool = "*";
}

/// <summary>What an echo repeats.</summary>
public enum EchoReply
{
    /// <summary>The last user message.</summary>
    Last,

    /// <summary>Every message so far, one <c>role: text</c> line each.</summary>
    History,
}
