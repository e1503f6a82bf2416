using System.Text;

namespace Parley.Runs;

/// <summary>
/// The fold of a run's events: what is known after the last of them. Writers, polling answers and the store all read this and
/// nothing else. Not safe for concurrent use.
/// </summary>
public sealed class RunState
{
    private readonly List<ItemState> _items = [];
    private readonly List<LeftText> _left = [];
    private long _room = long.MaxValue;
    private bool _isLimited;

    /// <summary>The items so far, by ordinal.</summary>
    public IReadOnlyList<ItemState> Items => _items;

    /// <summary>The texts that were not kept, by number. Where they would stand there is a mark, <see cref="LeftText.MarkOf"/>.</summary>
    public IReadOnlyList<LeftText> Left => _left;

    /// <summary>The model, once the run has started and if the agent said it.</summary>
    public string? Model { get; private set; }

    /// <summary>The peer's handles, once the run has started; the end may tell others.</summary>
    public RawJson? Upstream { get; private set; }

    /// <summary>True once the agent has accepted the request.</summary>
    public bool Started { get; private set; }

    /// <summary>When the agent accepted the request.</summary>
    public DateTimeOffset StartedAt { get; private set; }

    /// <summary>When the first piece of an answer was said, if one was.</summary>
    public DateTimeOffset? FirstTextAt { get; private set; }

    /// <summary>The terminal event, once there is one.</summary>
    public RunEnded? End { get; private set; }

    /// <summary>When the run ended.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>The number of events applied.</summary>
    public long Count { get; private set; }

    /// <summary>
    /// Keeps so many characters of text at most, for one who can read the others from the run's log again. To be called before the first event.
    /// </summary>
    public void Limit(long characters) => (_room, _isLimited) = (characters, true);

    /// <summary>True if the text of this part may be left to the log: what it is used for is to be shown as it is.</summary>
    public bool MayLeave(int item, int part) => _isLimited && _items[item].PartList[part].MayBeLeft;

    /// <summary>Applies a logged event; <paramref name="count"/> deltas may be given as one.</summary>
    public void Apply(in Logged logged, int count = 1) => Apply(logged.Event, logged.At, count);

    /// <summary>Applies deltas whose text, where it may be left, is left, so that they need not have it.</summary>
    public void Skip(in Logged logged, int count)
    {
        var delta = (PartDelta)logged.Event;
        var part = _items[delta.Item].PartList[delta.Part];
        if (MayLeave(delta.Item, delta.Part) && !part.IsLeft) Leave(delta.Item, delta.Part, part.First);
        Apply(logged, count);
    }

    /// <summary>Applies the next event. The events must follow the grammar that the runner enforces.</summary>
    public void Apply(RunEvent @event, DateTimeOffset at, int count = 1)
    {
        var sequence = Count;
        Count += count;
        switch (@event)
        {
            case PartDelta delta:
                var item = _items[delta.Item];
                if (FirstTextAt is null && item.Head is MessageItem) FirstTextAt = at;
                if (Keeps(delta)) item.PartList[delta.Part].Append(delta.Text);
                break;
            case RunStarted started:
                (Started, StartedAt, Model, Upstream) = (true, at, started.Model, started.Upstream);
                break;
            case ItemStarted started:
                _items.Add(new ItemState(started, at));
                break;
            case ItemCompleted completed:
                _items[completed.Item].Complete(completed, at);
                break;
            case PartStarted started:
                _items[started.Item].PartList.Add(new PartState(started, sequence));
                break;
            case PartAnnotated annotated:
                _items[annotated.Item].PartList[annotated.Part].Annotate(annotated.Annotation);
                break;
            case PartCompleted completed:
                Complete(completed, sequence);
                break;
            case RunEnded ended:
                (End, EndedAt) = (ended, at);
                if (ended is RunCompleted { Upstream: { } last }) Upstream = last;
                break;
        }
    }

    private bool Keeps(PartDelta delta)
    {
        if (!_isLimited) return true;
        var part = _items[delta.Item].PartList[delta.Part];
        if (!part.MayBeLeft) return true;
        if (part.IsLeft) return false;
        if (delta.Text.Length <= _room && !delta.Text.Contains(LeftText.Sign))
        {
            _room -= delta.Text.Length;
            return true;
        }

        Leave(delta.Item, delta.Part, part.First);
        return false;
    }

    private void Complete(PartCompleted completed, long sequence)
    {
        var part = _items[completed.Item].PartList[completed.Part];
        var streamed = part.KeptLength;
        part.Complete(completed.Text);
        if (completed.Text is not { } text || !MayLeave(completed.Item, completed.Part)) return;
        _room += streamed;
        if (text.Length > _room || text.Contains(LeftText.Sign)) Leave(completed.Item, completed.Part, sequence);
        else _room -= text.Length;
    }

    private void Leave(int item, int part, long first)
    {
        var state = _items[item].PartList[part];
        _room += state.KeptLength;
        state.Leave(LeftText.MarkOf(_left.Count));
        _left.Add(new LeftText(item, part, first));
    }
}

/// <summary>An item so far.</summary>
public sealed class ItemState
{
    internal ItemState(ItemStarted started, DateTimeOffset at)
    {
        (Ordinal, Head, Id, Within, By, SourceId, Leftover) = (started.Item, started.Head, started.Id, started.Within, started.By, started.SourceId, started.Leftover);
        StartedAt = at;
    }

