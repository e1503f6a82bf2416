using System.Buffers;

namespace Parley.Protocols.Sse;

/// <summary>
/// Cuts a stream of bytes, in whatever pieces it comes, into server-sent events (WHATWG HTML, 9.2.6), without allocating per event.
/// Line ends are LF, CRLF and CR; comments, <c>id</c>, <c>retry</c> and unknown fields are passed over; an event with a name and no data
/// is given, as Coze sends such. An event that the end of the stream cuts short of its blank line is given too, as the vendors' SDKs do.
/// </summary>
public sealed class SseFramer : IDisposable
{
    /// <summary>The default limit of an event: 16 MiB of text, and room for what stands around it.</summary>
    public const int DefaultLimit = 17 << 20;

    private const int FirstSize = 4 << 10;
    private const int KeptSize = 64 << 10;

    private readonly int _limit;
    private readonly bool _isCopied;
    private byte[] _buffer = [];

    // Within the buffer: where the unfinished event begins, the unfinished line, where to look on for its end, and the end of all bytes.
    private int _start;
    private int _line;
    private int _scan;
    private int _end;

    // What the unfinished event has so far, counted from _start, so that moving the bytes changes nothing.
    private int _dataAt = -1;
    private int _dataLength;
    private int _nameAt = -1;
    private int _nameLength;
    private byte[]? _name;

    private bool _begun;
    private bool _skipLineFeed;
    private bool _completed;
    private bool _given;

