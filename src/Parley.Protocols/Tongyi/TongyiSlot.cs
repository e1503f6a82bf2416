using System.Buffers;
using System.Text;
using Parley.Protocols.Json;
using Parley.Protocols.Text;
using Parley.Runs;

namespace Parley.Protocols.Tongyi;

/// <summary>
/// One slot of a message while it is read. Pieces are appended; a whole text gives what is new in it, and one that is shorter or another than what was
/// said before gives nothing until the end, where it counts.
/// </summary>
internal sealed class TongyiSlot(byte[] id, byte[] type, int index, TongyiSlots all)
{
    private readonly SnapshotText _text = new();
    private readonly StringBuilder _whole = new();
    private string? _code;
    private string? _name;
    private StringBuilder? _replaced;
    private string _held = "";
    private char _half;
    private int _item = -1;
    private bool _isOpen;
    private bool _isDone;

    public TongyiSlotKind Kind { get; } = type.AsSpan() switch
    {
        var word when word.IsEmpty || word.SequenceEqual("text"u8) || word.SequenceEqual("text2image"u8) => TongyiSlotKind.Text,
        var word when word.SequenceEqual("think"u8) => TongyiSlotKind.Thought,
        _ => TongyiSlotKind.Whole,
    };

    public bool Is(ReadOnlySpan<byte> itsId, ReadOnlySpan<byte> itsType, int itsIndex)
        => itsId.SequenceEqual(id) && itsType.SequenceEqual(type) && (id.Length > 0 || itsIndex == index || itsIndex < 0 || index < 0);

    /// <summary>More of it.</summary>
    public void Append(in TongyiItem item, ReadOnlySpan<byte> data, List<RunEvent> into)
    {
        if (Kind == TongyiSlotKind.Whole)
        {
            if (_isDone) return;
            See(item, data);
            Gather(TextOf(item, data));
        }
        else if (TryRead(item, data, out var raw))
        {
            var text = JsonText.ReadTolerant(raw, ref _half);
            if (text.Length == 0) return;
            _replaced?.Append(text);
            Say(text, into);
        }
    }

    /// <summary>All of it, or all that there is so far.</summary>
    public void Follow(in TongyiItem item, ReadOnlySpan<byte> data, bool isLast, List<RunEvent> into)
    {
        if (Kind == TongyiSlotKind.Whole)
        {
            if (_isDone) return;
            See(item, data);
            all.Gather(-_whole.Length);
            _whole.Clear();
            Gather(TextOf(item, data));
            return;
        }

        // Nothing is no text: some end so. And no string is made of the whole to see what is new.
        if (!TryRead(item, data, out var raw)) return;
        var rented = ArrayPool<char>.Shared.Rent(raw.Length + 1);
        Follow(rented.AsSpan(0, JsonText.ReadTolerant(raw, rented)), isLast, into);
        ArrayPool<char>.Shared.Return(rented);
    }

    /// <summary>Its peer says that it is whole.</summary>
    public void Finish(List<RunEvent> into)
    {
        // A text is closed by the end alone: some call it finished in every frame.
        if (Kind != TongyiSlotKind.Text) Close(ItemStatus.Completed, into);
    }

    /// <summary>No more of it comes; what was held back does.</summary>
    public void Close(ItemStatus status, List<RunEvent> into)
    {
        if (Kind == TongyiSlotKind.Whole)
        {
            if (!_isDone && _whole.Length > 0 && status == ItemStatus.Completed) Tell(into);
            return;
        }

        // Of an answer that broke off it is not known whether they were meant.
        if (status != ItemStatus.Completed) _held = "";
        if (_half != '\0' || _held.Length > 0)
        {
            var rest = _half != '\0' ? JsonText.Replacement : _held;
            (_half, _held) = ('\0', "");
            if (_replaced is null) Say(rest, into);
        }

        if (!_isOpen) return;
        into.Add(new PartCompleted(_item, 0, _replaced?.ToString()));
        into.Add(new ItemCompleted(_item, status));
        (_isOpen, _replaced) = (false, null);
    }

