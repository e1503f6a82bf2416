using System.Text;
using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Protocols.Text;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>An item of a peer's stream while it is read: its parts by the numbers that the peer gives them, and what of their texts was said.</summary>
internal sealed class ResponsesOpenItem(int ordinal, string id, string type, Item head)
{
    private readonly byte[] _id = Encoding.UTF8.GetBytes(id);
    private readonly List<Part> _parts = [];

    public int Ordinal => ordinal;

    public string Type => type;

    public Item Head { get; private set; } = head;

    /// <summary>True when no more of it comes.</summary>
    public bool IsClosed { get; private set; }

    public ItemStatus Status { get; private set; }

    public bool Is(ReadOnlySpan<byte> written) => written.SequenceEqual(_id);

    /// <summary>More of a part's text, as it stands between its quotes.</summary>
    public void Say(PartKind kind, int index, ReadOnlySpan<byte> escaped, List<RunEvent> into)
    {
        if (IsClosed || escaped.IsEmpty) return;
        var part = Open(kind, index, into);
        if (part.IsClosed) return;
        var text = JsonText.ReadTolerant(escaped, ref part.Half);
        Say(part, text, into);
    }

    /// <summary>A part begins.</summary>
    public Part Open(PartKind kind, int index, List<RunEvent> into)
    {
        foreach (var known in _parts)
            if (known.Kind == kind && known.Index == index) return known;
        var part = new Part(kind, index, _parts.Count);
        _parts.Add(part);
        into.Add(new PartStarted(ordinal, part.Ordinal, kind));
        return part;
    }

    /// <summary>A remark on a part's text.</summary>
    public void Annotate(int index, Annotation note, List<RunEvent> into)
    {
        if (IsClosed || Open(PartKind.Text, index, into) is not { IsClosed: false } part || part.Notes.Contains(note)) return;
        part.Notes.Add(note);
        into.Add(new PartAnnotated(ordinal, part.Ordinal, note));
    }

    /// <summary>A part's text is whole.</summary>
    public void ClosePart(PartKind kind, int index, string? whole, List<RunEvent> into)
    {
        if (IsClosed) return;
        var part = Open(kind, index, into);
        Close(part, whole, into);
    }

    /// <summary>The item has ended; what its object tells and no event did is said now.</summary>
    public void Close(JsonElement item, ItemStatus status, List<RunEvent> into)
    {
        if (IsClosed) return;
        TellContent(item, into);
        var revised = ResponsesHeads.Read(item, type, ordinal);
        var leftover = ResponsesHeads.LeftoverOf(item, revised);
        Close(status, into, revised == Head ? null : revised, leftover);
    }

    /// <summary>The item has ended.</summary>
    public void Close(ItemStatus status, List<RunEvent> into, Item? revised = null, Leftover? leftover = null)
    {
        if (IsClosed) return;
        foreach (var part in _parts) Close(part, null, into);
        (IsClosed, Status, Head) = (true, status, revised ?? Head);
        into.Add(new ItemCompleted(ordinal, status, revised) { Leftover = leftover });
    }

    // The lists of the object: texts are compared with what was said of them, and what was not is said.
    private void TellContent(JsonElement item, List<RunEvent> into)
    {
        if (ResponsesHeads.InputOf(item, Head) is { } input) ClosePart(PartKind.Input, 0, input, into);
        if (Head is ReasoningItem) TellList(item, "summary", isSummary: true, into);
        if (Head is MessageItem or ReasoningItem) TellList(item, "content", isSummary: false, into);
        if (Head is ToolResultItem && item.TryGetProperty("output", out var output)) ClosePart(PartKind.Text, 0, ResponsesHeads.Text(output) ?? output.GetRawText(), into);
    }

    private void TellList(JsonElement item, string name, bool isSummary, List<RunEvent> into)
    {
        if (!item.TryGetProperty(name, out var list) || list.ValueKind != JsonValueKind.Array) return;
        var index = 0;
        foreach (var part in list.EnumerateArray())
        {
            if (KindOf(part, isSummary) is { } kind)
            {
                foreach (var note in ResponsesNotes.Read(part)) Annotate(index, note, into);
                ClosePart(kind, index, TextOf(part, kind), into);
            }

            index++;
        }
    }

    /// <summary>What a part of the wire holds; null if no event can carry it.</summary>
    public static PartKind? KindOf(JsonElement part, bool isSummary) => ResponsesHeads.Text(part, "type") switch
    {
        _ when isSummary => PartKind.ReasoningSummary,
        "output_text" or "text" or "input_text" => PartKind.Text,
        "refusal" => PartKind.Refusal,
        "reasoning_text" => PartKind.ReasoningText,
        _ => null,
    };

    /// <summary>The whole text of a part of the wire.</summary>
    public static string? TextOf(JsonElement part, PartKind kind) => ResponsesHeads.Text(part, kind == PartKind.Refusal ? "refusal" : "text");

    private void Close(Part part, string? whole, List<RunEvent> into)
    {
        if (part.IsClosed) return;
        string? replaced = null;
        if (whole is null)
        {
            if (part.Half != '\0') into.Add(new PartDelta(ordinal, part.Ordinal, JsonText.Replacement));
        }
        else
        {
            replaced = part.Said.Close(whole, out var rest);
            if (rest.Length > 0) into.Add(new PartDelta(ordinal, part.Ordinal, rest));
        }

        part.IsClosed = true;
        into.Add(new PartCompleted(ordinal, part.Ordinal, replaced));
    }

    private void Say(Part part, string text, List<RunEvent> into)
    {
        if (text.Length == 0) return;
        part.Said.Add(text);
        into.Add(new PartDelta(ordinal, part.Ordinal, text));
    }

    internal sealed class Part(PartKind kind, int index, int ordinal)
    {
        public readonly PartKind Kind = kind;
        public readonly int Index = index;
        public readonly int Ordinal = ordinal;
        public readonly SnapshotText Said = new();
        public readonly List<Annotation> Notes = [];
        public char Half;
        public bool IsClosed;
    }
}