    /// <param name="limit">The largest event in bytes, all of its lines counted.</param>
    /// <param name="isCopied">
    /// The stream may have been copied out of a browser, which shows data without their name and events without the line between them: a line that
    /// begins with a brace is data, and ends its event. In a live stream it is an unknown field.
    /// </param>
    public SseFramer(int limit = DefaultLimit, bool isCopied = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 16);
        (_limit, _isCopied) = (limit, isCopied);
    }

    /// <summary>The bytes not yet given as events: before the first <see cref="TryRead"/>, all; by the first of them a caller tells a JSON body.</summary>
    public ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start, _end - _start);

    /// <summary>
    /// True if the stream begins like a JSON text, false if it does not, null while only white space came. No event stream begins with
    /// a brace or bracket, so this holds whatever the content type says. Asked before the first <see cref="TryRead"/>.
    /// </summary>
    public bool? BeginsAsJson
    {
        get
        {
            var rest = Unread;
            if (rest.StartsWith("\uFEFF"u8)) rest = rest[3..];
            rest = rest.TrimStart(" \t\r\n"u8);
            return rest.IsEmpty ? null : rest[0] is (byte)'{' or (byte)'[';
        }
    }

    /// <summary>Room for the next bytes of the stream, at least one, usually <paramref name="wanted"/>; then <see cref="Advance"/>. Ends the life of the last event.</summary>
    /// <exception cref="InvalidDataException">The unfinished event has reached the limit.</exception>
    public Memory<byte> GetMemory(int wanted = FirstSize)
    {
        Release();
        var used = _end - _start;
        if (used >= _limit) throw new InvalidDataException($"A server-sent event is larger than {_limit} bytes.");
        wanted = Math.Min(Math.Max(wanted, 1), _limit - used);
        if (used == 0)
        {
            // All was given: begin anew, and give back what one large event needed.
            if (_buffer.Length > KeptSize && wanted <= KeptSize) Return();
            (_start, _line, _scan, _end) = (0, _line - _start, _scan - _start, 0);
        }

        if (_buffer.Length - _end < wanted && (_start == 0 || _buffer.Length - used < wanted)) Grow(Math.Max(used + wanted, used == 0 ? FirstSize : 2 * used));
        else if (_buffer.Length - _end < wanted) MoveTo(_buffer);
        return _buffer.AsMemory(_end, Math.Min(_buffer.Length - _end, _limit - used));
    }

    /// <summary>So many bytes were put into what <see cref="GetMemory"/> gave.</summary>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_buffer.Length - _end), nameof(count));
        _end += count;
    }

    /// <summary>Adds bytes by copying them. All events should be read between two calls.</summary>
    /// <exception cref="InvalidDataException">The unfinished event is larger than the limit.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var room = GetMemory(bytes.Length).Span;
            var count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            Advance(count);
            bytes = bytes[count..];
        }
    }

    /// <summary>No more bytes come: a last event without its blank line can now be read.</summary>
    public void Complete() => _completed = true;

    /// <summary>Reads the next event. False: more bytes are needed, or after <see cref="Complete"/> all is read.</summary>
    public bool TryRead(out SseFrame frame)
    {
        Release();
        if (!_begun && !Begin())
        {
            frame = default;
            return false;
        }

        while (true)
        {
            var found = _buffer.AsSpan(_scan, _end - _scan).IndexOfAny((byte)'\n', (byte)'\r');
            if (found < 0)
            {
                _scan = _end;
                if (_completed) return TryReadLast(out frame);
                frame = default;
                return false;
            }

            var lineEnd = _scan + found;
            var next = lineEnd + 1;
            if (_skipLineFeed && lineEnd == _line && _buffer[lineEnd] == '\n')
            {
                _skipLineFeed = false;
                NextLine(next);
                continue;
            }

            // A carriage return ends the line at once; the line feed that may follow, perhaps much later, belongs to it.
            _skipLineFeed = _buffer[lineEnd] == '\r';
            if (lineEnd > _line)
            {
                var isBare = IsBare(_buffer.AsSpan(_line, lineEnd - _line));
                ReadLine(_buffer.AsSpan(_line, lineEnd - _line));
                NextLine(next);
                if (!isBare) continue;
                frame = Give();
                return true;
            }
            else
            {
                (_line, _scan) = (next, next);
                if (HasEvent)
                {
                    frame = Give();
                    return true;
                }

                _start = next;
            }
        }
    }

    /// <summary>Gives the buffer back.</summary>
    public void Dispose()
    {
        Return();
        (_start, _line, _scan, _end, _completed) = (0, 0, 0, 0, true);
    }

    private bool HasEvent => _dataAt >= 0 || _nameAt >= 0 || _name is not null;

    // The byte order mark, once, at the very beginning.
    private bool Begin()
    {
        var rest = Unread;
        var mark = "\uFEFF"u8;
        if (rest.Length < mark.Length && !_completed && mark.StartsWith(rest)) return false;
        _begun = true;
        if (rest.StartsWith(mark)) (_start, _line, _scan) = (_start + 3, _start + 3, _start + 3);
        return true;
    }

    private bool TryReadLast(out SseFrame frame)
    {
        if (_end > _line) ReadLine(_buffer.AsSpan(_line, _end - _line));
        (_line, _scan) = (_end, _end);
        var any = HasEvent;
        frame = any ? Give() : default;
        if (!any) _start = _end;
        return any;
    }

    private void NextLine(int next)
    {
        (_line, _scan) = (next, next);
        if (!HasEvent) _start = next;
    }

    private void ReadLine(ReadOnlySpan<byte> line)
    {
        if (line.StartsWith("data:"u8)) AddData(_line + (line.Length > 5 && line[5] == ' ' ? 6 : 5), _line + line.Length);
        else if (line.StartsWith("event:"u8)) SetName(_line + (line.Length > 6 && line[6] == ' ' ? 7 : 6), _line + line.Length);
        else if (line.SequenceEqual("data"u8)) AddData(_line + line.Length, _line + line.Length);
        else if (line.SequenceEqual("event"u8)) SetName(_line + line.Length, _line + line.Length);
        else if (IsBare(line)) AddData(_line, _line + line.Length);
    }

    // A brace alone begins a request that was copied beside its answer.
    private bool IsBare(ReadOnlySpan<byte> line) => _isCopied && line[0] == '{' && line.TrimEnd(" \t"u8).Length > 1;

    private void SetName(int from, int to)
    {
        _name = null;
        (_nameAt, _nameLength) = (from - _start, to - from);
    }

    private void AddData(int from, int to)
    {
        if (_dataAt < 0)
        {
            (_dataAt, _dataLength) = (from - _start, to - from);
            return;
        }

        // Further lines are moved up behind the first; the field names leave room enough. A name that stands between is saved first.
        if (_nameAt > _dataAt)
        {
            _name = _buffer.AsSpan(_start + _nameAt, _nameLength).ToArray();
            _nameAt = -1;
        }

        var at = _start + _dataAt + _dataLength;
        _buffer[at] = (byte)'\n';
        _buffer.AsSpan(from, to - from).CopyTo(_buffer.AsSpan(at + 1));
        _dataLength += 1 + to - from;
    }

    private SseFrame Give()
    {
        _given = true;
        return new SseFrame(
            _name ?? (_nameAt < 0 ? default : _buffer.AsSpan(_start + _nameAt, _nameLength)),
            _dataAt < 0 ? default : _buffer.AsSpan(_start + _dataAt, _dataLength));
    }

    // The event given last is over: its bytes are free.
    private void Release()
    {
        if (!_given) return;
        _given = false;
        (_dataAt, _dataLength, _nameAt, _nameLength, _name) = (-1, 0, -1, 0, null);
        _start = _line;
    }

    private void Grow(int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(size);
        var old = _buffer;
        MoveTo(larger);
        _buffer = larger;
        if (old.Length > 0) ArrayPool<byte>.Shared.Return(old);
    }

    private void MoveTo(byte[] target)
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(target);
        (_line, _scan, _end, _start) = (_line - _start, _scan - _start, _end - _start, 0);
    }

    private void Return()
    {
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }
}
