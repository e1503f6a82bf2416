using System.Buffers;
using Parley.Protocols.Recordings;
using Parley.Protocols.Sse;

namespace Parley.Cli.Recorder;

/// <summary>Records one exchange while it happens, without its credentials. Request and answer may come at the same time.</summary>
internal sealed class ExchangeRecorder : IDisposable
{
    // A larger upload is passed on and not kept: a recording is for what was said.
    private const int LargestRequest = 4 << 20;

    private readonly RecordingFile _file;
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _at;
    private readonly long _begun;
    private readonly Lock _lock = new();
    private readonly ExchangeStripper _stripper = new();
    private readonly SseFramer _framer = new();
    private readonly ArrayBufferWriter<byte> _body = new();
    private readonly string _method;
    private readonly ValueList<KeyValuePair<string, string>> _headers;
    private readonly bool _isForm;
    private bool _keepsRequest;
    private bool _keepsAnswer = true;
    private bool _isCut;
    private bool _isWhole;
    private bool _isAsked;
    private bool _hasEnded;

    public ExchangeRecorder(RecordingFile file, TimeProvider time, string method, string path, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        (_file, _time, _at, _begun, _method) = (file, time, time.GetUtcNow(), time.GetTimestamp(), method);
        Number = file.Begin();
        Path = _stripper.Path(path);
        _headers = _stripper.Headers(headers);
        Path = _stripper.Path(Path);
        _isForm = IsOfType(headers, "application/x-www-form-urlencoded");

        // In a form of several parts a credential may be a part of its own, and what else is in it are files.
        _keepsRequest = IsPlain(headers) && !IsOfType(headers, "multipart/");
        _isCut = !_keepsRequest;
    }

    /// <summary>Its number in the recording.</summary>
    public int Number { get; }

    /// <summary>The path as it is recorded.</summary>
    public string Path { get; }

    /// <summary>The status that was answered; 0 if there was no answer.</summary>
    public int Status { get; private set; }

    /// <summary>The size of the answer, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>How many server-sent events the answer has; 0 if it is no stream.</summary>
    public int Events { get; private set; }

    /// <summary>How long it took so far.</summary>
    public TimeSpan Elapsed => _time.GetElapsedTime(_begun);

    /// <summary>A piece of the request's body was passed on.</summary>
    public void Request(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            if (_isAsked || !_keepsRequest) return;
            if (_body.WrittenCount + bytes.Length > LargestRequest) (_keepsRequest, _isCut) = (false, true);
            else _stripper.Request(bytes, _body);
        }
    }

    /// <summary>All of the request has come. Without this what has come is marked as cut.</summary>
    public void RequestEnds()
    {
        lock (_lock)
        {
            _isWhole = true;
            Ask();
        }
    }

    /// <summary>The answer begins.</summary>
    public void Response(int status, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        lock (_lock)
        {
            Ask();
            Status = status;

            // In compressed bytes no credential can be found.
            _keepsAnswer = IsPlain(headers);
            _file.Write(new RecordedResponse(Number, Milliseconds, status, _stripper.Headers(headers)));
        }
    }

    /// <summary>A piece of the answer's body was passed on.</summary>
    public void Data(ReadOnlySpan<byte> bytes, bool isStream)
    {
        lock (_lock)
        {
            Bytes += bytes.Length;
            if (!_keepsAnswer) return;
            if (isStream) CountEvents(bytes);
            Write(_stripper.Answer(bytes));
        }
    }

    /// <summary>It is over. Only the first end counts.</summary>
    public void End(ExchangeEnd how)
    {
        lock (_lock)
        {
            if (_hasEnded) return;
            _hasEnded = true;
            Ask();
            Write(_stripper.EndAnswer(isWhole: how == ExchangeEnd.Complete));
            _file.Write(new RecordedEnd(Number, Milliseconds, how));
        }
    }

    public void Dispose() => _framer.Dispose();

    private long Milliseconds => (long)Elapsed.TotalMilliseconds;

    private void Ask()
    {
        if (_isAsked) return;
        _isAsked = true;
        var isCut = _isCut || !_isWhole;
        _file.Write(new RecordedRequest(Number, _at, _method, Path, _headers, _stripper.EndRequest(_body, _isForm, isWhole: !isCut), isCut));
        _body.Clear();
    }

    private void Write(ReadOnlyMemory<byte> bytes)
    {
        if (!bytes.IsEmpty) _file.Write(new RecordedData(Number, Milliseconds, bytes));
    }

    private void CountEvents(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _framer.Append(bytes);
            while (_framer.TryRead(out _)) Events++;
        }
        catch (InvalidDataException)
        {
            // An event that is too large for us is passed on and recorded, and not counted.
        }
    }

    private static bool IsOfType(IEnumerable<KeyValuePair<string, string>> headers, string type)
        => headers.Any(header => header.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase) && header.Value.TrimStart().StartsWith(type, StringComparison.OrdinalIgnoreCase));

    private static bool IsPlain(IEnumerable<KeyValuePair<string, string>> headers)
        => !headers.Any(header => header.Key.Equals("Content-Encoding", StringComparison.OrdinalIgnoreCase) && !header.Value.Trim().Equals("identity", StringComparison.OrdinalIgnoreCase));
}
