namespace Parley.Protocols.Recordings;

/// <summary>Finds the exchanges while a recording is read from its beginning.</summary>
internal sealed class RecordingIndex
{
    private const int BeginningLength = 4 << 10;

    private readonly Dictionary<int, Found> _exchanges = [];

    public IReadOnlyList<RecordedExchange> Exchanges => [.. _exchanges.Values.Select(found => found.Finish())];

    /// <summary>Takes the entry at which the reader stands.</summary>
    /// <exception cref="RecordingException">It cannot stand here.</exception>
    public void Add(RecordingEntry entry, RecordingReader reader)
    {
        if (entry is RecordedRequest request)
        {
            var said = RecordedQuestion.TextOf(request.Body.Span);
            var exchange = new RecordedExchange
            {
                Number = request.Exchange,
                Method = request.Method,
                Path = request.Path,
                At = request.At,
                Question = said is null ? null : RecordedQuestion.Digest(said),
                Words = said is null ? null : RecordedQuestion.BeginningOf(said),
                RequestOffset = reader.Offset,
                RequestLine = reader.Line,
            };
            if (!_exchanges.TryAdd(request.Exchange, new Found(exchange))) throw new RecordingException(reader.Line, $"exchange {request.Exchange} begins a second time");
            return;
        }

        if (!_exchanges.TryGetValue(entry.Exchange, out var found)) throw new RecordingException(reader.Line, $"exchange {entry.Exchange} has no request before this");
        found.Add(entry, reader);
    }

    private sealed class Found(RecordedExchange exchange)
    {
        private MemoryStream? _beginning = new();
        private RecordedExchange _exchange = exchange;
        private bool _hasEnded;

        public void Add(RecordingEntry entry, RecordingReader reader)
        {
            if (_hasEnded) throw new RecordingException(reader.Line, $"exchange {entry.Exchange} has already ended");
            switch (entry)
            {
                case RecordedResponse response:
                    if (_exchange.Status != 0) throw new RecordingException(reader.Line, $"exchange {entry.Exchange} is answered a second time");
                    _exchange = _exchange with { Status = response.Status, Offset = reader.Offset, Line = reader.Line };
                    break;
                case RecordedData data:
                    if (_exchange.Status == 0) throw new RecordingException(reader.Line, $"exchange {entry.Exchange} has no head of an answer before this");
                    _exchange = _exchange with { Bytes = _exchange.Bytes + data.Bytes.Length };
                    if (_beginning!.Length < BeginningLength) _beginning.Write(data.Bytes.Span[..Math.Min(data.Bytes.Length, BeginningLength)]);
                    break;
                case RecordedEnd end:
                    _exchange = _exchange with { How = end.How, LastLine = reader.Line };
                    _hasEnded = true;
                    break;
            }

            _exchange = _exchange with { Milliseconds = entry.Milliseconds, EndOffset = reader.NextOffset };
            if (_hasEnded) _exchange = Finish();
        }

        public RecordedExchange Finish()
        {
            // Of one that is over nothing more is kept: there may be very many.
            if (_beginning is not { } beginning) return _exchange;
            _beginning = null;
            var path = _exchange.Path.Split('?')[0];
            var format = _exchange.Method == "POST" ? StreamFormat.OfPath(path) ?? StreamFormat.OfContent(beginning.ToArray()) : null;
            return _exchange = _exchange with { Protocol = format?.Protocol };
        }
    }
}
