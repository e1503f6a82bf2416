using System.Text.Json.Serialization;

namespace Parley.Runs;

/// <summary>
/// Something that happened in a run. A run is nothing but an ordered list of these, beginning with <see cref="RunStarted"/> and
/// ending with exactly one <see cref="RunEnded"/>; a stream, an answer, a stored message are all read from that list.
/// </summary>
[JsonDerivedType(typeof(RunStarted), "started")]
[JsonDerivedType(typeof(RunCompleted), "completed")]
[JsonDerivedType(typeof(RunSuspended), "suspended")]
[JsonDerivedType(typeof(RunFailed), "failed")]
[JsonDerivedType(typeof(RunCancelled), "cancelled")]
[JsonDerivedType(typeof(ItemStarted), "item")]
[JsonDerivedType(typeof(ItemCompleted), "item-end")]
[JsonDerivedType(typeof(PartStarted), "part")]
[JsonDerivedType(typeof(PartDelta), "delta")]
[JsonDerivedType(typeof(PartAnnotated), "note")]
[JsonDerivedType(typeof(PartCompleted), "part-end")]
[JsonDerivedType(typeof(Extension), "extension")]
public abstract record RunEvent
{
    private protected RunEvent() { }

    /// <summary>What the reader of the wire event did not know.</summary>
    public Leftover? Leftover { get; init; }
}

/// <summary>The agent has accepted the request.</summary>
/// <param name="Model">The model that answers, as the agent names it.</param>
/// <param name="Upstream">What the agent needs to continue a stateful peer: the peer's own conversation and run ids.</param>
public sealed record RunStarted(string? Model = null, RawJson? Upstream = null) : RunEvent;

/// <summary>The end of a run: exactly one, the last event. Usage that is null is unknown, which is not zero.</summary>
[JsonDerivedType(typeof(RunCompleted), "completed")]
[JsonDerivedType(typeof(RunSuspended), "suspended")]
[JsonDerivedType(typeof(RunFailed), "failed")]
[JsonDerivedType(typeof(RunCancelled), "cancelled")]
public abstract record RunEnded(Usage? Usage) : RunEvent;

/// <summary>The agent has answered.</summary>
/// <param name="Finish">Why it stopped.</param>
/// <param name="Usage">Tokens spent.</param>
/// <param name="Upstream">What the agent needs to continue a stateful peer, where that is another than the start told.</param>
public sealed record RunCompleted(FinishReason Finish, Usage? Usage = null, RawJson? Upstream = null) : RunEnded(Usage);

/// <summary>The agent waits for what <paramref name="Required"/> lists; a later run continues it.</summary>
/// <param name="Required">What it waits for, at least one.</param>
/// <param name="Usage">Tokens spent.</param>
/// <param name="State">What the agent must remember; opaque to all others.</param>
public sealed record RunSuspended(ValueList<RequiredAction> Required, Usage? Usage = null, RawJson? State = null) : RunEnded(Usage);

/// <summary>The run failed.</summary>
public sealed record RunFailed(RunError Error, Usage? Usage = null) : RunEnded(Usage);

/// <summary>The run was cancelled.</summary>
public sealed record RunCancelled(Usage? Usage = null) : RunEnded(Usage);

/// <summary>An item begins.</summary>
/// <param name="Item">Its ordinal: 0, 1, 2… in order of starting.</param>
/// <param name="Head">What it is.</param>
/// <param name="Id">Minted by the runner when it appends the event; none before.</param>
/// <param name="Within">The item it belongs to: the call of a result, the workflow action that says a message.</param>
/// <param name="By">The inner agent that made it.</param>
/// <param name="SourceId">An upstream's id of it, never shown.</param>
public sealed record ItemStarted(int Item, Item Head, Id Id = default, int? Within = null, AgentRef? By = null, string? SourceId = null) : RunEvent;

/// <summary>An item ends.</summary>
/// <param name="Item">Its ordinal.</param>
/// <param name="Status">How.</param>
/// <param name="Revised">The head again, where facts of it became known only at the end.</param>
public sealed record ItemCompleted(int Item, ItemStatus Status = ItemStatus.Completed, Item? Revised = null) : RunEvent;

/// <summary>A content part of an item begins.</summary>
public sealed record PartStarted(int Item, int Part, PartKind Kind, Media? Media = null, RawJson? Data = null) : RunEvent;

/// <summary>More text of a part.</summary>
public sealed record PartDelta(int Item, int Part, string Text) : RunEvent;

/// <summary>A remark on a part's text, such as a citation.</summary>
public sealed record PartAnnotated(int Item, int Part, Annotation Annotation) : RunEvent;

/// <summary>A content part ends.</summary>
/// <param name="Item">The item's ordinal.</param>
/// <param name="Part">The part's ordinal in the item.</param>
/// <param name="Text">The authoritative text, only where it differs from the sum of the deltas.</param>
public sealed record PartCompleted(int Item, int Part, string? Text = null) : RunEvent;

/// <summary>Something of a protocol that Parley does not know and that has no identity. Only that protocol shows it.</summary>
public sealed record Extension(Protocol Protocol, string Name, RawJson Json, int? Item = null) : RunEvent;

/// <summary>An event in the run log.</summary>
/// <param name="Sequence">0, 1, 2… in the run. It never reaches a wire.</param>
/// <param name="At">When it was appended.</param>
/// <param name="Event">The event.</param>
public readonly record struct Logged(long Sequence, DateTimeOffset At, RunEvent Event);
