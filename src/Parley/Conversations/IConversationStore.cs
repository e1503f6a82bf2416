using Parley.Runs;

namespace Parley.Conversations;

/// <summary>
/// Where conversations, messages, runs and their events are kept. What belongs to another owner is reported as absent. A task that
/// has ended means that the change is durable. Failures of the store itself are <see cref="RunException"/>s of the side
/// <see cref="ErrorSide.Store"/>.
/// </summary>
public interface IConversationStore
{
    /// <summary>Adds a conversation with its first messages, in order; the head is the last of them.</summary>
    ValueTask CreateConversationAsync(Conversation conversation, IReadOnlyList<Message> messages, CancellationToken cancellationToken);

    /// <summary>The conversation, or null.</summary>
    ValueTask<Conversation?> FindConversationAsync(string owner, Id conversation, CancellationToken cancellationToken);

    /// <summary>A page of conversations. Fails with <see cref="ErrorCause.NotFound"/> if a cursor is absent.</summary>
    ValueTask<Page<Conversation>> ListConversationsAsync(ConversationQuery query, CancellationToken cancellationToken);

    /// <summary>Changes a conversation; null if it is absent.</summary>
    ValueTask<Conversation?> UpdateConversationAsync(string owner, Id conversation, ConversationPatch patch, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Removes a conversation with its messages, runs and events; false if it is absent.</summary>
    ValueTask<bool> DeleteConversationAsync(string owner, Id conversation, CancellationToken cancellationToken);

    /// <summary>
    /// Adds messages under the head and moves the head to the last of them. Returns them as stored (parent and section set).
    /// Fails with <see cref="ErrorCause.NotFound"/> if the conversation is absent and <see cref="ErrorCause.Busy"/> if an exclusive run is active.
    /// </summary>
    ValueTask<IReadOnlyList<Message>> AppendMessagesAsync(string owner, Id conversation, IReadOnlyList<Message> messages, CancellationToken cancellationToken);

    /// <summary>The message, or null; a deleted one is null too.</summary>
    ValueTask<Message?> FindMessageAsync(string owner, Id conversation, Id message, CancellationToken cancellationToken);

    /// <summary>A page of a path. Fails with <see cref="ErrorCause.NotFound"/> if the conversation, the tip or a cursor is absent.</summary>
    ValueTask<Page<Message>> ListMessagesAsync(MessageQuery query, CancellationToken cancellationToken);

    /// <summary>Changes a message; null if it is absent.</summary>
    ValueTask<Message?> UpdateMessageAsync(string owner, Id conversation, Id message, MessagePatch patch, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>
    /// Leaves a tombstone and returns the message as it was; null if it is absent. With something that an agent said
    /// go all items of its run, if <paramref name="withRun"/>.
    /// </summary>
    ValueTask<Message?> DeleteMessageAsync(string owner, Id conversation, Id message, DateTimeOffset at, bool withRun, CancellationToken cancellationToken);

    /// <summary>
    /// In one step: makes the conversation if one is given, takes the head's place if the run is exclusive, adds the input under the run's
    /// parent (else the head, or the root if the run is not exclusive) without moving the head, and adds the run with its parent, section and input set.
    /// </summary>
    ValueTask<RunStartResult> StartRunAsync(RunStart start, CancellationToken cancellationToken);

    /// <summary>
    /// Makes stretches of logs and ends of runs durable. Each write stands alone: one for a run that is gone is passed over, and a write
    /// with an ending is wholly done or not at all.
    /// </summary>
    ValueTask CommitAsync(IReadOnlyList<RunWrite> writes, CancellationToken cancellationToken);

    /// <summary>The run, or null; one that is not <see cref="Run.Stored"/> is null too.</summary>
    ValueTask<Run?> FindRunAsync(string owner, Id run, CancellationToken cancellationToken);

    /// <summary>The stored runs of a chat (see <see cref="Run.Chat"/>), oldest first.</summary>
    ValueTask<IReadOnlyList<Run>> ListChatAsync(string owner, Id chat, CancellationToken cancellationToken);

    /// <summary>A page of the stored runs of conversations, by age.</summary>
    ValueTask<Page<Run>> ListRunsAsync(RunQuery query, CancellationToken cancellationToken);

    /// <summary>The segments that hold events from <paramref name="from"/> on, in order, at most about <paramref name="maxBytes"/> but at least one if there is one.</summary>
    ValueTask<IReadOnlyList<RunSegment>> ReadSegmentsAsync(Id run, long from, int maxBytes, CancellationToken cancellationToken);

    /// <summary>The suspended run of the owner, not yet continued, that waits for the output of this call; the latest if there are several.</summary>
    ValueTask<Run?> FindByOpenCallAsync(string owner, string callId, CancellationToken cancellationToken);

    /// <summary>The runs of all owners which are queued or running: after a start, those that a dead process left.</summary>
    ValueTask<IReadOnlyList<Run>> ListActiveRunsAsync(CancellationToken cancellationToken);

    /// <summary>Removes a run with its events. Its messages stay.</summary>
    ValueTask RemoveRunAsync(Id run, CancellationToken cancellationToken);

    /// <summary>Removes what is older than the limits, a bounded number of rows a step; returns how many rows went, zero when nothing is left to do.</summary>
    ValueTask<int> SweepAsync(SweepLimits limits, CancellationToken cancellationToken);
}

/// <summary>Which runs to list, by age. Runs that belong to no conversation are not listed. A cursor may be of a run that is gone.</summary>
/// <param name="Owner">Whose.</param>
/// <param name="Agent">Only those of this agent.</param>
/// <param name="Version">Only those of this version of it.</param>
/// <param name="Conversation">Only those of this conversation.</param>
/// <param name="Ascending">Oldest first.</param>
/// <param name="After">Only what follows this one in the chosen order.</param>
/// <param name="Before">Only what precedes this one in the chosen order: the page that ends just before it, unless <paramref name="After"/> is given too.</param>
/// <param name="Take">How many at most.</param>
public sealed record RunQuery(
    string Owner, string? Agent = null, string? Version = null, Id Conversation = default, bool Ascending = false, Id After = default, Id Before = default, int Take = 50)
{
    /// <summary>Whether a run is by the agent that is asked for. One without a version counts as the first.</summary>
    public bool IsByAgent(Run run) => (Agent is null || run.Agent.Name == Agent) && (Version is null || (run.Agent.Version ?? "1") == Version);
}

/// <summary>How a run begins.</summary>
/// <param name="Run">Its header; the store sets parent, section and input.</param>
/// <param name="Create">The conversation to make first, or null if it exists (or the run is detached).</param>
/// <param name="Input">The input messages. Given to the run, but not stored, if the run is not to be kept or is detached.</param>
/// <param name="ExpectedHead">The head on which the request was judged; if it has moved, nothing happens. Null: do not look.</param>
public sealed record RunStart(Run Run, Conversation? Create, IReadOnlyList<Message> Input, Id? ExpectedHead = null);

/// <summary>Whether a run could begin.</summary>
public enum RunStartStatus
{
    /// <summary>It began.</summary>
    Started,

    /// <summary>The conversation is absent.</summary>
    NoConversation,

    /// <summary>The named parent is absent.</summary>
    NoParent,

    /// <summary>Another exclusive run is active, or there is a conversation already with the external id of the one to make.</summary>
    Busy,

    /// <summary>The head is another than expected.</summary>
    HeadMoved,

    /// <summary>What a run outside of conversations waited for has come already. In a conversation it may be answered again, on another branch.</summary>
    Answered,
}

/// <summary>What came of a start.</summary>
/// <param name="Status">Whether it began.</param>
/// <param name="Run">The header as stored.</param>
/// <param name="Input">The input messages as stored.</param>
public sealed record RunStartResult(RunStartStatus Status, Run? Run = null, IReadOnlyList<Message>? Input = null);

/// <summary>Something to make durable.</summary>
/// <param name="Segment">A stretch of the log, if there is one.</param>
/// <param name="Ending">The end of the run, with the last stretch.</param>
public sealed record RunWrite(RunSegment? Segment, RunEnding? Ending = null);

/// <summary>The end of a run.</summary>
/// <param name="Run">The header with its final status and end.</param>
/// <param name="Output">The messages it made, in order, to hang under its input. Empty if it is not kept, or detached.</param>
/// <param name="MoveHead">Whether the head moves to the last of its messages (its input, if it made none).</param>
/// <param name="OpenCalls">The ids of the calls that it waits for.</param>
public sealed record RunEnding(Run Run, IReadOnlyList<Message> Output, bool MoveHead, IReadOnlyList<string> OpenCalls);

/// <summary>What is too old to keep.</summary>
/// <param name="EventsBefore">Events of runs that ended before this go.</param>
/// <param name="MessagesBefore">Messages from before this go, with their runs; conversations left empty and unchanged since then too.</param>
/// <param name="Rows">How many rows a step removes at most.</param>
public sealed record SweepLimits(DateTimeOffset EventsBefore, DateTimeOffset MessagesBefore, int Rows = 1000);
