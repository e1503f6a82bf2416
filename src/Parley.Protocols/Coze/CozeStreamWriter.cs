using System.Buffers;
using Parley.Protocols.Json;
using Parley.Protocols.Sse;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>
/// Writes a run as a Coze stream: <c>/v3/chat</c> with no space after the colons, and <c>/v1/workflows/chat</c>, which shows no bot and whose
/// <c>done</c> tells where to look, with one. The run's dialect decides.
/// </summary>
public sealed class CozeStreamWriter : FrameWriter
{
    private readonly CozeView _view;
    private readonly RunState _state = new();
    private readonly List<DeltaFrame?> _frames = [];
    private readonly List<int> _reasonings = [];
    private readonly List<int> _cut = [];
    private readonly List<int> _suggestions = [];
    private readonly bool _isChatflow;
    private readonly bool _keepPeerIds;

    /// <param name="run">The run's header.</param>
    /// <param name="keepPeerIds">Shows the ids of the Coze peer that made the run, where it told them, instead of ours.</param>
    public CozeStreamWriter(Run run, bool keepPeerIds = false)
    {
        _view = new CozeView(run, keepPeerIds);
        _keepPeerIds = keepPeerIds;
        _isChatflow = run.Dialect == Protocol.CozeWorkflow;
    }

    /// <inheritdoc/>
    public override RunState State => _state;

    /// <inheritdoc/>
    public override JsonEscaping Escaping => JsonEscaping.Go;

    /// <inheritdoc/>
    public override void Write(in Logged logged, IBufferWriter<byte> into)
    {
        _state.Apply(logged);
        switch (logged.Event)
        {
            case PartDelta delta:
                if (FrameOf(delta.Item, _state.Items[delta.Item].Parts[delta.Part].Kind) is not { } frame) break;
                into.Write(frame.Before);
                JsonText.WriteEscaped(delta.Text, into, JsonEscaping.Go);
                into.Write(frame.After);
                Count++;
                break;
            case RunStarted started:
                _view.Started(started);
                WriteChat(CozeEvents.ChatCreated, _view.ChatWith(RunStatus.Running) with { IsNew = true }, into);
                WriteChat(CozeEvents.ChatInProgress, _view.ChatWith(RunStatus.Running), into);
                break;
            case ItemStarted started:
                Start(started, into);
                break;
            case ItemCompleted completed:
                Complete(_state.Items[completed.Item], into);
                break;
            case Extension { Protocol.Name: "coze" } extension:
                Begin(System.Text.Encoding.UTF8.GetBytes(extension.Name), into);
                into.Write(System.Text.Encoding.UTF8.GetBytes(extension.Json.Text));
                End(into);
                break;
            case RunEnded ended:
                EndRun(ended, into);
                break;
        }
    }

    /// <inheritdoc/>
    public override void Skip(in Logged logged, int deltas, ArrayBufferWriter<byte> scratch)
    {
        _state.Skip(logged, deltas);
        var delta = (PartDelta)logged.Event;
        if (FrameOf(delta.Item, _state.Items[delta.Item].Parts[delta.Part].Kind) is not null) Count += deltas;
    }

    private void Start(ItemStarted started, IBufferWriter<byte> into)
    {
        _frames.Add(null);
        WriteCut(into);
        if (started.Item > 0 && CozeView.IsReasoningOf(_state.Items[started.Item - 1], _state.Items[started.Item])) _reasonings.Remove(started.Item - 1);
        WriteReasonings(into);
        if (started.Head is ReasoningItem) _reasonings.Add(started.Item);
    }

    private void Complete(ItemState item, IBufferWriter<byte> into)
    {
        switch (item.Head)
        {
            case ReasoningItem:
                // It belongs to the message that follows. If something else has followed already, it stands alone.
                if (item.Ordinal + 1 < _state.Items.Count) WriteReasonings(into);
                break;
            case SuggestionItem:
                _suggestions.Add(item.Ordinal);
                break;
            case ToolCallItem { RunBy: RunBy.Client }:
                // Only the end tells whether it is to be executed.
                break;
            case ToolCallItem when item.Status != ItemStatus.Completed:
                break;
            case MessageItem when item.Status != ItemStatus.Completed:
                // "completed" would be a lie if the run fails, and lacking if it goes on.
                _cut.Add(item.Ordinal);
                break;
            default:
                WriteItem(item, into);
                break;
        }
    }

