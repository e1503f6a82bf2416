using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.Sse;

/// <summary>
/// Completes frames that repeat a text which their writer did not keep: where its mark stands, the text is read from the run's log again, piece by
/// piece. So a frame of any size costs a slow client's stream no more memory than a delta does.
/// </summary>
public static class LongFrames
{
    /// <summary>
    /// The pieces of what a writer wrote last, in order. Each is valid until the next. Not for a delta's frame: it repeats nothing, and its text may
    /// look like a mark.
    /// </summary>
    /// <param name="frames">What was written, with marks.</param>
    /// <param name="writer">The writer.</param>
    /// <param name="reader">The reader that the writer's events come from.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(ReadOnlyMemory<byte> frames, FrameWriter writer, RunLogReader reader, CancellationToken cancellationToken)
        => ReadAsync(frames, writer.State?.Left ?? [], writer.Escaping, left => TextsOf(left, reader, cancellationToken));

    /// <summary>The same where the texts are elsewhere.</summary>
    internal static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(ReadOnlyMemory<byte> frames, IReadOnlyList<LeftText> left, JsonEscaping escaping, Func<LeftText, IAsyncEnumerable<string>> texts)
    {
        var piece = new ArrayBufferWriter<byte>();
        while (TryFind(frames.Span, left.Count, out var mark))
        {
            yield return frames[..mark.Start];
            await foreach (var text in texts(left[mark.Number]).ConfigureAwait(false))
            {
                Escape(text, mark.Depth, escaping, piece);
                yield return piece.WrittenMemory;
            }

            frames = frames[mark.End..];
        }

        yield return frames;
    }

    private static async IAsyncEnumerable<string> TextsOf(LeftText left, RunLogReader reader, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (item, part, first) = left;
        using var again = reader.Again(first);
        for (var isWhole = false; !isWhole && await again.WaitAsync(cancellationToken).ConfigureAwait(false);)
        {
            while (!isWhole && again.TryRead(reader.Position - again.Position, out var logged, out _))
            {
                var text = logged.Event switch
                {
                    PartDelta delta when delta.Item == item && delta.Part == part => delta.Text,
                    PartCompleted completed when completed.Item == item && completed.Part == part => completed.Text,
                    _ => null,
                };
                isWhole = again.Position >= reader.Position || (logged.Event is PartCompleted end && end.Item == item && end.Part == part);
                if (text is not null) yield return text;
            }
        }
    }

    // A mark is its sign, a number and a quote, which is escaped once for each string that it stands in.
    private static bool TryFind(ReadOnlySpan<byte> frames, int count, out Mark mark)
    {
        Span<byte> sign = stackalloc byte[3];
        Encoding.UTF8.GetBytes([LeftText.Sign], sign);
        for (var at = 0; frames[at..].IndexOf(sign) is var found and >= 0; at += found + sign.Length)
        {
            var start = at + found;
            var rest = frames[(start + sign.Length)..];
            var digits = rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            if (digits <= 0 || !int.TryParse(rest[..digits], out var number) || number >= count) continue;
            var slashes = rest[digits..].IndexOfAnyExcept((byte)'\\');
            if (slashes <= 0 || rest[digits + slashes] != LeftText.Close) continue;
            mark = new Mark(start, start + sign.Length + digits + slashes + 1, number, BitOperations.Log2((uint)slashes + 1));
            return true;
        }

        mark = default;
        return false;
    }

    private static void Escape(string text, int depth, JsonEscaping escaping, ArrayBufferWriter<byte> into)
    {
        for (; ; depth--)
        {
            into.ResetWrittenCount();
            JsonText.WriteEscaped(text, into, escaping);
            if (depth == 1) return;
            text = Encoding.UTF8.GetString(into.WrittenSpan);
        }
    }

    private readonly record struct Mark(int Start, int End, int Number, int Depth);
}
