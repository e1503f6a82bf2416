namespace Parley.Protocols.Recordings;

/// <summary>Reads a recording from a file, line by line; no more is in memory than one line. Local files are read at once, so nothing here waits.</summary>
/// <param name="stream">The file, at the beginning of a line.</param>
/// <param name="line">The number of that line; 1 for the whole file.</param>
/// <param name="hasHead">The file's first line names its format, as it must.</param>
public sealed class RecordingReader(Stream stream, long line = 1, bool hasHead = true)
{
    /// <summary>The longest line, in bytes: room for the largest event, and for its escapes.</summary>
    public const int LongestLine = 128 << 20;

    private readonly long _base = stream.Position;
    private byte[] _buffer = new byte[64 << 10];
    private int _start;
    private int _end;
    private long _given;
    private long _next = line;
    private bool _hasEnded;

    /// <summary>The number of the line read last.</summary>
    public long Line { get; private set; }

    /// <summary>Where the line read last begins, in bytes.</summary>
    public long Offset { get; private set; }

    /// <summary>Where the next line begins, in bytes.</summary>
    public long NextOffset => _base + _given;

    /// <summary>The last line has no end: whoever wrote it was stopped in the middle, or is still writing.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Reads the next entry; null at the end. A last line without its end is no entry.</summary>
    /// <exception cref="RecordingException">The line is none. The next call goes on behind it.</exception>
    public RecordingEntry? Read()
    {
        while (ReadLine(out var from, out var length))
        {
            var text = _buffer.AsSpan(from, length);
            if (text.TrimEnd("\r\n "u8).IsEmpty) continue;
            try
            {
                if (Line > 1 || !hasHead) return RecordingLine.Read(text);
                RecordingLine.ReadFirst(text);
            }
            catch (FormatException e)
            {
                throw new RecordingException(Line, e.Message, e);
            }
        }

        return null;
    }

    // The line with its end, within the buffer.
    private bool ReadLine(out int from, out int length)
    {
        var scanned = _start;
        while (true)
        {
            var found = _buffer.AsSpan(scanned, _end - scanned).IndexOf((byte)'\n');
            if (found >= 0)
            {
                (from, length) = (_start, scanned + found + 1 - _start);
                (Line, Offset) = (_next++, _base + _given);
                _start += length;
                _given += length;
                return true;
            }

            scanned = _end - _start;
            if (_hasEnded || !Fill())
            {
                IsCut = _end > _start;
                (from, length) = (0, 0);
                return false;
            }

            scanned += _start;
        }
    }

    private bool Fill()
    {
        if (_end - _start >= LongestLine) throw new RecordingException(_next, $"it is longer than {LongestLine} bytes");
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length) Array.Resize(ref _buffer, 2 * _buffer.Length);
        var count = stream.Read(_buffer.AsSpan(_end));
        _end += count;
        return !(_hasEnded = count == 0);
    }
}
