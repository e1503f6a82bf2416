using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>A chat as Coze shows it: all runs of a chain that was resumed by tool outputs.</summary>
public sealed record CozeChat
{
    /// <summary>The chat's id.</summary>
    public required string Id { get; init; }

    /// <summary>The conversation's id.</summary>
    public required string Conversation { get; init; }

    /// <summary>The agent's id as the client wrote it; null is not written (chatflows).</summary>
    public string? Bot { get; init; }

    /// <summary>The section's id.</summary>
    public required string Section { get; init; }

    /// <summary>Where it stands.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>True for the first frame of a stream: accepted, not begun.</summary>
    public bool IsNew { get; init; }

    /// <summary>When its first run was accepted.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its last run ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why it failed.</summary>
    public RunError? Error { get; init; }

    /// <summary>What its runs used; null counts as zeros, for which clients are prepared and for a missing member are not.</summary>
    public Usage? Usage { get; init; }

    /// <summary>The client's own key-value pairs; null is not written (streams).</summary>
    public ValueList<KeyValuePair<string, string>>? Metadata { get; init; }

    /// <summary>The ids that the request's messages were given; null is not written (streams).</summary>
    public ValueList<Id>? Inserted { get; init; }

    /// <summary>What it waits for, if it is suspended.</summary>
    public ValueList<CozeToolCall> Required { get; init; }
}

/// <summary>Something a chat waits for: a function's output, or with a null name the user's answer.</summary>
public sealed record CozeToolCall(string Id, string? Name = null, string Arguments = "");
