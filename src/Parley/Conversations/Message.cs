using System.Text.Json.Serialization;
using Parley.Runs;

namespace Parley.Conversations;

/// <summary>
/// An entry of a conversation: something said, or a reasoning, a tool call, a result, an action. Its parent is the entry before it
/// on its path, so that branches share what came before.
/// </summary>
public sealed record Message
{
    /// <summary>Its id.</summary>
    public required Id Id { get; init; }

    /// <summary>The conversation.</summary>
    public required Id Conversation { get; init; }

    /// <summary>The section; the store sets it: the parent's, or under the head the conversation's current one.</summary>
    public Id Section { get; init; }

    /// <summary>The message before it on its path, none at the root; the store sets it.</summary>
    public Id Parent { get; init; }

    /// <summary>The run that made it or was given it; none if it was inserted.</summary>
    public Id Run { get; init; }

    /// <summary>Its item's ordinal in the run that made it.</summary>
    public int? Ordinal { get; init; }

    /// <summary>True if it was given, false if an agent made it.</summary>
    public bool IsInput { get; init; }

    /// <summary>What it is.</summary>
    public required Item Head { get; init; }

    /// <summary>Its parts.</summary>
    public ValueList<Content> Content { get; init; }

    /// <summary>How it ended, for what an agent made; null while it is open (a question that waits).</summary>
    public ItemStatus? Status { get; init; }

    /// <summary>The client's own key-value pairs.</summary>
    public ValueList<KeyValuePair<string, string>> Metadata { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>A tombstone: skipped by every list.</summary>
    public bool Deleted { get; init; }

    /// <summary>Members that only one dialect knows.</summary>
    public Leftover? Leftover { get; init; }

    /// <summary>The id by which the client calls it, where clients choose ids.</summary>
    public string? ExternalId { get; init; }

    /// <summary>An upstream's id of it; never shown.</summary>
    public string? SourceId { get; init; }

    /// <summary>What the client thinks of it, where it has said so.</summary>
    public Feedback? Feedback { get; init; }

    /// <summary>Its kind; one of the set.</summary>
    [JsonIgnore]
    public MessageKinds Kind => Head switch
    {
        MessageItem => MessageKinds.Message,
        ReasoningItem => MessageKinds.Reasoning,
        ToolCallItem => MessageKinds.ToolCall,
        ToolResultItem => MessageKinds.ToolResult,
        ApprovalRequestItem or ApprovalReplyItem => MessageKinds.Approval,
        WorkflowActionItem => MessageKinds.Action,
        SuggestionItem => MessageKinds.Suggestion,
        RecallItem => MessageKinds.Recall,
        _ => MessageKinds.Opaque,
    };

    /// <summary>Who speaks, for something said.</summary>
    [JsonIgnore]
    public Role? Role => (Head as MessageItem)?.Role;

    /// <summary>Its text and refusal parts, joined.</summary>
    [JsonIgnore]
    public string Text => Contents.TextOf(Content);

    /// <summary>The message as the patch leaves it.</summary>
    public Message With(MessagePatch patch, DateTimeOffset at) => this with
    {
        Content = patch.Content ?? Content,
        Metadata = patch.Metadata ?? Metadata,
        Leftover = patch.Leftover ?? Leftover,
        Feedback = patch.Feedback is null ? Feedback : patch.Feedback.Verdict == Verdict.None ? null : patch.Feedback,
        UpdatedAt = at,
    };

    /// <summary>What a deletion leaves: its place in the tree, and nothing of what was said.</summary>
    public Message ToTombstone(DateTimeOffset at) => this with { Content = default, Metadata = default, Leftover = null, Feedback = null, Deleted = true, UpdatedAt = at };
}

/// <summary>Reads content parts.</summary>
public static class Contents
{
    /// <summary>The text and refusal parts, joined without anything between.</summary>
    public static string TextOf(ValueList<Content> content)
    {
        if (content.Count == 1 && content[0].Kind is PartKind.Text or PartKind.Refusal) return content[0].Text;
        return string.Concat(content.Where(part => part.Kind is PartKind.Text or PartKind.Refusal).Select(part => part.Text));
    }
}

/// <summary>What to change in a message; null leaves a member as it is.</summary>
public sealed record MessagePatch(
    ValueList<Content>? Content = null, ValueList<KeyValuePair<string, string>>? Metadata = null, Leftover? Leftover = null, Feedback? Feedback = null);
