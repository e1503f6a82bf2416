using System.Buffers;
using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Protocols.Sse;
using Parley.Runs;

namespace Parley.Protocols.Tongyi;

/// <summary>
/// Writes a run as a Tongyi stream, in pieces or with the whole text in every frame, as its rendering says. What this protocol has no word for
/// (actions, calls, suggestions, the borders of messages, usage) is left out.
/// </summary>
public sealed class TongyiStreamWriter : FrameWriter
{
    // In the dialect that repeats the whole text, a frame brings at least one part in so many of it that is new: all frames together are then at most so
    // many times as long as the text. It is a rule of the text alone, never of time, so that frame N is the same for every reader.
    // The longer the text, the larger that part: a long answer is then repeated a few times only.
    private static long GrowthOf(long said) => said <= 64 * 1024 ? 64 : said <= 1024 * 1024 ? 8 : 2;

    private static readonly byte[] Done = [.. "data: [DONE]\n\n"u8];

    private readonly TongyiRendering _rendering;
    private readonly TongyiFrames _frames;
    private readonly RunState _state = new();
    private readonly List<TongyiWriterSlot> _slots = [];
    private readonly Dictionary<int, TongyiWriterSlot> _thoughts = [];
    private readonly ArrayBufferWriter<byte> _scratch = new(256);
    private TongyiWriterSlot? _answer;
    private TongyiWriterSlot? _last;
    private RawJson? _data;
    private long _said;
    private long _unsent;

    /// <param name="run">The run's header.</param>
    /// <param name="keepPeerIds">Shows the ids of the Tongyi peer that made the run, where it told them, instead of ours.</param>
    public TongyiStreamWriter(Run run, bool keepPeerIds = false)
    {
        _rendering = TongyiRendering.Of(run);
        _frames = new TongyiFrames(run, _rendering, keepPeerIds ? TongyiUpstream.Of(run.Upstream) : null);
    }

    /// <inheritdoc/>
    public override RunState? State => _rendering.IsCumulative ? null : _state;

    /// <inheritdoc/>
    public override bool MaySkip => !_rendering.IsCumulative;

    /// <inheritdoc/>
    public override void ContinueAfter(long count)
    {
        base.ContinueAfter(count);
        _frames.ContinueAfter(count);
    }

    /// <inheritdoc/>
    public override void Write(in Logged logged, IBufferWriter<byte> into)
    {
        // A frame that repeats everything tells no order: what one slot has said comes before what another says then.
        if (_unsent > 0 && logged.Event is PartDelta then && IsShown(then) && Find(then.Item) != _last) WriteSoFar(into);
        _state.Apply(logged);
        switch (logged.Event)
        {
            case PartDelta delta:
                if (SlotOf(delta) is { } slot && slot.MaySpeak(delta.Item, delta.Part, out var between)) Say(slot, between, delta.Text, into);
                break;
            case RunStarted:
                _frames.WriteFirst(into);
                Count++;
                break;
            case PartStarted { Kind: PartKind.Data } started:
                _data = started.Data ?? _data;
                break;
            case PartCompleted completed:
                Complete(completed, into);
                break;
            case ItemCompleted completed:
                Complete(_state.Items[completed.Item], into);
                break;
            case RunEnded ended:
                End(ended, into);
                break;
        }
    }

    /// <inheritdoc/>
    public override void Skip(in Logged logged, int deltas, ArrayBufferWriter<byte> scratch)
    {
        _state.Skip(logged, deltas);
        var delta = (PartDelta)logged.Event;
        if (SlotOf(delta) is not { } slot || !slot.MaySpeak(delta.Item, delta.Part, out _)) return;
        _frames.SkipPieces(deltas);
        Count += deltas;
    }

    // The slot in which a delta is shown; null if it is not.
    private TongyiWriterSlot? SlotOf(PartDelta delta)
    {
        if (!IsShown(delta)) return null;
        if (Find(delta.Item) is { } known) return known;
        return _state.Items[delta.Item].Head is MessageItem ? _answer = NewSlot(TongyiWords.Text) : _thoughts[delta.Item] = NewSlot(TongyiWords.Think);
    }

    private TongyiWriterSlot? Find(int item) => _state.Items[item].Head is MessageItem ? _answer : _thoughts.GetValueOrDefault(item);

    private bool IsShown(PartDelta delta) => (_state.Items[delta.Item].Head, _state.Items[delta.Item].Parts[delta.Part].Kind)
        is (MessageItem, PartKind.Text or PartKind.Refusal) or (ReasoningItem, PartKind.ReasoningText or PartKind.ReasoningSummary);

    private TongyiWriterSlot NewSlot(string type, string? whole = null, string? code = null, string? name = null)
    {
        var number = _slots.Count;
        var slot = new TongyiWriterSlot(number, type, _frames.IdOf(number), whole is null ? _frames.AfterPiece(number, type) : []) { Whole = whole, PluginCode = code, PluginName = name, IsFinished = whole is not null };
        _slots.Add(slot);
        return slot;
    }