    private void Follow(ReadOnlySpan<char> whole, bool isLast, List<RunEvent> into)
    {
        (_half, _held) = ('\0', "");

        // What a peer may take back: a character that is cut in two, and what stands for a text that has not begun.
        var sure = isLast ? whole : Kind == TongyiSlotKind.Text && _item < 0 && whole.SequenceEqual(TongyiWords.Placeholder) ? [] : whole.TrimEnd('\uFFFD');
        var other = _text.Close(sure, out var rest);
        if (other is not null && sure.Length < whole.Length)
        {
            sure = whole;
            other = _text.Close(whole, out rest);
        }

        if (other is null)
        {
            _replaced = null;
            _held = whole[sure.Length..].ToString();
            if (rest.Length > 0) Say(rest, into, isCounted: true);
        }
        else
        {
            // One that is closed cannot be corrected: what was streamed stands.
            _replaced = _isOpen ? new StringBuilder(other) : null;
        }
    }

    private void Say(string text, List<RunEvent> into, bool isCounted = false)
    {
        if (!isCounted) _text.Add(text);
        if (!_isOpen)
        {
            if (Kind == TongyiSlotKind.Text) all.CloseThoughts(ItemStatus.Completed, into);
            (_item, _isOpen) = (all.Next(), true);
            into.Add(new ItemStarted(_item, Kind == TongyiSlotKind.Text ? new MessageItem(Role.Assistant) : new ReasoningItem(), SourceId: id.Length > 0 ? Encoding.UTF8.GetString(id) : null));
            into.Add(new PartStarted(_item, 0, Kind == TongyiSlotKind.Text ? PartKind.Text : PartKind.ReasoningText));
        }

        into.Add(new PartDelta(_item, 0, text));
    }

    private void Gather(string text)
    {
        all.Gather(text.Length);
        _whole.Append(text);
    }

    private bool TryRead(in TongyiItem item, ReadOnlySpan<byte> data, out ReadOnlySpan<byte> raw)
    {
        raw = Kind == TongyiSlotKind.Thought ? TongyiInner.ThoughtIn(data[item.Content], item.IsJson) : item.IsJson ? default : data[item.Content];
        return !raw.IsEmpty;
    }

    private void See(in TongyiItem item, ReadOnlySpan<byte> data)
    {
        if (!data[item.PluginCode].IsEmpty) _code = JsonText.ReadTolerant(data[item.PluginCode]);
        if (!data[item.PluginName].IsEmpty) _name = JsonText.ReadTolerant(data[item.PluginName]);
    }

    private static string TextOf(in TongyiItem item, ReadOnlySpan<byte> data)
        => item.IsJson ? Encoding.UTF8.GetString(data[item.Content]) : JsonText.ReadTolerant(data[item.Content]);

    private void Tell(List<RunEvent> into)
    {
        _isDone = true;
        var word = JsonText.ReadTolerant(type);
        var content = _whole.ToString();
        var sources = word switch
        {
            TongyiWords.ReferenceLink => TongyiInner.SourcesIn(content, "links"),
            TongyiWords.Plugin => TongyiInner.SourcesIn(content, "pluginResult"),
            _ => null,
        };
        Item head = sources is { } found ? new RecallItem(found) : new OpaqueItem(Protocol.Tongyi, word, JsonLine.ToRawJson(json =>
        {
            json.Object().String("content"u8, content);
            if (_code is not null) json.String("pluginCode"u8, _code);
            if (_name is not null) json.String("pluginName"u8, _name);
            json.EndObject();
        }));
        var item = all.Next();
        into.Add(new ItemStarted(item, head, SourceId: id.Length > 0 ? Encoding.UTF8.GetString(id) : null));
        into.Add(new ItemCompleted(item));
    }
}
