using System.Buffers;
using Parley.Protocols.Json;
using Parley.Protocols.Text;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>
/// One Coze message of type <c>answer</c> while it streams: at most one open reasoning item, and the message item. Coze has both in one message
/// and tells neither where one ends.
/// </summary>
internal sealed class CozeAnswer(byte[] id, string sourceId)
{
    private readonly Streamed _reasoning = new();
    private readonly Streamed _message = new();
    private bool _reasonedTwice;

    /// <summary>The message's id at the peer, raw.</summary>
    public ReadOnlySpan<byte> Id => id;

    /// <summary>The ordinal of the message item; negative if there is none yet.</summary>
    public int Message => _message.Item;

    public void AddReasoning(ReadOnlySpan<byte> raw, CozeOrdinals ordinals, List<RunEvent> into)
    {
        if (_reasoning.IsClosed)
        {
            // More of it after the answer began: another item, and no single text to compare the whole with.
            _reasoning.Reopen();
            _reasonedTwice = true;
        }

        if (_reasoning.Item < 0) _reasoning.Open(new ReasoningItem(), PartKind.ReasoningText, sourceId, ordinals, into);
        _reasoning.Add(raw, into);
    }

    public void AddText(ReadOnlySpan<byte> raw, Role role, CozeOrdinals ordinals, List<RunEvent> into)
    {
        _reasoning.Close(ItemStatus.Completed, into);
        if (_message.Item < 0) _message.Open(new MessageItem(role), PartKind.Text, sourceId, ordinals, into);
        _message.Add(raw, into);
    }

    /// <summary>The message has ended, and tells both texts whole.</summary>
    public void Complete(in CozeFrame frame, Role role, Leftover? leftover, CozeOrdinals ordinals, List<RunEvent> into)
    {
        if (!frame.Reasoning.IsEmpty && !_reasonedTwice)
        {
            if (_reasoning.IsClosed || _reasoning.IsOpen) _reasoning.CloseWith(frame.Reasoning, into);
            else _reasoning.AddWhole(JsonText.ReadTolerant(frame.Reasoning), new ReasoningItem(), PartKind.ReasoningText, sourceId, ordinals, into);
        }

        _reasoning.Close(ItemStatus.Completed, into);
        if (frame.ContentType.SequenceEqual("object_string"u8) && CozeContent.ReadPeer(JsonText.ReadTolerant(frame.Content)) is { } parts)
        {
            var text = string.Concat(parts.Where(part => part.Kind == PartKind.Text).Select(part => part.Text));
            if (!_message.IsOpen) _message.AddWhole(text, new MessageItem(role), PartKind.Text, sourceId, ordinals, into);
            else if (text.Length > 0) _message.CloseWith(text, into);
            else _message.ClosePart(into);
            foreach (var part in parts)
                if (part.Kind == PartKind.Media) _message.AddMedia(part, into);
        }
        else if (_message.IsOpen)
        {
            if (frame.Content.IsEmpty) _message.ClosePart(into);
            else _message.CloseWith(frame.Content, into);
        }
        else
        {
            // Only thoughts and no answer: no message was said.
            if (frame.Content.IsEmpty && _reasoning.IsClosed) return;
            _message.AddWhole(JsonText.ReadTolerant(frame.Content), new MessageItem(role), PartKind.Text, sourceId, ordinals, into);
        }

        _message.Close(ItemStatus.Completed, into, leftover);
    }

    /// <summary>The stream has ended before the message did.</summary>
    public void Flush(ItemStatus status, List<RunEvent> into)
    {
        _reasoning.Close(status, into);
        _message.Close(status, into);
    }

    /// <summary>An item with one streamed part, and what was streamed of it.</summary>
    private sealed class Streamed
    {
        private SnapshotText _text = new();
        private int _parts;
        private bool _partIsOpen;
        private char _half;

        public int Item { get; private set; } = -1;

        public bool IsOpen => Item >= 0 && !IsClosed;

        public bool IsClosed { get; private set; }

        public void Reopen() => (_text, _parts, Item, IsClosed) = (new(), 0, -1, false);

        public void Open(Item head, PartKind kind, string sourceId, CozeOrdinals ordinals, List<RunEvent> into)
        {
            Item = ordinals.Next();
            into.Add(new ItemStarted(Item, head, SourceId: sourceId));
            OpenPart(kind, into);
        }

        public void Add(ReadOnlySpan<byte> raw, List<RunEvent> into)
        {
            var text = JsonText.ReadTolerant(raw, ref _half);
            if (text.Length > 0) Emit(text, into);
        }

        public void AddWhole(string text, Item head, PartKind kind, string sourceId, CozeOrdinals ordinals, List<RunEvent> into)
        {
            Item = ordinals.Next();
            into.Add(new ItemStarted(Item, head, SourceId: sourceId));
            if (text.Length == 0) return;
            OpenPart(kind, into);
            Emit(text, into);
            ClosePart(into);
        }

        public void AddMedia(Content media, List<RunEvent> into)
        {
            into.Add(new PartStarted(Item, _parts, PartKind.Media, media.Media));
            into.Add(new PartCompleted(Item, _parts++));
        }

        // The whole is usually what was streamed, and long: no string is made of it to see that.
        public void CloseWith(ReadOnlySpan<byte> raw, List<RunEvent> into)
        {
            var rented = ArrayPool<char>.Shared.Rent(raw.Length);
            CloseWith(rented.AsSpan(0, JsonText.ReadTolerant(raw, rented)), into);
            ArrayPool<char>.Shared.Return(rented);
        }

        // A closed item, reasoning before an answer, cannot take the rest any more: the deltas stand.
        public void CloseWith(ReadOnlySpan<char> whole, List<RunEvent> into)
        {
            if (!IsOpen || !_partIsOpen) return;
            EmitHalf(into);
            var replaced = _text.Close(whole, out var rest);
            if (rest.Length > 0) into.Add(new PartDelta(Item, _parts - 1, rest));
            into.Add(new PartCompleted(Item, _parts - 1, replaced));
            _partIsOpen = false;
        }

        public void ClosePart(List<RunEvent> into)
        {
            if (!_partIsOpen) return;
            EmitHalf(into);
            into.Add(new PartCompleted(Item, _parts - 1));
            _partIsOpen = false;
        }

        public void Close(ItemStatus status, List<RunEvent> into, Leftover? leftover = null)
        {
            if (!IsOpen) return;
            ClosePart(into);
            into.Add(new ItemCompleted(Item, status) { Leftover = leftover });
            IsClosed = true;
        }

        private void OpenPart(PartKind kind, List<RunEvent> into)
        {
            into.Add(new PartStarted(Item, _parts++, kind));
            _partIsOpen = true;
        }

        private void Emit(string text, List<RunEvent> into)
        {
            _text.Add(text);
            into.Add(new PartDelta(Item, _parts - 1, text));
        }

        private void EmitHalf(List<RunEvent> into)
        {
            if (_half == '\0') return;
            _half = '\0';
            Emit(JsonText.Replacement, into);
        }
    }
}

/// <summary>Numbers the items of a run.</summary>
internal sealed class CozeOrdinals
{
    private int _next;

    public int Next() => _next++;
}
