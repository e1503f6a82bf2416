using System.Buffers;
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

    /// <summary>Writes the frames that an event means, often one.</summary>
    public abstract void Write(in Logged logged, IBufferWriter<byte> into);
}
