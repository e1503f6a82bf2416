namespace Parley.AspNetCore.Configuration;

/// <summary>What a request may ask at most.</summary>
public sealed record LimitOptions
{
    /// <summary>Bytes of a request's body.</summary>
    public long Body { get; init; } = 20 * 1024 * 1024;

    /// <summary>Bytes of a file that is uploaded.</summary>
    public long Upload { get; init; } = 512L * 1024 * 1024;

    /// <summary>How long a client may take to send the head of a request.</summary>
    public TimeSpan Headers { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a client may take nothing of a stream that waits for it.</summary>
    public TimeSpan Unread { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long the server waits for running streams when it is asked to stop.</summary>
    public TimeSpan Shutdown { get; init; } = TimeSpan.FromSeconds(5);
}
