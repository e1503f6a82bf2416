namespace Parley.Protocols.Recordings;

/// <summary>How a recording is played.</summary>
public sealed record ReplayOptions
{
    /// <summary>The protocol of the answers; null where each exchange tells its own.</summary>
    public StreamFormat? Format { get; init; }

    /// <summary>Which exchange answers a request.</summary>
    public ReplayMatch Match { get; init; }

    /// <summary>After the last exchange the first comes again; else a request is refused then.</summary>
    public bool Repeat { get; init; } = true;

    /// <summary>How long to wait between two events; null for the recorded times.</summary>
    public TimeSpan? Pace { get; init; }
}

/// <summary>Which exchange answers a request.</summary>
public enum ReplayMatch
{
    /// <summary>The n-th request is answered by the n-th exchange.</summary>
    Order,

    /// <summary>The one in which the user said the same; of several, one after the other.</summary>
    Text,
}
