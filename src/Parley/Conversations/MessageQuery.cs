namespace Parley.Conversations;

/// <summary>
/// A page of the path that ends at a message. Deleted messages are skipped. A cursor is a message's place on the path, not its id's
/// order; a cursor that is not on the path is <see cref="Runs.ErrorCause.NotFound"/>. With <see cref="WholeTree"/> it is a page of all paths.
/// </summary>
public sealed record MessageQuery
{
    /// <summary>Whose.</summary>
    public required string Owner { get; init; }

    /// <summary>The conversation.</summary>
    public required Id Conversation { get; init; }

    /// <summary>The last message of the path; none for the head.</summary>
    public Id Tip { get; init; }

    /// <summary>Root first; else tip first.</summary>
    public bool Ascending { get; init; }

    /// <summary>Only what follows this message in the chosen order.</summary>
    public Id After { get; init; }

    /// <summary>Only what precedes this message in the chosen order: the page that ends just before it.</summary>
    public Id Before { get; init; }

    /// <summary>How many at most.</summary>
    public int Take { get; init; } = 50;

    /// <summary>Only these kinds; see <see cref="MessageKinds"/>.</summary>
    public MessageKinds Kinds { get; init; } = MessageKinds.All;

    /// <summary>Only messages which these runs made or were given.</summary>
    public IReadOnlyList<Id>? Runs { get; init; }

    /// <summary>
    /// The messages of all paths by age, so that parents precede what hangs under them, tombstones too: others may hang under them. Besides it only order
    /// and number count.
    /// </summary>
    public bool WholeTree { get; init; }

    /// <summary>Only the stretch at the tip that has the tip's section; for the head, the conversation's current section.</summary>
    public bool SectionOnly { get; init; }
}

/// <summary>Kinds of messages, as a set.</summary>
[Flags]
public enum MessageKinds
{
    /// <summary>Something said.</summary>
    Message = 1,

    /// <summary>Reasoning.</summary>
    Reasoning = 2,

    /// <summary>Tool calls.</summary>
    ToolCall = 4,

    /// <summary>Tool results.</summary>
    ToolResult = 8,

    /// <summary>Requests for approval and replies to them.</summary>
    Approval = 16,

    /// <summary>Workflow actions.</summary>
    Action = 32,

    /// <summary>Suggestions.</summary>
    Suggestion = 64,

    /// <summary>Recalls.</summary>
    Recall = 128,

    /// <summary>Items of one protocol.</summary>
    Opaque = 256,

    /// <summary>What an agent is given as history.</summary>
    Context = Message | Reasoning | ToolCall | ToolResult | Approval | Opaque,

    /// <summary>Everything.</summary>
    All = 511,
}

/// <summary>A page of a list.</summary>
/// <param name="Items">In the order asked for.</param>
/// <param name="HasMore">Whether more follow in that order (before the page, if the page was asked for by what precedes a cursor).</param>
public sealed record Page<T>(IReadOnlyList<T> Items, bool HasMore);
