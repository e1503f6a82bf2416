using System.Text.Json.Serialization;

namespace Parley.Runs;

/// <summary>What an item of a run is. Whatever streams is a part of the item, not a member here.</summary>
[JsonDerivedType(typeof(MessageItem), "message")]
[JsonDerivedType(typeof(ReasoningItem), "reasoning")]
[JsonDerivedType(typeof(ToolCallItem), "tool-call")]
[JsonDerivedType(typeof(ToolResultItem), "tool-result")]
[JsonDerivedType(typeof(ApprovalRequestItem), "approval-request")]
[JsonDerivedType(typeof(ApprovalReplyItem), "approval-reply")]
[JsonDerivedType(typeof(WorkflowActionItem), "workflow-action")]
[JsonDerivedType(typeof(SuggestionItem), "suggestion")]
[JsonDerivedType(typeof(RecallItem), "recall")]
[JsonDerivedType(typeof(OpaqueItem), "opaque")]
public abstract record Item
{
    private protected Item() { }
}

/// <summary>Something said. Parts: text, refusal, media, audio, transcript, data.</summary>
public sealed record MessageItem(Role Role) : Item;

/// <summary>Thinking aloud. Parts: reasoning text, reasoning summaries.</summary>
public sealed record ReasoningItem(string? Encrypted = null) : Item;

/// <summary>A call of a tool; its arguments are part 0, of kind input.</summary>
/// <param name="CallId">Opaque, made by whoever issued the call.</param>
/// <param name="Name">The tool.</param>
/// <param name="RunBy">Who executes it.</param>
/// <param name="Server">The server that offers the tool, where there is one.</param>
/// <param name="Freeform">The arguments are free text, not JSON.</param>
public sealed record ToolCallItem(string CallId, string Name, RunBy RunBy, string? Server = null, bool Freeform = false) : Item;

/// <summary>What a tool gave back. Parts: text, media, data.</summary>
public sealed record ToolResultItem(string CallId, bool IsError = false) : Item;

/// <summary>A request for leave to call a tool; its arguments are part 0, of kind input.</summary>
public sealed record ApprovalRequestItem(string Name, string? Server = null) : Item;

/// <summary>The answer to an <see cref="ApprovalRequestItem"/>; occurs in input only.</summary>
public sealed record ApprovalReplyItem(Id Request, bool Approved, string? Reason = null) : Item;

/// <summary>An action of a workflow.</summary>
/// <param name="Kind">What it does, by the workflow's own word.</param>
/// <param name="ActionId">Its id in the workflow.</param>
/// <param name="Parent">What it stands in.</param>
/// <param name="Previous">The action before it.</param>
/// <param name="Title">For people.</param>
/// <param name="Effect">That it acts on the outside: while the item is open, it may have, or not. Null if it does not.</param>
public sealed record WorkflowActionItem(
    string Kind, string ActionId, string? Parent = null, string? Previous = null, string? Title = null, OutsideEffect? Effect = null) : Item;

/// <summary>Something the user might say next; one text part.</summary>
public sealed record SuggestionItem : Item;

/// <summary>What was looked up before answering.</summary>
public sealed record RecallItem(ValueList<Source> Sources, string? Query = null) : Item;

/// <summary>An item that only its own protocol understands.</summary>
public sealed record OpaqueItem(Protocol Protocol, string Type, RawJson Members) : Item;

/// <summary>What is to become of an action on the outside of which it is not known whether it was done.</summary>
public enum OutsideEffect
{
    /// <summary>It is not done again, as it may be done at most once.</summary>
    Once,

    /// <summary>It may be done again.</summary>
    Repeatable,
}

/// <summary>How an item ended.</summary>
public enum ItemStatus
{
    /// <summary>Whole.</summary>
    Completed,

    /// <summary>Cut off.</summary>
    Incomplete,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>It was cancelled.</summary>
    Cancelled,
}

/// <summary>Who executes a tool call.</summary>
public enum RunBy
{
    /// <summary>The client of the run, which then sends the output.</summary>
    Client,

    /// <summary>The agent or a peer of it; the call is only reported.</summary>
    Server,
}

/// <summary>What a content part holds.</summary>
public enum PartKind
{
    /// <summary>Text of a message or a result.</summary>
    Text,

    /// <summary>The text of a refusal.</summary>
    Refusal,

    /// <summary>Reasoning as it was thought.</summary>
    ReasoningText,

    /// <summary>A summary of reasoning.</summary>
    ReasoningSummary,

    /// <summary>The arguments of a call, as they stream.</summary>
    Input,

    /// <summary>Audio, each delta base64 on its own.</summary>
    Audio,

    /// <summary>What was said in audio.</summary>
    Transcript,

    /// <summary>An image, audio or other file, given by <see cref="Runs.Media"/>.</summary>
    Media,

    /// <summary>JSON for programs.</summary>
    Data,
}

/// <summary>A file or image.</summary>
/// <param name="Url">Where it is: an http(s) or a data URL.</param>
/// <param name="File">Its id in the store.</param>
/// <param name="MediaType">Such as <c>image/png</c>, or a class such as <c>image</c> where no more is known.</param>
/// <param name="Name">Its file name.</param>
public sealed record Media(string? Url = null, Id? File = null, string? MediaType = null, string? Name = null);

/// <summary>A source of knowledge.</summary>
public sealed record Source(string? Title, string? Url, string? Text = null, double? Score = null, string? Document = null);

/// <summary>A remark on a span of text.</summary>
/// <param name="Type">Such as <c>url_citation</c>.</param>
/// <param name="Start">First UTF-16 unit, where known.</param>
/// <param name="End">The unit after the last, where known.</param>
/// <param name="Source">What it points to.</param>
public sealed record Annotation(string Type, int? Start, int? End, Source Source);

/// <summary>An agent, as others name it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version, where it has one.</param>
/// <param name="Kind">Such as <c>prompt</c> or <c>workflow</c>.</param>
public sealed record AgentRef(string Name, string? Version = null, string? Kind = null);
