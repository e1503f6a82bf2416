using System.Buffers;
using Parley.AspNetCore.Configuration;
using Parley.Protocols.Recordings;

namespace Parley.Cli.Recorder;

/// <summary>
/// The file that is recorded to. Every entry is with the system before the next is taken, so that a recorder that is killed loses at most
/// the line it was writing. Safe for concurrent use.
/// </summary>
internal sealed class RecordingFile : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Stream _stream;
    private readonly ArrayBufferWriter<byte> _line = new();
    private int _last;

    private RecordingFile(Stream stream, int last, int count) => (_stream, _last, Count) = (stream, last, count);

    /// <summary>How many exchanges are in it.</summary>
    public int Count { get; private set; }

    /// <summary>Why nothing more can be written; null if all is well. The first reason is told to <see cref="Failing"/>.</summary>
    public string? Failure { get; private set; }

    /// <summary>Is told once why nothing more can be written.</summary>
    public Action<string>? Failing { get; init; }

    /// <summary>Opens a file to go on with, or makes it, for its owner only.</summary>
    /// <exception cref="ConfigurationException">It is there and is no recording.</exception>
    public static RecordingFile Open(string path, Action<string> failing)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.Read, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var stream = new FileStream(path, options);
        try
        {
            return Continue(stream, failing);
        }
        catch (RecordingException e)
        {
            stream.Dispose();
            throw new ConfigurationException(path, e.Line, $"cannot be recorded to: {Reason(e)}", e);
        }
    }

    /// <summary>Goes on at the end of a recording, or of nothing.</summary>
    /// <exception cref="RecordingException">It is something else.</exception>
    public static RecordingFile Continue(Stream stream, Action<string> failing)
    {
        var (last, exchanges) = (0, new HashSet<int>());
        if (stream.Length == 0)
        {
            stream.Write(RecordingWriter.FirstLine);
            return new RecordingFile(stream, 0, 0) { Failing = failing };
        }

        var reader = new RecordingReader(stream);
        while (reader.Read() is { } entry)
        {
            last = Math.Max(last, entry.Exchange);
            exchanges.Add(entry.Exchange);
        }

        if (reader.Line == 0) throw new RecordingException(1, "it is not the first line of a recording");

        // Whoever wrote it was stopped in the middle of a line.
        stream.SetLength(reader.NextOffset);
        stream.Position = reader.NextOffset;
        return new RecordingFile(stream, last, exchanges.Count) { Failing = failing };
    }

    /// <summary>The number of an exchange that begins.</summary>
    public int Begin()
    {
        lock (_lock) return ++_last;
    }

    /// <summary>Writes an entry. After a failure nothing is written any more: what is there stays whole.</summary>
    public void Write(RecordingEntry entry)
    {
        string? failure = null;
        lock (_lock)
        {
            if (Failure is not null) return;
            _line.ResetWrittenCount();
            RecordingWriter.Write(entry, _line);
            var before = _stream.Position;
            try
            {
                _stream.Write(_line.WrittenSpan);
                if (entry is RecordedRequest) Count++;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Failure = failure = e.Message;
                Cut(before);
            }
        }

        if (failure is not null) Failing?.Invoke(failure);
    }

    public void Dispose() => _stream.Dispose();

    // A full disk has taken half a line, perhaps.
    private void Cut(long length)
    {
        try
        {
            _stream.SetLength(length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Readers pass over a line without its end.
        }
    }

    private static string Reason(RecordingException e) => e.Message[(e.Message.IndexOf(':', StringComparison.Ordinal) + 2)..];
}