    private void EndRun(RunEnded end, IBufferWriter<byte> into)
    {
        var chat = _view.ChatWith(StatusOf(end), _state.EndedAt, end, _state.Items);
        var isBroken = end is RunFailed or RunCancelled;
        if (isBroken) _reasonings.RemoveAll(reasoning => _state.Items[reasoning].Status != ItemStatus.Completed);
        else WriteCut(into);
        WriteReasonings(into);
        if (end is RunFailed)
        {
            WriteChat(CozeEvents.ChatFailed, chat, into);
            return;
        }

        if (!isBroken)
        {
            foreach (var notice in _view.Notices(end, _state.Items, _state.EndedAt)) WriteMessage(notice, into);
            foreach (var suggestion in _suggestions) WriteItem(_state.Items[suggestion], into);
            WriteChat(end is RunSuspended ? CozeEvents.ChatRequiresAction : CozeEvents.ChatCompleted, chat, into);
        }

        Begin(CozeEvents.Done, into);
        if (_isChatflow)
        {
            // The peer's place is told only where its ids are.
            var url = _view.Rendering.DebugUrl?.Replace("{chat}", _view.Chat, StringComparison.Ordinal).Replace("{conversation}", _view.Conversation, StringComparison.Ordinal)
                ?? (_keepPeerIds ? CozeChatFrames.DebugUrlOf(end.Leftover) : null);
            var line = CozeWriter.Line(into).Object();
            if (url is not null) line.String("debug_url"u8, url);
            line.EndObject();
        }
        else
        {
            into.Write("\"[DONE]\""u8);
        }

        End(into);
    }

    private void WriteReasonings(IBufferWriter<byte> into)
    {
        for (var i = 0; i < _reasonings.Count; i++)
        {
            var item = _state.Items[_reasonings[i]];
            if (item.Status is null) continue;
            WriteMessage(_view.ReasoningAlone(item), into);
            _reasonings.RemoveAt(i--);
        }
    }

    private void WriteCut(IBufferWriter<byte> into)
    {
        foreach (var item in _cut) WriteItem(_state.Items[item], into);
        _cut.Clear();
    }

    private void WriteItem(ItemState item, IBufferWriter<byte> into)
    {
        var reasoning = item.Ordinal > 0 && CozeView.IsReasoningOf(_state.Items[item.Ordinal - 1], item) ? _state.Items[item.Ordinal - 1].Reasoning : "";
        if (_view.MessageOf(item, reasoning) is { } message) WriteMessage(message, into);
        _frames[item.Ordinal] = null;
    }

    private DeltaFrame? FrameOf(int ordinal, PartKind kind)
    {
        if (_frames[ordinal] is { } known && known.Kind == kind) return known;
        var item = _state.Items[ordinal];
        var shown = (item.Head, kind) is (MessageItem, PartKind.Text or PartKind.Refusal or PartKind.Audio)
            or (ReasoningItem, PartKind.ReasoningText or PartKind.ReasoningSummary);
        return shown ? _frames[ordinal] = Build(item, kind) : null;
    }

    // All of a delta frame but its text is the same for each delta: written once, with a mark where the text goes.
    private DeltaFrame Build(ItemState item, PartKind kind)
    {
        const string mark = "\u0001";
        var buffer = new ArrayBufferWriter<byte>(512);
        var blank = _view.Blank(_view.IdOf(item), CozeTypes.Answer);
        if (item.Head is ReasoningItem) blank = blank with { Reasoning = mark };
        else blank = blank with { Content = mark, ContentType = kind == PartKind.Audio ? CozeContentTypes.Audio : CozeContentTypes.Text };
        WriteFrame(kind == PartKind.Audio ? CozeEvents.AudioDelta : CozeEvents.MessageDelta, line => CozeWriter.WriteMessage(blank, line), buffer);
        Count--;

        var frame = buffer.WrittenSpan;
        var at = frame.LastIndexOf("\\u0001"u8);
        return new DeltaFrame(kind, frame[..at].ToArray(), frame[(at + 6)..].ToArray());
    }

    private void WriteMessage(CozeMessage message, IBufferWriter<byte> into)
        => WriteFrame(CozeEvents.MessageCompleted, line => CozeWriter.WriteMessage(message, line), into);

    private void WriteChat(ReadOnlySpan<byte> name, CozeChat chat, IBufferWriter<byte> into)
        => WriteFrame(name, line => CozeWriter.WriteChat(chat, line), into);

    private void WriteFrame(ReadOnlySpan<byte> name, Action<JsonLine> data, IBufferWriter<byte> into)
    {
        Begin(name, into);
        data(CozeWriter.Line(into));
        End(into);
    }

    private void Begin(ReadOnlySpan<byte> name, IBufferWriter<byte> into)
    {
        into.Write(_isChatflow ? "event: "u8 : "event:"u8);
        into.Write(name);
        into.Write(_isChatflow ? "\ndata: "u8 : "\ndata:"u8);
    }

    private void End(IBufferWriter<byte> into)
    {
        into.Write("\n\n"u8);
        Count++;
    }

    private static RunStatus StatusOf(RunEnded end) => end switch
    {
        RunCompleted => RunStatus.Completed,
        RunSuspended => RunStatus.Suspended,
        RunCancelled => RunStatus.Cancelled,
        _ => RunStatus.Failed,
    };

    private sealed record DeltaFrame(PartKind Kind, byte[] Before, byte[] After);
}
