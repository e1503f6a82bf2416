namespace Parley.Protocols.Recordings;

/// <summary>
/// A file with recorded exchanges, or with bare streams of server-sent events, one behind the other. Only where the exchanges are is in memory; their answers
/// are read when they are asked for.
/// </summary>
public sealed class Recording
{
    private const int PieceLength = 16 << 10;
    private const int BeginningLength = 4 << 10;

    private readonly string _path;
    private readonly bool _isBare;
    private readonly List<RecordingException> _damage = [];

    private Recording(string path, bool isBare, IReadOnlyList<RecordedExchange> exchanges) => (_path, _isBare, Exchanges) = (path, isBare, exchanges);

    /// <summary>The exchanges in the order in which they began.</summary>
    public IReadOnlyList<RecordedExchange> Exchanges { get; }

    /// <summary>The lines that cannot be read.</summary>
    public IReadOnlyList<RecordingException> Damage => _damage;

    /// <summary>True for bare streams: they have no times and no requests.</summary>
    public bool IsBare => _isBare;

    /// <summary>The last line, where it has no end: whoever wrote it was stopped, or is still writing. It is passed over, and no damage. 0 if there is none.</summary>
    public long CutLine { get; private set; }

    /// <summary>The size of the file, in bytes.</summary>
    public long Bytes { get; private init; }

    /// <summary>Looks through a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="passed">Is told, now and then, how many bytes were looked through.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="RecordingException">It is a recording of a version that is not known.</exception>
    public static Recording Open(string path, Action<long>? passed = null)
    {
        using var file = OpenFile(path);
        var beginning = new byte[BeginningLength];
        beginning = beginning[..file.ReadAtLeast(beginning, beginning.Length, throwOnEndOfStream: false)];
        file.Position = 0;
        var hasHead = RecordingLine.Begins(beginning);
        if (!hasHead && !RecordingLine.LacksHead(beginning)) return new Recording(path, isBare: true, Transcript.Find(file, beginning, passed)) { Bytes = file.Length };

        var reader = new RecordingReader(file, hasHead: hasHead);
        var index = new RecordingIndex();
        var damage = new List<RecordingException>();
        if (!hasHead) damage.Add(new RecordingException(1, "the first line of a recording, {\"parley-recording\":1}, is missing or damaged; put it there"));
        while (true)
        {
            try
            {
                if (reader.Read() is not { } entry) break;
                index.Add(entry, reader);
                passed?.Invoke(reader.NextOffset);
            }
            catch (RecordingException e) when (e.Line > 1 || !hasHead)
            {
                if (e.Line > 1 || damage.Count == 0) damage.Add(e);

                // A line without an end in sight is not passed.
                if (reader.Line < e.Line) break;
            }
        }

        var recording = new Recording(path, isBare: false, index.Exchanges) { Bytes = file.Length, CutLine = reader.IsCut ? reader.Line + 1 : 0 };
        recording._damage.AddRange(damage);
        return recording;
    }

    /// <summary>The first damaged line while an exchange was under way: it may have been the exchange's own, so its answer may not be whole. Null if there is none.</summary>
    public RecordingException? DamageOf(RecordedExchange exchange)
        => _damage.FirstOrDefault(damage => damage.Line > exchange.RequestLine && damage.Line < exchange.LastLine);

    /// <summary>Reads an exchange's request; null for a stream that was not recorded by Parley.</summary>
    /// <exception cref="RecordingException">The file has changed and is damaged now.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public RecordedRequest? Request(RecordedExchange exchange)
    {
        if (_isBare) return null;
        using var file = OpenFile(_path);
        file.Position = exchange.RequestOffset;
        return new RecordingReader(file, exchange.RequestLine, hasHead: false).Read() as RecordedRequest;
    }

    /// <summary>Reads an exchange's answer: its head, its pieces and its end, as far as they are there.</summary>
    /// <exception cref="RecordingException">The file has changed and is damaged now.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public IEnumerable<RecordingEntry> Answer(RecordedExchange exchange)
    {
        using var file = OpenFile(_path);
        file.Position = exchange.Offset;
        if (_isBare)
        {
            yield return new RecordedResponse(exchange.Number, 0, exchange.Status, []);
            var piece = new byte[PieceLength];
            for (var rest = exchange.Bytes; rest > 0 && file.Read(piece, 0, (int)Math.Min(piece.Length, rest)) is > 0 and var count; rest -= count)
                yield return new RecordedData(exchange.Number, 0, piece.AsMemory(0, count));
            yield return new RecordedEnd(exchange.Number, 0, exchange.How);
            yield break;
        }

        var reader = new RecordingReader(file, exchange.Line, hasHead: false);
        while (reader.NextOffset < exchange.EndOffset)
        {
            if (Next(reader) is not { } entry) yield break;
            if (entry.Exchange == exchange.Number && entry is not RecordedRequest) yield return entry;
        }
    }

    // A damaged line was told of when the file was opened; what is around it can still be looked at.
    private RecordingEntry? Next(RecordingReader reader)
    {
        while (true)
        {
            try
            {
                return reader.Read();
            }
            catch (RecordingException e) when (_damage.Any(known => known.Line == e.Line))
            {
                if (reader.Line < e.Line) return null;
            }
        }
    }

    private static FileStream OpenFile(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
}
