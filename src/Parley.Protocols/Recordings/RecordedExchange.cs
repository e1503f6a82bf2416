namespace Parley.Protocols.Recordings;

/// <summary>An exchange of a recording: what it is, and where its answer stands in the file.</summary>
public sealed record RecordedExchange
{
    /// <summary>Its number, from 1.</summary>
    public required int Number { get; init; }

    /// <summary>The HTTP method; empty for a stream that was not recorded by Parley.</summary>
    public string Method { get; init; } = "";

    /// <summary>The path with its query; empty for a stream that was not recorded by Parley.</summary>
    public string Path { get; init; } = "";

    /// <summary>When it began; null for a stream that was not recorded by Parley.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>The beginning of what the user said last; null if the request says nothing.</summary>
    public string? Words { get; init; }

    /// <summary>What the user said last in the request, as a digest; null if it says nothing.</summary>
    public string? Question { get; init; }

    /// <summary>The HTTP status; 0 if there was no answer.</summary>
    public int Status { get; init; }

    /// <summary>The size of the answer's body, in bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>How long it took.</summary>
    public long Milliseconds { get; init; }

    /// <summary>How it ended; one without an end was broken off.</summary>
    public ExchangeEnd How { get; init; } = ExchangeEnd.Broken;

    /// <summary>The protocol in which it was answered; null if it is none that Parley knows.</summary>
    public Protocol? Protocol { get; init; }

    // Where its request stands, where its answer begins, and behind which byte there is nothing more of it.
    internal long RequestOffset { get; init; }

    internal long RequestLine { get; init; }

    internal long Offset { get; init; }

    internal long Line { get; init; }

    internal long EndOffset { get; init; }

    // The line of its end; none as long as it has none.
    internal long LastLine { get; init; } = long.MaxValue;
}
