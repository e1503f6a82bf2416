namespace Parley.Protocols.Sse;

/// <summary>
/// What one protocol demands of the stream that its clients get, beyond being read as a run: framing, order, ids, exactly one end. Pure. A broken
/// rule is the part of a sentence, in which nothing of what was said occurs.
/// </summary>
public abstract class FrameLaw
{
    /// <summary>Checks the next event as it stands on the wire, its lines without the blank one. Null if it is lawful; then the frame is what it says.</summary>
    public abstract string? Check(ReadOnlySpan<byte> lines, out SseFrame frame);

    /// <summary>The stream has ended; null if it may.</summary>
    public abstract string? End();
}
