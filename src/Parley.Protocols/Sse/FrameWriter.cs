using System.Buffers;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.Sse;

/// <summary>
/// Turns a run's events into one protocol's stream, the inverse of its <see cref="FrameReader"/>. A pure function of the run's header and
/// events, so that event N is the same the second time.
/// </summary>
public abstract class FrameWriter
{
    /// <summary>How many server-sent events were written so far.</summary>
    public long Count { get; protected set; }

    /// <summary>What it remembers of its run, if anything. If that is limited, frames may have marks, which <see cref="LongFrames"/> replaces.</summary>
    public virtual RunState? State => null;

    /// <summary>How it escapes texts.</summary>
    public virtual JsonEscaping Escaping => JsonEscaping.Minimal;

    /// <summary>False while every event must be written, also where a stream is picked up behind it.</summary>
    public virtual bool MaySkip => true;

    /// <summary>The client has got so many frames, more than the events that are known would write: what follows is numbered behind them.</summary>
    public virtual void ContinueAfter(long count) => Count = count;

    /// <summary>Writes the frames that an event means, often one.</summary>
    public abstract void Write(in Logged logged, IBufferWriter<byte> into);

    /// <summary>
    /// Counts and remembers what a delta would write; <paramref name="deltas"/> that follow each other in one part may be given as one. Its text is empty where
    /// <see cref="State"/> may leave it to the log, and where there is no state. Here by writing it into <paramref name="scratch"/>. A room need not write the text for that.
    /// </summary>
    public virtual void Skip(in Logged logged, int deltas, ArrayBufferWriter<byte> scratch)
    {
        var before = Count;
        scratch.ResetWrittenCount();
        Write(logged, scratch);

        // What stands before the first of them stands there once; the others write one frame each, or all of them nothing.
        if (Count > before) Count += deltas - 1;
    }
}
