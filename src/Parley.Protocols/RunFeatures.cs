namespace Parley.Protocols;

/// <summary>
/// What a run can carry and some protocol has no word for. A closed list: by it every protocol declares what it loses, and what is not in it all protocols carry.
/// </summary>
[Flags]
public enum RunFeatures
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Reasoning, raw or summarised.</summary>
    Reasoning = 1 << 0,

    /// <summary>That reasoning is a summary.</summary>
    ReasoningSummary = 1 << 1,

    /// <summary>Where one message ends and the next begins.</summary>
    SeveralMessages = 1 << 2,

    /// <summary>Where one text of a message ends and the next begins.</summary>
    SeveralParts = 1 << 3,

    /// <summary>Calls that the client runs.</summary>
    ToolCalls = 1 << 4,

    /// <summary>That a call's arguments are free text.</summary>
    CustomToolCalls = 1 << 5,

    /// <summary>Calls that the server ran, with their results.</summary>
    ServerToolCalls = 1 << 6,

    /// <summary>A request for leave to call a tool.</summary>
    Approvals = 1 << 7,

    /// <summary>That the run waits for an answer or for input.</summary>
    Question = 1 << 8,

    /// <summary>That the run waits for consent, and where it is given.</summary>
    Consent = 1 << 9,

    /// <summary>A workflow's actions.</summary>
    WorkflowActions = 1 << 10,

    /// <summary>What the user might say next.</summary>
    Suggestions = 1 << 11,

    /// <summary>What was looked up before answering.</summary>
    Recalls = 1 << 12,

    /// <summary>Citations.</summary>
    Annotations = 1 << 13,

    /// <summary>Images and files in an answer.</summary>
    Media = 1 << 14,

    /// <summary>Spoken answers.</summary>
    Audio = 1 << 15,

    /// <summary>JSON for programs.</summary>
    Data = 1 << 16,

    /// <summary>That a text is a refusal.</summary>
    Refusal = 1 << 17,

    /// <summary>Tokens spent by a run that was completed.</summary>
    Usage = 1 << 18,

    /// <summary>Tokens that came from a cache or were reasoning.</summary>
    UsageDetails = 1 << 19,

    /// <summary>That an answer was cut, by its length or a filter.</summary>
    FinishReason = 1 << 20,

    /// <summary>That the run was cancelled, and did not fail.</summary>
    Cancelled = 1 << 21,

    /// <summary>What a server says of a failure that is its own, and not the request's.</summary>
    ErrorMessage = 1 << 22,

    /// <summary>The code of a failure of a run that had begun.</summary>
    ErrorCode = 1 << 23,

    /// <summary>Items and notices that only their own protocol understands.</summary>
    Opaque = 1 << 24,

    /// <summary>Tokens spent by a run that waits.</summary>
    UsageOfWaiting = 1 << 25,

    /// <summary>Tokens spent by a run that failed.</summary>
    UsageOfFailed = 1 << 26,

    /// <summary>Tokens spent by a run that was cancelled.</summary>
    UsageOfCancelled = 1 << 27,

    /// <summary>All of it.</summary>
    All = (1 << 28) - 1,
}
