namespace Parley.Protocols.Recordings;

/// <summary>A line of a recording: something that happened in an exchange. The format is described in <c>docs/recordings.md</c>.</summary>
/// <param name="Exchange">The exchange's number, from 1.</param>
/// <param name="Milliseconds">How long after the exchange's beginning.</param>
public abstract record RecordingEntry(int Exchange, long Milliseconds);

/// <summary>What the client asked.</summary>
/// <param name="Exchange">The exchange's number.</param>
/// <param name="At">When the exchange began.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path with its query.</param>
/// <param name="Headers">The headers, in order.</param>
/// <param name="Body">The body, or as much of it as was kept.</param>
/// <param name="IsCut">The body was longer than what was kept, or had not come to its end.</param>
public sealed record RecordedRequest(
    int Exchange, DateTimeOffset At, string Method, string Path, ValueList<KeyValuePair<string, string>> Headers, ReadOnlyMemory<byte> Body, bool IsCut = false)
    : RecordingEntry(Exchange, 0);

/// <summary>The answer begins.</summary>
/// <param name="Exchange">The exchange's number.</param>
/// <param name="Milliseconds">How long after the exchange's beginning.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Headers">The headers, in order.</param>
public sealed record RecordedResponse(int Exchange, long Milliseconds, int Status, ValueList<KeyValuePair<string, string>> Headers)
    : RecordingEntry(Exchange, Milliseconds);

/// <summary>A piece of the answer's body.</summary>
public sealed record RecordedData(int Exchange, long Milliseconds, ReadOnlyMemory<byte> Bytes) : RecordingEntry(Exchange, Milliseconds);

/// <summary>The exchange is over.</summary>
public sealed record RecordedEnd(int Exchange, long Milliseconds, ExchangeEnd How) : RecordingEntry(Exchange, Milliseconds);

/// <summary>How an exchange ended.</summary>
public enum ExchangeEnd
{
    /// <summary>The answer is whole.</summary>
    Complete,

    /// <summary>The upstream, or the recorder itself, broke it off.</summary>
    Broken,

    /// <summary>The client left first.</summary>
    ClientGone,
}

/// <summary>A recording that cannot be read.</summary>
/// <param name="line">The line, counted from 1.</param>
/// <param name="reason">What is wrong with it; it holds nothing of what was recorded.</param>
/// <param name="inner">The cause.</param>
public sealed class RecordingException(long line, string reason, Exception? inner = null) : Exception($"line {line}: {reason}", inner)
{
    /// <summary>The line, counted from 1.</summary>
    public long Line => line;
}
