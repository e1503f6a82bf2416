using Parley.Agents;
using Parley.Conversations;

namespace Parley.Runs;

/// <summary>A request for a run, as a door hands it to the runner: canonical, with no wire type in it.</summary>
public sealed record RunRequest
{
    /// <summary>Who asks.</summary>
    public required string Owner { get; init; }

    /// <summary>Who is to answer.</summary>
    public required Agent Agent { get; init; }

    /// <summary>The protocol of the request.</summary>
    public required Protocol Dialect { get; init; }

    /// <summary>The dialect's rendering options, stored with the run.</summary>
    public RawJson? Rendering { get; init; }

    /// <summary>The conversation to join; none makes a new one (or, if <see cref="Detached"/>, none at all).</summary>
    public Id Conversation { get; init; }

    /// <summary>Name, metadata and the like of a conversation that is made for this run.</summary>
    public NewConversation New { get; init; } = NewConversation.Plain;

    /// <summary>The request carries its whole path in <see cref="Path"/> and belongs to no stored conversation.</summary>
    public bool Detached { get; init; }

    /// <summary>A detached request's messages before the input.</summary>
    public ValueList<InputItem> Path { get; init; }

    /// <summary>The message under which the input hangs; none for the head. Only the latter excludes other runs.</summary>
    public Id Parent { get; init; }

    /// <summary>The input begins a path of its own: it hangs under nothing. As one that names its parent it excludes no other run.</summary>
    public bool AtRoot { get; init; }

    /// <summary>A message that was given before and is answered again; then there is no new input, and the answer hangs under it beside those that there are.</summary>
    public Id Question { get; init; }

    /// <summary>The suspended run which the input answers. None: whatever is pending at the place.</summary>
    public Id Answers { get; init; }

    /// <summary>
    /// The run belongs to the chat of the one that it answers, as one that brings the outputs of tools always does, and it is the only one that does: where another has
    /// answered, it is refused (<see cref="Runner.NotWaitingCode"/>) and begins no branch.
    /// </summary>
    public bool KeepsChat { get; init; }

    /// <summary>The new messages, tool results or approvals, in order.</summary>
    public required ValueList<InputItem> Input { get; init; }

    /// <summary>A message where calls wait for their outputs is refused; else those calls are given up and the message is a normal turn.</summary>
    public bool MustAnswerCalls { get; init; }

    /// <summary>If the run is cancelled, question and answer leave the path.</summary>
    public bool LeavesPathWhenCancelled { get; init; }

    /// <summary>Everything else that is asked.</summary>
    public ModelRequest Request { get; init; } = ModelRequest.Empty;

    /// <summary>The client's key-value pairs for the run.</summary>
    public ValueList<KeyValuePair<string, string>> Metadata { get; init; }

    /// <summary>False: nothing of it is kept.</summary>
    public bool Stored { get; init; } = true;

    /// <summary>Nobody waits for it, so nobody can leave it: it goes on to its end.</summary>
    public bool Background { get; init; }

    /// <summary>What happens when its last client goes.</summary>
    public DisconnectPolicy OnDisconnect { get; init; }

    /// <summary>The id by which the client calls it, where clients choose ids.</summary>
    public string? ExternalId { get; init; }
}

/// <summary>A message as it is given, before it has an id.</summary>
public sealed record InputItem(Item Head, ValueList<Content> Content)
{
    /// <summary>The client's key-value pairs.</summary>
    public ValueList<KeyValuePair<string, string>> Metadata { get; init; }

    /// <summary>Members that only one dialect knows.</summary>
    public Leftover? Leftover { get; init; }

    /// <summary>The id by which the client calls it, where clients choose ids.</summary>
    public string? ExternalId { get; init; }

    /// <summary>An upstream's id of it.</summary>
    public string? SourceId { get; init; }

    /// <summary>A message of plain text.</summary>
    public static InputItem Said(Role role, string text) => new(new MessageItem(role), [new Content(PartKind.Text, text)]);

    /// <summary>The output of a tool.</summary>
    public static InputItem Output(string callId, string text, bool isError = false) => new(new ToolResultItem(callId, isError), [new Content(PartKind.Text, text)]);

    /// <summary>The message with its id and place in time.</summary>
    public Message ToMessage(Id id, Id conversation, Id run, DateTimeOffset at) => new()
    {
        Id = id,
        Conversation = conversation,
        Run = run,
        IsInput = true,
        Head = Head,
        Content = Content,
        Status = ItemStatus.Completed,
        Metadata = Metadata,
        Leftover = Leftover,
        ExternalId = ExternalId,
        SourceId = SourceId,
        CreatedAt = at,
        UpdatedAt = at,
    };
}

/// <summary>What a conversation that is made for a run begins with.</summary>
public sealed record NewConversation(string Name = "", ValueList<KeyValuePair<string, string>> Metadata = default, Leftover? Leftover = null, string? ExternalId = null)
{
    /// <summary>Nothing special.</summary>
    public static NewConversation Plain { get; } = new();
}
