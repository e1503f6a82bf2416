using System.Text.Json.Serialization;

namespace Parley.Runs;

/// <summary>Where a run stands.</summary>
public enum RunStatus
{
    /// <summary>Accepted, not begun.</summary>
    Queued,

    /// <summary>Under way.</summary>
    Running,

    /// <summary>Answered.</summary>
    Completed,

    /// <summary>Ended, waiting to be continued by another run. It holds nothing.</summary>
    Suspended,

    /// <summary>Failed.</summary>
    Failed,

    /// <summary>Cancelled.</summary>
    Cancelled,
}

/// <summary>The header of a run: one turn, an agent answering in a conversation. Its events are in the run log.</summary>
public sealed record Run
{
    /// <summary>The loss of a run whose process died: clients may have got more of it than is known.</summary>
    public const string LostTail = "lost-tail";

    /// <summary>Its id.</summary>
    public required Id Id { get; init; }

    /// <summary>Whose it is.</summary>
    public required string Owner { get; init; }

    /// <summary>The conversation. A detached run has an id of one here that exists nowhere else.</summary>
    public required Id Conversation { get; init; }

    /// <summary>The section of the conversation in which it was asked.</summary>
    public required Id Section { get; init; }

    /// <summary>Who answers.</summary>
    public required AgentRef Agent { get; init; }

    /// <summary>Where it stands.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>The protocol in which it was asked.</summary>
    public required Protocol Dialect { get; init; }

    /// <summary>The protocol in which its agent asks another server, see <see cref="Agents.IAgent.Peer"/>.</summary>
    public Protocol? Peer { get; init; }

    /// <summary>The dialect's own rendering options: a stream is a function of the header, these and the events.</summary>
    public RawJson? Rendering { get; init; }

    /// <summary>The message under which its input hangs; none at the root.</summary>
    public Id Parent { get; init; }

    /// <summary>The messages that were given, in order.</summary>
    public ValueList<Id> Input { get; init; }

    /// <summary>The suspended run that this one continues, or none.</summary>
    public Id Continues { get; init; }

    /// <summary>The first of a chain of runs resumed by tool outputs, else its own id: Coze's chat.</summary>
    public required Id Chat { get; init; }

    /// <summary>It appends to the conversation's implicit head, and excludes other runs that do.</summary>
    public bool Exclusive { get; init; }

    /// <summary>It belongs to no stored conversation: the request carried the whole path.</summary>
    public bool Detached { get; init; }

    /// <summary>False: hidden from all reads, and removed when it has ended and its last reader is gone.</summary>
    public bool Stored { get; init; } = true;

    /// <summary>Nobody waits for it.</summary>
    public bool Background { get; init; }

    /// <summary>What happens when its last client goes.</summary>
    public DisconnectPolicy OnDisconnect { get; init; }

    /// <summary>What was asked besides the messages.</summary>
    public required ModelRequest Request { get; init; }

    /// <summary>The client's own key-value pairs.</summary>
    public ValueList<KeyValuePair<string, string>> Metadata { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When its agent accepted the request; set when it ends.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the first piece of its answer was said; set when it ends.</summary>
    public DateTimeOffset? FirstTextAt { get; init; }

    /// <summary>How many events it has; set when it ends.</summary>
    public long EventCount { get; init; }

    /// <summary>The last of its messages: its output's, else its input's; set when it ends. To name the run as a place means this message.</summary>
    public Id Tip { get; init; }

    /// <summary>If it is cancelled, question and answer leave the path: the head stays where it was (Coze).</summary>
    public bool LeavesPathWhenCancelled { get; init; }

    /// <summary>The id by which the client calls it, where clients choose ids.</summary>
    public string? ExternalId { get; init; }

    /// <summary>What the agent needs to continue a stateful peer; never rendered.</summary>
    public RawJson? Upstream { get; init; }

    /// <summary>Its terminal event, once it has ended.</summary>
    public RunEnded? End { get; init; }

    /// <summary>The tokens that are booked for it, set when it ends. What its <see cref="End"/> has is what wires show: only what the agent reported.</summary>
    public Usage? Usage { get; init; }

    /// <summary>What could not be expressed in this run, by name, such as <c>text-differs</c>.</summary>
    public ValueList<string> Losses { get; init; }

    /// <summary>True when the last event is in the log.</summary>
    [JsonIgnore]
    public bool HasEnded => Status is not (RunStatus.Queued or RunStatus.Running);

    /// <summary>Its messages do not stand for its events, which are kept as long as messages are: it waits, or has no messages.</summary>
    [JsonIgnore]
    public bool KeepsEvents => Stored && (Detached || Status == RunStatus.Suspended);
}
