using System.Buffers;
using Parley.Runs;

namespace Parley.Protocols.Sse;

/// <summary>
/// Brings a writer to where a client's stream broke off. Nothing about a stream is stored: its run is written again from the start, without a
/// sound up to there. So event N is the same as the first time.
/// </summary>
public static class FrameReplay
{
    /// <summary>
    /// Reads on until the writer has written <paramref name="after"/> frames. What the last event wrote beyond them is put into
    /// <paramref name="into"/>; all further events can then be written.
    /// </summary>
    /// <param name="reader">The run's events, from the first.</param>
    /// <param name="writer">A new writer of the run's dialect.</param>
    /// <param name="after">How many frames the client has got.</param>
    /// <param name="hasLostTail">The client may have got more than is known, so its last frames are not those of the run's end: it is told the end whole.</param>
    /// <param name="into">Where frames go.</param>
    /// <param name="cancellationToken">Ends the wait for a run that is not that far.</param>
    public static async ValueTask SkipAsync(RunLogReader reader, FrameWriter writer, long after, bool hasLostTail, IBufferWriter<byte> into, CancellationToken cancellationToken)
    {
        var scratch = new ArrayBufferWriter<byte>();
        Func<int, int, bool> isMute = writer.State is { } state ? state.MayLeave : (_, _) => true;
        while (writer.Count < after && await reader.WaitAsync(cancellationToken).ConfigureAwait(false))
        {
            // A delta may bring one frame beside its own, so of as many as are missing one less can be taken together.
            while (writer.Count < after && reader.TryRead(writer.MaySkip ? Math.Max(1, after - writer.Count - 1) : 1, out var logged, out var deltas, writer.MaySkip && after - writer.Count > 1 ? isMute : null))
            {
                var skipped = after - writer.Count;
                if (logged.Event is PartDelta && skipped > 1 && writer.MaySkip)
                {
                    writer.Skip(logged, deltas, scratch);
                    continue;
                }

                // What the client got is gone; the end is numbered behind it, where the protocol numbers its events.
                if (logged.Event is RunEnded && hasLostTail) writer.ContinueAfter(after);
                var before = writer.Count;
                scratch.ResetWrittenCount();
                writer.Write(logged, scratch);
                if (logged.Event is RunEnded && (hasLostTail || writer.Count < after)) skipped = 0;
                if (writer.Count - before > skipped) into.Write(Without(scratch.WrittenSpan, skipped));
            }
        }
    }

    // A frame ends with an empty line, and there is none within it.
    private static ReadOnlySpan<byte> Without(ReadOnlySpan<byte> frames, long count)
    {
        for (; count > 0; count--) frames = frames[(frames.IndexOf("\n\n"u8) + 2)..];
        return frames;
    }
}
