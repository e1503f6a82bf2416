namespace Parley.Protocols.Recordings;

/// <summary>Finds the streams in a file that no recorder wrote: each ends with its <c>[DONE]</c>. What stands between two belongs to the second.</summary>
internal static class BareStreams
{
    private const int BeginningLength = 4 << 10;
    private const int PieceLength = 64 << 10;

    // Longer lines are not looked at.
    private const int LongestLine = 32;

    /// <summary>The streams as exchanges, at least one; the last goes to the end of the file, which may still grow.</summary>
    public static List<RecordedExchange> Find(FileStream file)
    {
        var starts = StartsIn(file);
        var length = file.Length;
        var found = new List<RecordedExchange>(starts.Count);
        var beginning = new byte[BeginningLength];
        for (var i = 0; i < starts.Count; i++)
        {
            var end = i + 1 < starts.Count ? starts[i + 1] : length;
            file.Position = starts[i];
            var wanted = (int)Math.Min(BeginningLength, end - starts[i]);
            var known = file.ReadAtLeast(beginning.AsSpan(0, wanted), wanted, throwOnEndOfStream: false);
            found.Add(new RecordedExchange
            {
                Number = i + 1,
                Status = 200,
                Bytes = end - starts[i],
                How = ExchangeEnd.Complete,
                Protocol = StreamFormat.OfContent(beginning.AsSpan(0, known))?.Protocol,
                Offset = starts[i],
                EndOffset = i + 1 < starts.Count ? end : long.MaxValue,
            });
        }

        return found;
    }

    private static List<long> StartsIn(FileStream file)
    {
        file.Position = 0;
        var starts = new List<long> { 0 };
        long? next = null;
        var (piece, line) = (new byte[PieceLength], new byte[LongestLine]);
        var known = 0;
        for (long at = 0; file.Read(piece) is > 0 and var count; at += count)
        {
            for (var from = 0; from < count;)
            {
                var found = piece.AsSpan(from, count - from).IndexOf((byte)'\n');
                var part = piece.AsSpan(from, found < 0 ? count - from : found);
                part[..Math.Min(part.Length, LongestLine - known)].CopyTo(line.AsSpan(known));
                known = Math.Min(known + part.Length, LongestLine);
                from += part.Length + 1;
                if (found < 0) break;
                See(line.AsSpan(0, known), at + from, starts, ref next);
                known = 0;
            }
        }

        See(line.AsSpan(0, known), 0, starts, ref next);
        return starts;
    }

    // Blank lines and remarks behind the last stream begin no other.
    private static void See(ReadOnlySpan<byte> line, long end, List<long> starts, ref long? next)
    {
        if (IsDone(line))
        {
            next = end;
        }
        else if (next is { } start && (line.StartsWith("data:"u8) || line.StartsWith("event:"u8) || line.StartsWith("{"u8)))
        {
            starts.Add(start);
            next = null;
        }
    }

    private static bool IsDone(ReadOnlySpan<byte> line)
        => line.StartsWith("data:"u8) && line[5..].Trim(" \r"u8) is var data && (data.SequenceEqual("[DONE]"u8) || data.SequenceEqual("\"[DONE]\""u8));
}
