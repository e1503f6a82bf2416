using System.Globalization;
using Parley.Protocols.Sse;
using Parley.Runs;

namespace Parley.Protocols.Recordings;

/// <summary>Turns a recorded answer into run events: a stream frame by frame, a plain body or an error at its end.</summary>
internal sealed class ReplayPlayer(StreamFormat format) : IDisposable
{
    /// <summary>The code of an answer that was not recorded to its end.</summary>
    public const string Broken = "replay_broken";

    private readonly SseFramer _framer = new(isCopied: true);
    private readonly FrameReader _reader = format.NewReader();
    private int _status;
    private bool _streams;
    private bool _isOver;
    private ExchangeEnd _how = ExchangeEnd.Broken;

    /// <summary>True when the terminal event was added.</summary>
    public bool HasEnded { get; private set; }

    // An error is never a stream, whatever it looks like.
    private bool? IsBody => _status is >= 200 and < 300 ? _framer.BeginsAsJson : true;

    /// <summary>Takes what was recorded next; null if there is nothing more.</summary>
    public void Take(RecordingEntry? entry)
    {
        switch (entry)
        {
            case RecordedResponse response:
                _status = response.Status;
                break;
            case RecordedData data:
                _framer.Append(data.Bytes.Span);
                break;
            case RecordedEnd end:
                (_how, _isOver) = (end.How, true);
                break;
            case null:
                _isOver = true;
                break;
        }
    }

    /// <summary>Adds the events of the next frame, perhaps none. False: take more first.</summary>
    public bool TryPlay(List<RunEvent> into)
    {
        if (HasEnded) return false;
        if (!_streams && IsBody != false)
        {
            if (!_isOver) return false;
            ReadBody(into);
            HasEnded = true;
            return true;
        }

        _streams = true;
        if (_isOver) _framer.Complete();
        if (_framer.TryRead(out var frame))
        {
            _reader.Read(frame, into);
            HasEnded = into.Count > 0 && into[^1] is RunEnded;
            return true;
        }

        if (!_isOver) return false;
        _reader.End(into);
        if (_how != ExchangeEnd.Complete) Break(into);
        HasEnded = true;
        return true;
    }

    public void Dispose() => _framer.Dispose();

    private void ReadBody(List<RunEvent> into)
    {
        var isError = _status is < 200 or >= 300;
        if (!isError && format.ReadBody is { } readBody)
        {
            readBody(_framer.Unread, into);
        }
        else if (isError && format.ReadError is { } readError)
        {
            into.Add(new RunFailed(readError(_status, _framer.Unread)));
        }
        else
        {
            _reader.Read(new SseFrame(default, _framer.Unread), into);
            _reader.End(into);
            if (isError && into[^1] is not RunFailed { Error.Cause: not ErrorCause.Malformed }) into[^1] = new RunFailed(OfStatus());
        }

        if (!isError && _how != ExchangeEnd.Complete) Break(into);
    }

    // If the peer had already said that it had finished, only a farewell is missing.
    private static void Break(List<RunEvent> into)
    {
        var error = new RunError(ErrorSide.Agent, ErrorCause.Unavailable, "The recorded answer broke off.", true, Broken);
        if (into[^1] is RunFailed failed) into[^1] = failed with { Error = error };
    }

    private RunError OfStatus() => new(
        ErrorSide.Agent, ErrorCause.Unavailable, string.Create(CultureInfo.InvariantCulture, $"The recorded answer is an error with the status {_status}."), true, "replay_status");
}
