using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Parley.Runs;

/// <summary>
/// How stretches of a run log are stored: for each event a kind byte, the time and the body. A delta's body is its two ordinals and its
/// text; every other event's is JSON.
/// </summary>
public static class EventCodec
{
    /// <summary>The version of the encoding that <see cref="Encode"/> writes.</summary>
    public const int Format = 1;

    internal const byte Json = 0;
    internal const byte Delta = 1;

    /// <summary>The kind and the time.</summary>
    internal const int HeadLength = 9;

    /// <summary>Appends an event to a segment's data.</summary>
    public static void Encode(in Logged logged, IBufferWriter<byte> into)
    {
        if (logged.Event is PartDelta { Leftover: null } delta)
        {
            // 1 kind + 8 time + at most 5 each for item, part and length, then the text.
            var span = into.GetSpan(24 + Encoding.UTF8.GetMaxByteCount(delta.Text.Length));
            span[0] = Delta;
            BinaryPrimitives.WriteInt64LittleEndian(span[1..], logged.At.UtcTicks);
            var at = 9;
            at += WriteVarint(span[at..], delta.Item);
            at += WriteVarint(span[at..], delta.Part);
            at += WriteVarint(span[at..], Encoding.UTF8.GetByteCount(delta.Text));
            at += Encoding.UTF8.GetBytes(delta.Text, span[at..]);
            into.Advance(at);
            return;
        }

        var json = CanonicalJson.WriteUtf8(logged.Event);
        var head = into.GetSpan(14);
        head[0] = Json;
        BinaryPrimitives.WriteInt64LittleEndian(head[1..], logged.At.UtcTicks);
        into.Advance(9 + WriteVarint(head[9..], json.Length));
        into.Write(json);
    }

    /// <summary>Reads a segment back.</summary>
    /// <exception cref="InvalidDataException">The data is damaged or of a version this program does not know.</exception>
    public static List<Logged> Decode(in RunSegment segment)
    {
        var events = new List<Logged>((int)(segment.Last - segment.First + 1));
        for (var reader = new SegmentReader(segment); !reader.IsAtEnd;) events.Add(reader.Read(most: 1, out _));
        return events;
    }

    private static int WriteVarint(Span<byte> into, int value)
    {
        var rest = (uint)value;
        var count = 0;
        for (; rest >= 0x80; rest >>= 7) into[count++] = (byte)(rest | 0x80);
        into[count++] = (byte)rest;
        return count;
    }

    internal static int ReadVarint(ref ReadOnlySpan<byte> from)
    {
        uint value = 0;
        for (int shift = 0, count = 0; count < 5; shift += 7, count++)
        {
            var next = from[count];
            value |= (uint)(next & 0x7f) << shift;
            if (next >= 0x80) continue;
            from = from[(count + 1)..];
            return (int)value;
        }

        throw new InvalidDataException("Run segment with a length that never ends.");
    }
}