    /// <summary>Its ordinal.</summary>
    public int Ordinal { get; }

    /// <summary>What it is, revised where its end said so.</summary>
    public Item Head { get; private set; }

    /// <summary>Its id.</summary>
    public Id Id { get; }

    /// <summary>The item it belongs to.</summary>
    public int? Within { get; }

    /// <summary>The inner agent that made it.</summary>
    public AgentRef? By { get; }

    /// <summary>An upstream's id of it.</summary>
    public string? SourceId { get; }

    /// <summary>What its reader did not know.</summary>
    public Leftover? Leftover { get; private set; }

    /// <summary>When it started.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>When it ended; null while it is open.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>How it ended; null while it is open.</summary>
    public ItemStatus? Status { get; private set; }

    /// <summary>Its parts so far.</summary>
    public IReadOnlyList<PartState> Parts => PartList;

    /// <summary>Its text and refusal parts so far, joined: what was streamed, or what replaced it.</summary>
    public string Text => Join(PartKind.Text, PartKind.Refusal);

    /// <summary>Its reasoning so far, raw and summarised, joined.</summary>
    public string Reasoning => Join(PartKind.ReasoningText, PartKind.ReasoningSummary);

    /// <summary>The arguments of a call so far.</summary>
    public string Input => Join(PartKind.Input, PartKind.Input);

    internal List<PartState> PartList { get; } = [];

    /// <summary>Its parts as stored content.</summary>
    public ValueList<Content> ToContent() => PartList.Select(part => part.ToContent()).ToValueList();

    internal void Complete(ItemCompleted completed, DateTimeOffset at)
    {
        (Status, EndedAt) = (completed.Status, at);
        if (completed.Revised is not null) Head = completed.Revised;
        if (completed.Leftover is not null) Leftover = completed.Leftover;
    }

    private string Join(PartKind kind, PartKind orKind)
    {
        string? only = null;
        StringBuilder? all = null;
        foreach (var part in PartList)
        {
            if (part.Kind != kind && part.Kind != orKind) continue;
            if (only is null) only = part.Text;
            else (all ??= new StringBuilder(only)).Append(part.Text);
        }

        return all?.ToString() ?? only ?? "";
    }
}

/// <summary>A content part so far.</summary>
public sealed class PartState
{
    private readonly Media? _media;
    private readonly RawJson? _data;
    private readonly List<string>? _audio;
    private List<Annotation>? _notes;
    private StringBuilder? _streamed;
    private string? _text;

    internal PartState(PartStarted started, long sequence)
    {
        (Kind, First, _media, _data) = (started.Kind, sequence, started.Media, started.Data);
        if (Kind == PartKind.Audio) _audio = [];
    }

    /// <summary>What it holds.</summary>
    public PartKind Kind { get; }

    /// <summary>The file, for media.</summary>
    public Media? Media => _media;

    /// <summary>JSON for programs.</summary>
    public RawJson? Data => _data;

    /// <summary>True when no more comes.</summary>
    public bool IsCompleted { get; private set; }

    /// <summary>True if the authoritative text is another than what was streamed.</summary>
    public bool TextDiffers { get; private set; }

    /// <summary>Remarks on the text.</summary>
    public IReadOnlyList<Annotation> Notes => _notes ?? [];

    /// <summary>The text: the authoritative one if the end gave one, else the sum of the deltas.</summary>
    public string Text => _text ??= _audio is null ? _streamed?.ToString() ?? "" : JoinBase64(_audio);

    /// <summary>The part as stored content.</summary>
    public Content ToContent() => new(Kind, Text, _media, _data, Notes.ToValueList());

    /// <summary>The sequence of the event that began it.</summary>
    internal long First { get; }

    /// <summary>True if its text is shown as it is and used for nothing else.</summary>
    internal bool MayBeLeft => Kind is PartKind.Text or PartKind.Refusal or PartKind.ReasoningText or PartKind.ReasoningSummary;

    /// <summary>True if its text is left to the log.</summary>
    internal bool IsLeft { get; private set; }

    /// <summary>How many characters of it were streamed and are kept.</summary>
    internal int KeptLength => _streamed?.Length ?? 0;

    internal void Leave(string mark) => (_streamed, _text, IsLeft) = (null, mark, true);

    internal void Append(string text)
    {
        _text = null;
        if (_audio is not null) _audio.Add(text);
        else (_streamed ??= new StringBuilder()).Append(text);
    }

    internal void Annotate(Annotation annotation) => (_notes ??= []).Add(annotation);

    internal void Complete(string? replaced)
    {
        IsCompleted = true;
        if (replaced is null) return;
        _text = replaced;
        TextDiffers = true;
        IsLeft = false;
        _streamed = null;
    }

    // Each delta of audio is base64 with its own padding: decode before joining.
    private static string JoinBase64(List<string> pieces)
    {
        if (pieces.Count == 1) return pieces[0];
        using var all = new MemoryStream();
        foreach (var piece in pieces)
        {
            var buffer = new byte[piece.Length];
            if (Convert.TryFromBase64String(piece, buffer, out var length)) all.Write(buffer, 0, length);
        }

        return Convert.ToBase64String(all.GetBuffer(), 0, (int)all.Length);
    }
}