    private void Say(TongyiWriterSlot slot, string between, string text, IBufferWriter<byte> into)
    {
        if (_rendering.IsCumulative)
        {
            _said += between.Length + text.Length;
            _unsent += between.Length + text.Length;
            _last = slot;
            if (_unsent * GrowthOf(_said) >= _said) WriteSoFar(into);
            return;
        }

        _frames.BeginPiece(into);
        if (slot.IsThought)
        {
            TongyiInner.WriteThought(text, _scratch, into);
        }
        else
        {
            JsonText.WriteEscaped(between, into, JsonEscaping.Minimal);
            JsonText.WriteEscaped(text, into, JsonEscaping.Minimal);
        }

        _frames.EndPiece(slot.AfterPiece, into);
        Count++;
    }

    private void Complete(PartCompleted completed, IBufferWriter<byte> into)
    {
        var slot = Find(completed.Item);
        if (slot is null) return;
        var (item, part) = (completed.Item, completed.Part);
        while (slot.TryNext(item, part, out var next, out var between))
        {
            Say(slot, between, next.In(_state), into);
            (item, part) = (next.Item, next.Part);
            if (!_state.Items[item].Parts[part].IsCompleted) break;
        }

        // There may be a pause.
        if (_unsent > 0) WriteSoFar(into);
    }

    private void Complete(ItemState item, IBufferWriter<byte> into)
    {
        switch (item.Head)
        {
            case ReasoningItem when _thoughts.TryGetValue(item.Ordinal, out var thought):
                thought.IsFinished = true;
                WriteWhole(thought, into);
                break;
            case RecallItem { Sources.Count: > 0 } recall:
                var isSearch = recall.Sources.Any(source => source.Text is not null);
                WriteWhole(NewSlot(isSearch ? TongyiWords.Plugin : TongyiWords.ReferenceLink, TongyiInner.OfSources(recall.Sources, isSearch), isSearch ? TongyiWords.SearchCode : null, isSearch ? TongyiWords.SearchName : null), into);
                break;
            case OpaqueItem opaque when opaque.Protocol == Protocol.Tongyi:
                var members = JsonElement.Parse(opaque.Members.Text);
                WriteWhole(NewSlot(opaque.Type, TongyiInner.TextOf(members, "content") ?? "", TongyiInner.TextOf(members, "pluginCode"), TongyiInner.TextOf(members, "pluginName")), into);
                break;
        }
    }

    private void WriteWhole(TongyiWriterSlot slot, IBufferWriter<byte> into)
    {
        if (_rendering.IsCumulative)
        {
            WriteSoFar(into);
            return;
        }

        _frames.BeginWhole(isBlocked: false, into);
        WriteContents([slot], isOver: false, into);
        _frames.EndWhole(stop: null, error: null, into);
        Count++;
    }

    private void WriteSoFar(IBufferWriter<byte> into)
    {
        _unsent = 0;
        _frames.BeginWhole(isBlocked: false, into);
        WriteContents(_slots, isOver: false, into);
        _frames.EndWhole(stop: null, error: null, into);
        Count++;
    }

    private void End(RunEnded end, IBufferWriter<byte> into)
    {
        foreach (var slot in _slots) slot.End();
        if (_answer is null && _data is { } data && end is RunCompleted or RunSuspended) _answer = NewSlot(TongyiWords.Text, data.Text);
        var error = ErrorOf(end);

        // No success is without contents: some clients look no further than the first.
        if (_slots.Count == 0 && error is null && end is RunCompleted) NewSlot(TongyiWords.Text, "");
        var finish = (end as RunCompleted)?.Finish;
        _frames.BeginWhole(finish == FinishReason.ContentFilter, into);
        if (_slots.Count > 0) WriteContents(_slots, isOver: true, into);
        _frames.EndWhole(error is not null ? TongyiWords.Error : end is RunCancelled ? TongyiWords.Interrupted : finish?.Value ?? TongyiWords.Stop, error, into);
        into.Write(Done);
        Count += 2;
    }

    // What a question asks has been said. Whatever else is waited for cannot be told.
    private RunError? ErrorOf(RunEnded end) => end switch
    {
        RunFailed failed => failed.Error,
        RunSuspended when _answer is null => new RunError(ErrorSide.Agent, ErrorCause.Rejected, "The agent waits for an action that cannot be told here.", true, TongyiErrors.ActionRequired),
        _ => null,
    };

    private void WriteContents(List<TongyiWriterSlot> slots, bool isOver, IBufferWriter<byte> into)
    {
        into.Write("\"contents\":["u8);
        for (var i = 0; i < slots.Count; i++)
        {
            if (i > 0) into.Write(","u8);
            slots[i].Write(_state, _rendering.IsCumulative, isOver, _scratch, into);
        }

        into.Write("],"u8);
    }
}
