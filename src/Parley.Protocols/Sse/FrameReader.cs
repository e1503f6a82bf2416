using Parley.Runs;

namespace Parley.Protocols.Sse;

/// <summary>A server-sent event. The spans are valid until the next one is read.</summary>
public readonly ref struct SseFrame(ReadOnlySpan<byte> @event, ReadOnlySpan<byte> data)
{
    /// <summary>The event's name, empty if there is none.</summary>
    public ReadOnlySpan<byte> Event { get; } = @event;

    /// <summary>The data; several lines are joined by a line feed.</summary>
    public ReadOnlySpan<byte> Data { get; } = data;
}

/// <summary>
/// Turns one protocol's stream into run events. Pure: no clock, no ids, no logging. It never throws on what a peer sends; what it cannot
/// understand ends the run as failed. After it has added a <see cref="RunEnded"/> it adds nothing more.
/// </summary>
public abstract class FrameReader
{
    /// <summary>What the peer has told so far of what the run has spent; null if nothing.</summary>
    public virtual Usage? Spent => null;

    /// <summary>Adds the events that a frame means, often none.</summary>
    public abstract void Read(in SseFrame frame, List<RunEvent> into);

    /// <summary>The stream has ended: adds what was held back, and the terminal event if none was added yet.</summary>
    public abstract void End(List<RunEvent> into);
}
