using System.Runtime.InteropServices;
using Parley.Runs;

namespace Parley.Cli.Conversion;

/// <summary>The texts of an answer, for who has to repeat them: in memory as long as they are short, then in a file that goes with the process.</summary>
internal sealed class TextSpool : IDisposable
{
    private const int KeptBytes = 1 << 20;
    private const int PieceLength = 16 << 10;

    private readonly Dictionary<(int Item, int Part), List<(long Start, long End)>> _texts = [];
    private Stream _stream = new MemoryStream();

    /// <summary>Keeps what an event says.</summary>
    public void Add(RunEvent @event)
    {
        if (@event is PartDelta delta) Add(delta.Item, delta.Part, delta.Text);
        if (@event is not PartCompleted { Text: { } text } completed) return;
        _texts.Remove((completed.Item, completed.Part));
        Add(completed.Item, completed.Part, text);
    }

    /// <summary>A part's text, in pieces that cut no character.</summary>
#pragma warning disable CS1998 // Local files are read at once.
    public async IAsyncEnumerable<string> ReadAsync(int item, int part)
#pragma warning restore CS1998
    {
        if (!_texts.TryGetValue((item, part), out var places)) yield break;
        var buffer = new char[PieceLength];
        var half = 0;
        foreach (var (start, end) in places)
        {
            for (var at = start; at < end;)
            {
                var room = MemoryMarshal.AsBytes(buffer.AsSpan(half));
                var count = (int)Math.Min(room.Length, end - at);
                _stream.Position = at;
                _stream.ReadExactly(room[..count]);
                at += count;
                var length = half + count / sizeof(char);
                half = char.IsHighSurrogate(buffer[length - 1]) ? 1 : 0;
                yield return new string(buffer, 0, length - half);
                if (half > 0) buffer[0] = buffer[length - 1];
            }
        }

        if (half > 0) yield return new string(buffer, 0, 1);
    }

    public void Dispose() => _stream.Dispose();

    private void Add(int item, int part, string text)
    {
        var start = _stream.Length;
        _stream.Position = start;
        _stream.Write(MemoryMarshal.AsBytes(text.AsSpan()));
        if (_stream is MemoryStream && _stream.Length > KeptBytes) MoveToFile();
        if (!_texts.TryGetValue((item, part), out var places)) _texts[(item, part)] = places = [];
        if (places.Count > 0 && places[^1].End == start) places[^1] = (places[^1].Start, _stream.Length);
        else places.Add((start, _stream.Length));
    }

    private void MoveToFile()
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 64 << 10, Options = FileOptions.DeleteOnClose };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), options);
        _stream.Position = 0;
        _stream.CopyTo(file);
        _stream.Dispose();
        _stream = file;
    }
}
