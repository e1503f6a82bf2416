using Parley.Protocols.Sse;
using Parley.Runs;

namespace Parley.Protocols.Upstream;

/// <summary>Reads a whole body that is one JSON text: adds all events of the run, ending with a <see cref="RunEnded"/>. It never throws on what a peer sends.</summary>
public delegate void BodyReader(ReadOnlySpan<byte> body, List<RunEvent> into);

/// <summary>Reads the body of an answer that is an error, cut at 64 KB, perhaps empty or not JSON. It never throws on what a peer sends.</summary>
public delegate RunError ErrorReader(int status, ReadOnlySpan<byte> body);

/// <summary>How long a peer may take.</summary>
public sealed record UpstreamTimeouts
{
    /// <summary>Until the connection stands; by default 10 s.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the call until the first event, repeated attempts included; by default 120 s, as a model may have to be loaded.</summary>
    public TimeSpan FirstEvent { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Between two reads after that; by default 60 s. Comments keep a stream alive.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>A POST to a peer whose answer is a stream of events.</summary>
public sealed record UpstreamCall
{
    /// <summary>Where to.</summary>
    public required Uri Url { get; init; }

    /// <summary>The request, JSON.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The key, sent as a bearer token; never logged.</summary>
    public string? Key { get; init; }

    /// <summary>More headers.</summary>
    public ValueList<KeyValuePair<string, string>> Headers { get; init; }

    /// <summary>How long it may take.</summary>
    public UpstreamTimeouts Timeouts { get; init; } = new();

    /// <summary>How often to try again, before the first event only.</summary>
    public int Retries { get; init; } = 2;

    /// <summary>The largest event, or body of plain JSON, in bytes.</summary>
    public int Limit { get; init; } = SseFramer.DefaultLimit;

    /// <summary>Makes a reader for the stream, a new one for each attempt.</summary>
    public required Func<FrameReader> NewReader { get; init; }

    /// <summary>Reads an answer that is plain JSON although a stream was asked for.</summary>
    public required BodyReader ReadBody { get; init; }

    /// <summary>Reads an answer whose status is not 2xx. The error must be the agent's: a peer's 401 concerns our key, not the client's.</summary>
    public required ErrorReader ReadError { get; init; }
}
