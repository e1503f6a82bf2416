using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Parley.Runs;

/// <summary>Reads the events of a segment, one after the other or deltas of one part together.</summary>
internal sealed class SegmentReader
{
    /// <summary>So much text is joined at most: what stays in the processor's cache, and out of the heap of large objects.</summary>
    private const int JoinedBytes = 16 << 10;

    private readonly ReadOnlyMemory<byte> _data;
    private readonly long _last;
    private int _at;

    /// <exception cref="InvalidDataException">The segment is of a version that this program does not know.</exception>
    public SegmentReader(in RunSegment segment)
    {
        if (segment.Format != EventCodec.Format) throw new InvalidDataException($"Run segment of format {segment.Format}; this version reads {EventCodec.Format}.");
        (_data, Next, _last) = (segment.Data, segment.First, segment.Last);
    }

    /// <summary>The sequence of the next event.</summary>
    public long Next { get; private set; }

    /// <summary>True when all was read.</summary>
    public bool IsAtEnd => Next > _last;

    /// <summary>
    /// The next event. Up to <paramref name="most"/> deltas of one part that follow each other are given as one, with the number and time of
    /// the first; <paramref name="count"/> says how many they were. Where <paramref name="isMute"/> says so of an item and a part, without text.
    /// </summary>
    /// <exception cref="InvalidDataException">The data is damaged.</exception>
    public Logged Read(long most, out int count, Func<int, int, bool>? isMute = null)
    {
        var data = _data.Span[_at..];
        var kind = data[0];
        var at = new DateTimeOffset(BinaryPrimitives.ReadInt64LittleEndian(data[1..]), TimeSpan.Zero);
        data = data[EventCodec.HeadLength..];
        RunEvent @event;
        count = 1;
        switch (kind)
        {
            case EventCodec.Delta:
                @event = ReadDeltas(ref data, most, isMute, ref count);
                break;
            case EventCodec.Json:
                var length = EventCodec.ReadVarint(ref data);
                @event = CanonicalJson.Read<RunEvent>(data[..length]);
                data = data[length..];
                break;
            default:
                throw new InvalidDataException($"Run segment with an event of unknown kind {kind}.");
        }

        var logged = new Logged(Next, at, @event);
        _at = _data.Length - data.Length;
        Next += count;
        return logged;
    }

    private PartDelta ReadDeltas(ref ReadOnlySpan<byte> data, long most, Func<int, int, bool>? isMute, ref int count)
    {
        var (item, part, text) = ReadDelta(ref data);
        if (isMute is not null && isMute(item, part))
        {
            for (; Follows(data, most, count); count++)
            {
                var rest = data[EventCodec.HeadLength..];
                var (nextItem, nextPart, _) = ReadDelta(ref rest);
                if (nextItem != item || nextPart != part) break;
                data = rest;
            }

            return new PartDelta(item, part, "");
        }

        if (!Follows(data, most, count) || text.Length > JoinedBytes) return new PartDelta(item, part, Encoding.UTF8.GetString(text));

        // Their texts one behind the other, so that they become one string in one step.
        var room = ArrayPool<byte>.Shared.Rent(JoinedBytes);
        text.CopyTo(room);
        var length = text.Length;
        while (Follows(data, most, count))
        {
            var rest = data[EventCodec.HeadLength..];
            var (nextItem, nextPart, next) = ReadDelta(ref rest);
            if (nextItem != item || nextPart != part || length + next.Length > JoinedBytes) break;
            next.CopyTo(room.AsSpan(length));
            length += next.Length;
            data = rest;
            count++;
        }

        var joined = new PartDelta(item, part, Encoding.UTF8.GetString(room, 0, length));
        ArrayPool<byte>.Shared.Return(room);
        return joined;
    }

    private bool Follows(ReadOnlySpan<byte> data, long most, int count) => count < most && Next + count <= _last && data[0] == EventCodec.Delta;

    private static DeltaBytes ReadDelta(ref ReadOnlySpan<byte> data)
    {
        var item = EventCodec.ReadVarint(ref data);
        var part = EventCodec.ReadVarint(ref data);
        var length = EventCodec.ReadVarint(ref data);
        var text = data[..length];
        data = data[length..];
        return new DeltaBytes(item, part, text);
    }

    private readonly ref struct DeltaBytes(int item, int part, ReadOnlySpan<byte> text)
    {
        private readonly ReadOnlySpan<byte> _text = text;

        public void Deconstruct(out int toItem, out int toPart, out ReadOnlySpan<byte> toText)
        {
            toItem = item;
            toPart = part;
            toText = _text;
        }
    }
}
