using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Protocols.Sse;
using Parley.Runs;

namespace Parley.Protocols.Tongyi;

/// <summary>
/// Reads a Tongyi stream of either dialect, or of both in turn: an item's own flag says whether it is a piece or the whole, else the message's, else it
/// is the whole. A piece that comes again, by its number, is passed over; one that is missing or comes late is made good by the whole text at the end.
/// </summary>
public sealed class TongyiStreamReader : FrameReader
{
    private readonly List<TongyiItem> _items = [];
    private readonly TongyiSlots _slots = new();
    private long _package = -1;
    private string? _stop;
    private bool _isBlocked;
    private bool _started;
    private bool _ended;

    /// <inheritdoc/>
    public override void Read(in SseFrame frame, List<RunEvent> into)
    {
        var data = frame.Data;
        if (_ended || data.IsEmpty || IsIdle(data)) return;
        if (data.SequenceEqual("[DONE]"u8)) End(into);
        else Parse(data, into);
    }

    /// <inheritdoc/>
    public override void End(List<RunEvent> into)
    {
        if (_ended) return;
        if (_stop is not null) Finish(_stop, into);
        else Fail(TongyiErrors.Incomplete, into);
    }

    /// <summary>Reads a body that is no stream but one JSON text: an error, or a whole message.</summary>
    public static void ReadBody(ReadOnlySpan<byte> body, List<RunEvent> into)
    {
        var reader = new TongyiStreamReader();
        if (body.StartsWith("\uFEFF"u8)) body = body[3..];
        reader.Parse(body, into);
        reader.End(into);
    }

    private static bool IsIdle(ReadOnlySpan<byte> data) => data.SequenceEqual("[heartbeat]"u8) || data.SequenceEqual("heartbeat"u8);

    private void Parse(ReadOnlySpan<byte> data, List<RunEvent> into)
    {
        try
        {
            Apply(TongyiFrame.Read(data, _items), data, into);
        }
        catch (JsonException)
        {
            Fail(TongyiErrors.Malformed, into);
        }
    }

    private void Apply(in TongyiFrame frame, ReadOnlySpan<byte> data, List<RunEvent> into)
    {
        var isError = frame.IsError;
        if (!_started && (frame.HasContents || (!frame.Message.IsEmpty && !isError))) Start(frame, into);
        if (_started) ReadItems(frame, data, into);
        if (_slots.AreTooLarge)
        {
            Fail(TongyiErrors.Malformed, into);
            return;
        }

        if (isError)
        {
            Fail(TongyiErrors.Read(JsonText.ReadTolerant(frame.ErrorCode), JsonText.ReadTolerant(frame.ErrorMessage)), into);
            return;
        }

        // Upstream's only sign that it has cut an answer off.
        _isBlocked = frame.IsBlocked && (frame.IsFinished || !frame.Stop.IsEmpty);
        if (frame.IsInterrupted) _stop = TongyiWords.Interrupted;
        else if (!frame.Stop.IsEmpty) _stop = JsonText.ReadTolerant(frame.Stop);
        if (frame.IsFinished) Finish(_stop ?? TongyiWords.Stop, into);
    }

    private void Start(in TongyiFrame frame, List<RunEvent> into)
    {
        _started = true;
        var upstream = new TongyiUpstream(JsonText.ReadTolerant(frame.Session), JsonText.ReadTolerant(frame.Message), TextOf(frame.Parent), TextOf(frame.Trace));
        into.Add(new RunStarted(Upstream: frame.Session.IsEmpty ? null : upstream.ToJson()));
    }

    // A frame without contents says nothing of them: they stay as they are.
    private void ReadItems(in TongyiFrame frame, ReadOnlySpan<byte> data, List<RunEvent> into)
    {
        var (isLate, isKnown) = (frame.Package < _package && !frame.IsFinished, frame.Package <= _package);
        if (frame.Package is { } package) _package = Math.Max(_package, package);
        if (isLate) return;
        foreach (var item in _items)
        {
            // Some peers repeat the question.
            if (!item.HasContent || !(data[item.Role].IsEmpty || data[item.Role].SequenceEqual("assistant"u8))) continue;
            var slot = _slots.Of(item, data);
            if (!(item.Incremental ?? frame.Incremental ?? false)) slot.Follow(item, data, frame.IsFinished, into);
            else if (isKnown) continue;
            else slot.Append(item, data, into);

            // In a frame of pieces "finished" is said of the whole thing. Where every frame has the whole, it is said too soon.
            if (data[item.Status].SequenceEqual("finished"u8) && (item.Incremental is not null || slot.Kind == TongyiSlotKind.Whole)) slot.Finish(into);
        }
    }

    private void Finish(string stop, List<RunEvent> into)
    {
        if (stop == TongyiWords.Error)
        {
            Fail(TongyiErrors.Read("", ""), into);
            return;
        }

        Start(into);
        var finish = _isBlocked ? FinishReason.ContentFilter : stop == "max_tokens" ? FinishReason.Length : new FinishReason(stop);
        var isCut = stop == TongyiWords.Interrupted || finish.IsIncomplete;
        _slots.CloseAll(isCut ? ItemStatus.Incomplete : ItemStatus.Completed, into);
        into.Add(stop == TongyiWords.Interrupted ? new RunCancelled() : new RunCompleted(finish));
        _ended = true;
    }

    private void Start(List<RunEvent> into)
    {
        if (_started) return;
        _started = true;
        into.Add(new RunStarted());
    }

    private void Fail(RunError error, List<RunEvent> into)
    {
        _slots.CloseAll(ItemStatus.Incomplete, into);
        into.Add(new RunFailed(error));
        _ended = true;
    }

    private static string? TextOf(ReadOnlySpan<byte> raw) => raw.IsEmpty ? null : JsonText.ReadTolerant(raw);
}
