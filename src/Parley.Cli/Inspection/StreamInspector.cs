using System.Globalization;
using System.Text;
using Parley.Protocols;
using Parley.Protocols.Recordings;
using Parley.Protocols.Sse;
using Parley.Runs;

namespace Parley.Cli.Inspection;

/// <summary>Shows a stream event by event: when, what, of which item, and the text so far; then how it ended.</summary>
/// <param name="format">The protocol; null if it is none that Parley knows.</param>
/// <param name="screen">Where it is shown.</param>
/// <param name="hasTimes">The entries have times; else events are numbered.</param>
internal sealed class StreamInspector(StreamFormat? format, InspectScreen screen, bool hasTimes)
{
    private readonly InspectedItems _items = new();
    private readonly List<RunEvent> _events = [];
    private FrameReader? _reader;
    private RunEnded? _end;
    private long _count;
    private long _bytes;
    private long? _firstText;
    private long _last;

    /// <summary>Shows an answer.</summary>
    public void Inspect(IEnumerable<RecordingEntry> answer)
    {
        _reader = format?.NewReader();
        using var framer = new SseFramer(isCopied: true);
        var (status, how) = (200, ExchangeEnd.Broken);
        bool? isBody = null;
        foreach (var entry in answer)
        {
            _last = entry.Milliseconds;
            switch (entry)
            {
                case RecordedResponse response:
                    status = response.Status;
                    screen.Event(Time(), $"HTTP {status}", "", "");
                    break;
                case RecordedData data:
                    _bytes += data.Bytes.Length;
                    if (!Append(framer, data.Bytes.Span)) return;
                    isBody ??= status is >= 200 and < 300 ? framer.BeginsAsJson : true;
                    if (isBody == false) ShowFrames(framer);
                    break;
                case RecordedEnd end:
                    how = end.How;
                    break;
            }
        }

        framer.Complete();
        if (isBody == false) ShowFrames(framer);
        else if (isBody == true) ShowBody(framer.Unread, status);
        if (_end is null && isBody != true && _reader is not null)
        {
            _reader.End(_events);
            Take();
        }

        Conclude(how);
    }

    private bool Append(SseFramer framer, ReadOnlySpan<byte> bytes)
    {
        try
        {
            framer.Append(bytes);
            return true;
        }
        catch (InvalidDataException e)
        {
            screen.Problem(e.Message);
            return false;
        }
    }

    private void ShowFrames(SseFramer framer)
    {
        while (framer.TryRead(out var frame))
        {
            _count++;
            var name = frame.Event.IsEmpty ? "data" : Encoding.UTF8.GetString(frame.Event);
            _items.Begin();
            var known = _end is null && _reader is not null;
            if (known)
            {
                _reader!.Read(frame, _events);
                Take();
            }

            // What the reader makes nothing of is shown as it came.
            var (label, text) = _items.Last;
            if (!known || label.Length == 0 && _end is not null) screen.Raw(Time(), name, Beginning(frame.Data));
            else screen.Event(Time(), name, label, text);
            if (known && _end is RunFailed { Error: { Cause: ErrorCause.Malformed } error }) screen.Problem($"{"",9}  malformed: {error.Message}");
        }
    }

    private void ShowBody(ReadOnlySpan<byte> body, int status)
    {
        _items.Begin();
        if (format is not null)
        {
            using var player = new ReplayPlayer(format);
            player.Take(new RecordedResponse(1, 0, status, []));
            player.Take(new RecordedData(1, 0, body.ToArray()));
            player.Take(new RecordedEnd(1, 0, ExchangeEnd.Complete));
            player.TryPlay(_events);

            // A plain answer need not be one of an agent.
            _events.RemoveAll(@event => @event is RunFailed { Error.Cause: ErrorCause.Malformed });
            Take();
        }

        screen.Raw(Time(), "(body)", Beginning(body));
    }

    private void Take()
    {
        foreach (var @event in _events)
        {
            _items.Apply(@event);
            if (@event is RunEnded end) _end ??= end;
        }

        _events.Clear();
        if (_items.HasText) _firstText ??= _last;
    }

    private void Conclude(ExchangeEnd how)
    {
        screen.Line("");
        if (_end is not null) screen.End(Describe(_end), _end is RunCompleted or RunSuspended);
        if (how != ExchangeEnd.Complete) screen.End(how == ExchangeEnd.ClientGone ? "the client left before the end" : "the answer broke off", isGood: false);
        var first = hasTimes && _firstText is { } at ? $", first text after {InspectScreen.Seconds(at)} s" : "";
        var took = hasTimes ? $", {InspectScreen.Seconds(_last)} s" : "";
        screen.Line(string.Create(CultureInfo.InvariantCulture, $"{_count} events, {_bytes} bytes{first}{took}"));
    }

    private string Time() => hasTimes ? InspectScreen.Seconds(_last) : _count.ToString(CultureInfo.InvariantCulture);

    private static string Beginning(ReadOnlySpan<byte> data) => Encoding.UTF8.GetString(data[..Math.Min(data.Length, 400)]);

    private static string Describe(RunEnded end)
    {
        var what = end switch
        {
            RunCompleted completed => $"completed ({completed.Finish})",
            RunSuspended suspended => $"suspended: it waits for {suspended.Required.Count} output{(suspended.Required.Count == 1 ? "" : "s")}",
            RunFailed { Error: var error } => $"failed: {error.Message}{(error.Code is { } code ? $" ({code})" : "")}",
            _ => "cancelled",
        };
        return end.Usage is { } usage ? string.Create(CultureInfo.InvariantCulture, $"{what}; usage: {usage.Input} in, {usage.Output} out") : what;
    }
}
