using System.Text.Json;
using Parley.Protocols.Sse;

namespace Parley.Protocols.Tongyi;

/// <summary>
/// What the clients of Tongyi rely on: one data line an event; the ids of session, message, question and turn the same in all frames; numbers that grow,
/// from 0, in all frames or in none; the first frame without contents, or the last; items by the message's id, numbered as they appear; a reason to stop
/// in every frame but the first, "null" until the last; one frame that is finished, and has all items whole; and <c>[DONE]</c>, last.
/// </summary>
public sealed class TongyiLaw : FrameLaw
{
    private readonly List<TongyiItem> _items = [];
    private byte[]? _message;
    private byte[]? _session;
    private byte[]? _parent;
    private byte[]? _trace;
    private long? _package;
    private int _slots;
    private Stage _stage;

    private enum Stage
    {
        Begin,
        Open,
        Finished,
        Over,
    }

    /// <inheritdoc/>
    public override string? Check(ReadOnlySpan<byte> lines, out SseFrame frame)
    {
        frame = default;
        if (!lines.StartsWith("data: "u8) || lines.IndexOfAny((byte)'\n', (byte)'\r') >= 0) return "it is not one data line";
        frame = new SseFrame(default, lines[6..]);
        if (_stage == Stage.Over) return "it comes after [DONE]";
        if (frame.Data.SequenceEqual("[DONE]"u8))
        {
            if (_stage != Stage.Finished) return "[DONE] comes before the end";
            _stage = Stage.Over;
            return null;
        }

        if (_stage == Stage.Finished) return "only [DONE] may follow the end";
        try
        {
            return Check(TongyiFrame.Read(frame.Data, _items), frame.Data);
        }
        catch (JsonException)
        {
            return "its data is not a JSON object";
        }
    }

    /// <inheritdoc/>
    public override string? End() => _stage == Stage.Over ? null : "there is no [DONE]";

    private string? Check(in TongyiFrame frame, ReadOnlySpan<byte> data)
    {
        if (CheckIds(frame) is { } rule) return rule;
        if (!frame.IsFinished && !frame.Status.SequenceEqual("generating"u8)) return "it is neither under way nor finished";
        var isFirst = _stage == Stage.Begin && !frame.IsFinished;
        if (isFirst != frame.StopReason.IsEmpty) return isFirst ? "the first frame has a reason to stop" : "it has no reason to stop, which is the end to some";
        if (isFirst && frame.HasContents) return "the first frame has contents";
        if (frame.IsFinished != !frame.StopReason.SequenceEqual("null"u8) && !isFirst) return "its reason to stop is not that of its status";
        if (frame.IsError && !frame.IsFinished) return "an error is not the end";
        _stage = frame.IsFinished ? Stage.Finished : Stage.Open;
        return CheckItems(frame, data);
    }

    private string? CheckIds(in TongyiFrame frame)
    {
        if (_message is null)
        {
            (_message, _session, _parent, _trace) = (frame.Message.ToArray(), frame.Session.ToArray(), frame.Parent.ToArray(), frame.Trace.ToArray());
            if (_message.Length == 0 || _session.Length == 0 || _trace.Length == 0) return "it lacks an id";
            _package = frame.Package;
            return _package is null or 0 ? null : "the first number is not 0";
        }

        if (!frame.Message.SequenceEqual(_message) || !frame.Session.SequenceEqual(_session) || !frame.Parent.SequenceEqual(_parent) || !frame.Trace.SequenceEqual(_trace)) return "it has other ids than the first";
        if (frame.Package is null != _package is null) return "not all frames have a number";
        if (frame.Package <= _package) return "its number does not grow";
        _package = frame.Package;
        return null;
    }

    private string? CheckItems(in TongyiFrame frame, ReadOnlySpan<byte> data)
    {
        foreach (var item in _items)
        {
            var id = data[item.Id];
            if (!id.StartsWith(_message) || id.Length < _message!.Length + 2 || id[_message.Length] != '_'
                || !System.Buffers.Text.Utf8Parser.TryParse(id[(_message.Length + 1)..], out int number, out _)) return "an item's id is not made of the message's";
            if (number > _slots) return "an item is numbered out of order";
            if (number == _slots) _slots++;
            if (!data[item.Role].SequenceEqual("assistant"u8)) return "an item is not the assistant's";
            if (_package is null != item.Incremental is null) return "an item is of another dialect than the frame";
            if (frame.IsFinished && (item.Incremental == true || !data[item.Status].SequenceEqual("finished"u8))) return "an item is not whole at the end";
        }

        return frame.IsFinished && !frame.IsError && _items.Count < _slots ? "an item is missing at the end" : null;
    }
}
