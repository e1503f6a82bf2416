using System.Text;

namespace Parley.Protocols.Recordings;

/// <summary>
/// Finds the streams in a text that somebody kept: one stream as a browser or <c>curl -N</c> saves it, or several with their requests, and with
/// remarks between. A stream begins with a line of server-sent events, and ends behind its <c>[DONE]</c>, or where a line is nothing but an opening brace, as a
/// request's first is. Remarks within a stream are passed over by whoever reads it.
/// </summary>
internal sealed class Transcript
{
    private const int HeadLength = 40;
    private const int LongestRequest = 64 << 10;

    private readonly List<RecordedExchange> _found = [];
    private readonly StringBuilder _request = new();
    private string? _said;
    private bool _isRequest;
    private bool _isAnything;
    private long _begun = -1;
    private long _over = -1;

    /// <summary>The streams; without any, the file as a whole, which may be one JSON text.</summary>
    public static IReadOnlyList<RecordedExchange> Find(Stream file, ReadOnlySpan<byte> beginning, Action<long>? passed)
    {
        var transcript = new Transcript();
        transcript.Read(file, passed);
        if (transcript._found.Count == 0) transcript._found.Add(new RecordedExchange { Number = 1, Status = 200, How = ExchangeEnd.Complete, Bytes = file.Length });
        var exchanges = new List<RecordedExchange>();
        foreach (var exchange in transcript._found)
        {
            file.Position = exchange.Offset;
            var head = new byte[Math.Min(beginning.Length, exchange.Bytes)];
            file.ReadExactly(head);
            exchanges.Add(exchange with { Protocol = StreamFormat.OfContent(head)?.Protocol });
        }

        return exchanges;
    }

    private void Read(Stream file, Action<long>? passed)
    {
        var block = new byte[64 << 10];
        var line = new byte[LongestRequest];
        var (length, start, at) = (0, 0L, 0L);
        while (file.Read(block) is > 0 and var count)
        {
            var rest = block.AsSpan(0, count);
            while (!rest.IsEmpty)
            {
                var end = rest.IndexOf((byte)'\n');
                var piece = end < 0 ? rest : rest[..end];
                var room = Math.Min(piece.Length, line.Length - Math.Min(length, line.Length));
                piece[..room].CopyTo(line.AsSpan(Math.Min(length, line.Length)));
                length = (int)Math.Min((long)length + piece.Length, int.MaxValue);
                at += piece.Length;
                if (end < 0) break;
                at++;
                Line(line.AsSpan(0, Math.Min(length, line.Length)), start, at);
                rest = rest[(end + 1)..];
                (length, start) = (0, at);
            }

            passed?.Invoke(at);
        }

        if (length > 0) Line(line.AsSpan(0, Math.Min(length, line.Length)), start, at);
        if (_begun >= 0) Add(at);
        else if (_found.Count > 0 && _over >= 0) _found[^1] = _found[^1] with { Bytes = at - _found[^1].Offset, EndOffset = at };
    }

    private void Line(ReadOnlySpan<byte> line, long start, long next)
    {
        var text = line.Trim(" \t\r"u8);
        if (start == 0 && text.StartsWith("\uFEFF"u8)) text = text[3..];
        if (text.IsEmpty) return;
        var isStream = text.StartsWith("data:"u8) || text.StartsWith("event:"u8);
        if (_isRequest && !isStream)
        {
            ReadRequest(text);
            return;
        }

        _isRequest = false;

        if (BeginsRequest(text))
        {
            if (_begun >= 0) Add(start);
            (_isRequest, _isAnything, _over) = (true, true, -1);
            _request.Clear().Append('{');
            return;
        }

        if (_begun < 0 && (isStream || IsId(text))) Begin(start);
        else if (_begun < 0) (_isAnything, _over) = (true, -1);
        if (_begun < 0 || text.Length > HeadLength || !IsDone(text)) return;
        Add(next);
        _over = next;
    }

    // What stood before it is not its own; but blank lines are nobody's.
    private void Begin(long start)
    {
        if (_over >= 0) start = _over;
        _begun = _isAnything || _found.Count > 0 ? start : 0;
        _over = -1;
    }

    private void Add(long end)
    {
        _found.Add(new RecordedExchange
        {
            Number = _found.Count + 1,
            Status = 200,
            How = ExchangeEnd.Complete,
            Offset = _begun,
            EndOffset = end,
            Bytes = end - _begun,
            Question = _said is null ? null : RecordedQuestion.Digest(_said),
            Words = _said is null ? null : RecordedQuestion.BeginningOf(_said),
        });
        (_begun, _said) = (-1, null);
    }

    // As an editor shows it, or as curl is given it.
    private static bool BeginsRequest(ReadOnlySpan<byte> text) => text.SequenceEqual("{"u8) || (text.EndsWith("'{"u8) && text.StartsWith("-"u8));

    private void ReadRequest(ReadOnlySpan<byte> text)
    {
        var isLast = text.StartsWith("}'"u8);
        if (_request.Length < LongestRequest) _request.Append(Encoding.UTF8.GetString(isLast ? text[..1] : text));
        if (!isLast && !text.SequenceEqual("}"u8)) return;

        // An inner object's end looks alike; what is not whole yet goes on.
        var json = _request.ToString();
        if (!isLast && json.Count('{') != json.Count('}')) return;
        _isRequest = false;
        _said = RecordedQuestion.TextOf(Encoding.UTF8.GetBytes(json)) ?? _said;
    }

    private static bool IsId(ReadOnlySpan<byte> text) => text.StartsWith("id:"u8) && text[3..].Trim(" "u8).IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;

    private static bool IsDone(ReadOnlySpan<byte> text)
    {
        if (!text.StartsWith("data:"u8)) return false;
        return text[5..].Trim(" \""u8).SequenceEqual("[DONE]"u8);
    }
}
