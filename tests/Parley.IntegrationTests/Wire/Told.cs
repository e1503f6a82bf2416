namespace Parley.IntegrationTests.Wire;

/// <summary>What a client has been told by as much of an answer as it got.</summary>
internal sealed record Told
{
    public const string Completed = "completed";
    public const string Failed = "failed";
    public const string Refused = "refused";

    /// <summary>The run, as the client may name it; null before the head has come.</summary>
    public string? Run { get; init; }

    /// <summary>The number of events that came whole.</summary>
    public int Events { get; init; }

    /// <summary>The answer's text so far.</summary>
    public string Text { get; init; } = "";

    /// <summary>Whether a message was told to be complete.</summary>
    public bool HasItem { get; init; }

    /// <summary>How the run has ended; null if the client was not told.</summary>
    public string? End { get; init; }

    /// <summary>What was said of a failure.</summary>
    public string Message { get; init; } = "";
}
