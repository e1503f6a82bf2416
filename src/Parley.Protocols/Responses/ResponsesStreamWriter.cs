using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Parley.Protocols.Json;
using Parley.Protocols.Sse;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>
/// Writes a run as a stream of responses: every event numbered, items and parts opened before they grow and repeated whole at their ends, and
/// <c>[DONE]</c> last. A call that the server ran is one item with its result. Of a delta all but its number and text is written once, before the first.
/// </summary>
public sealed class ResponsesStreamWriter : FrameWriter
{
    private readonly Run _run;
    private readonly bool _keepPeerIds;
    private readonly RunState _state = new();
    private readonly List<Slot> _slots = [];
    private readonly List<int> _held = [];
    private ResponsesView _view;
    private ResponseObject _response;
    private int _shown;
    private bool _begun;

    /// <param name="run">The run's header.</param>
    /// <param name="keepPeerIds">Shows the ids of the peer that made the run, where its reader told them, instead of ours.</param>
    public ResponsesStreamWriter(Run run, bool keepPeerIds = false)
    {
        (_run, _keepPeerIds) = (run, keepPeerIds);
        _view = new ResponsesView(run, keepPeerIds);
        _response = new ResponseObject(run, _view);
    }

    // The number of the next event: a count, as nothing but [DONE] has none.
    private long Number => Count + _view.FirstNumber;

    /// <inheritdoc/>
    public override RunState State => _state;

    /// <inheritdoc/>
    public override void Write(in Logged logged, IBufferWriter<byte> into)
    {
        _state.Apply(logged);
        switch (logged.Event)
        {
            case PartDelta delta:
                if (_slots[delta.Item].Parts[delta.Part] is { } part) WriteDelta(part, delta.Text, into);
                break;
            case RunStarted started:
                Adopt(started);
                Begin(into);
                break;
            case ItemStarted started:
                StartItem(_state.Items[started.Item], into);
                break;
            case PartStarted started:
                StartPart(_state.Items[started.Item], started, into);
                break;
            case PartAnnotated annotated:
                Annotate(annotated, into);
                break;
            case PartCompleted completed:
                EndPart(_state.Items[completed.Item], completed.Part, into);
                break;
            case ItemCompleted completed:
                EndItem(_state.Items[completed.Item], into);
                break;
            case Extension extension when extension.Protocol == Protocol.Responses:
                WriteExtension(extension, into);
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
        if (_slots[delta.Item].Parts[delta.Part] is not null) Count += deltas;
    }

    // Of a peer whose ids are kept the response is kept too.
    private void Adopt(RunStarted started)
    {
        if (!_keepPeerIds || started.Leftover is not { } echo || echo.Protocol != Protocol.Responses) return;
        var run = ResponsesAdoption.Of(_run, started.Upstream, echo.Members);
        _view = new ResponsesView(run, keepPeerIds: true);
        _response = new ResponseObject(run, _view);
    }

    private void Begin(IBufferWriter<byte> into)
    {
        if (_begun) return;
        _begun = true;
        WriteResponse(ResponsesEvents.Created, _response.IsBackground ? "queued" : "in_progress", into);
        if (_response.IsBackground) WriteResponse(ResponsesEvents.Queued, "queued", into);
        WriteResponse(ResponsesEvents.InProgress, "in_progress", into);
    }

    private void StartItem(ItemState item, IBufferWriter<byte> into)
    {
        var slot = new Slot();
        _slots.Add(slot);
        if (!ResponsesItem.IsShown(item.Head)) return;
        slot.Index = _shown++;
        slot.Id = _view.IdOf(item);
        WriteItem(ResponsesEvents.ItemAdded, slot, _view.ShowNew(item), into);
        if (item.Head is ToolCallItem { RunBy: RunBy.Server }) WriteNotice(ResponsesEvents.CallInProgress, slot, into);
    }

    private void StartPart(ItemState item, PartStarted started, IBufferWriter<byte> into)
    {
        var slot = _slots[item.Ordinal];
        var channel = slot.Index < 0 || (started.Kind == PartKind.Data && !ResponsesView.ShowsData(item, started.Part, _state)) ? null : ResponsesChannel.Of(item.Head, started.Kind);
        if (channel is null)
        {
            slot.Parts.Add(null);
            return;
        }

        var part = new Part(channel, channel.Space == ResponsesSpace.Summary ? slot.Summaries++ : slot.Contents++);
        slot.Parts.Add(part);
        Prepare(part, slot);
        if (channel.Space != ResponsesSpace.None) WritePart(part, slot, isDone: false, new Content(ShownKind(started.Kind)), into);
        if (started is { Kind: PartKind.Data, Data: { } data }) WriteDelta(part, data.Text, into);
    }

    private void WriteDelta(Part part, string text, IBufferWriter<byte> into)
    {
        into.Write(part.Head);
        WriteNumber(Number, into);
        into.Write(part.Middle);
        JsonText.WriteEscaped(text, into, JsonEscaping.Minimal);
        into.Write(part.Channel.Kind == PartKind.Text && !_view.IsWorkflow ? "\",\"logprobs\":[]}\n\n"u8 : "\"}\n\n"u8);
        Count++;
    }

    private void Annotate(PartAnnotated annotated, IBufferWriter<byte> into)
    {
        if (_slots[annotated.Item].Parts[annotated.Part] is not { } part) return;
        var note = new ArrayBufferWriter<byte>(256);
        if (!ResponsesContent.WriteAnnotation(new JsonLine(note, JsonEscaping.Minimal), annotated.Annotation)) return;
        var json = Open(ResponsesEvents.AnnotationAdded, into);
        Place(json, _slots[annotated.Item], part).Number("annotation_index"u8, part.Notes++).Name("annotation"u8).Raw(note.WrittenSpan);
        Close(json);
    }

    private void EndPart(ItemState item, int ordinal, IBufferWriter<byte> into)
    {
        var slot = _slots[item.Ordinal];
        if (slot.Parts[ordinal] is not { } part) return;
        var content = item.Parts[ordinal].ToContent();
        var json = Open(part.Channel.DoneName, into);
        Place(json, slot, part).Name(part.Channel.Whole.AsSpan()).String(content.Data?.Text ?? content.Text);
        if (part.Channel.Kind == PartKind.Text && !_view.IsWorkflow) json.Name("logprobs"u8).Array().EndArray();
        if (item.Head is ToolCallItem { RunBy: RunBy.Client, Freeform: false } call) json.String("name"u8, call.Name);
        Close(json);
        if (part.Channel.Space != ResponsesSpace.None) WritePart(part, slot, isDone: true, content, into);
    }

    private void EndItem(ItemState item, IBufferWriter<byte> into)
    {
        if (item.Head is ToolResultItem && item.Within is { } call && _held.Remove(call))
        {
            Release(_state.Items[call], into);
            return;
        }

        var slot = _slots[item.Ordinal];
        if (slot.Index < 0) return;

        // Its result may follow, and is a part of it.
        if (item.Head is ToolCallItem { RunBy: RunBy.Server }) _held.Add(item.Ordinal);
        else WriteItem(ResponsesEvents.ItemDone, slot, _view.Show(item, _state), into);
    }

    private void Release(ItemState item, IBufferWriter<byte> into)
    {
        var slot = _slots[item.Ordinal];
        var shown = _view.Show(item, _state);
        WriteNotice(item.Status == ItemStatus.Completed && shown.Result is not { IsError: true } ? ResponsesEvents.CallCompleted : ResponsesEvents.CallFailed, slot, into);
        WriteItem(ResponsesEvents.ItemDone, slot, shown, into);
    }

    private void EndRun(RunEnded end, IBufferWriter<byte> into)
    {
        Begin(into);
        foreach (var call in _held) Release(_state.Items[call], into);
        switch (end)
        {
            case RunFailed failed:
                if (_view.Rendering.TellsErrors)
                {
                    var json = Open(ResponsesEvents.Error, into);
                    ResponsesErrors.WriteEvent(json, failed.Error);
                    Close(json);
                }

                WriteResponse(ResponsesEvents.Failed, "failed", into);
                break;
            case RunCompleted { Finish.IsIncomplete: true }:
                WriteResponse(ResponsesEvents.Incomplete, "incomplete", into);
                break;
            case RunCompleted or RunSuspended:
                WriteResponse(ResponsesEvents.Completed, "completed", into);
                break;
        }

        // There is no event for a cancelled response: its stream just ends.
        into.Write("data: [DONE]\n\n"u8);
        Count++;
    }

    private void WriteResponse(ReadOnlySpan<byte> name, string status, IBufferWriter<byte> into)
    {
        var json = Open(name, into);
        json.Name("response"u8);
        _response.Write(_state, status, into);
        Close(json);
    }

    private void WriteItem(ReadOnlySpan<byte> name, Slot slot, ResponsesItem item, IBufferWriter<byte> into)
    {
        var json = Open(name, into);
        json.Number("output_index"u8, slot.Index).Name("item"u8);
        item.Write(json);
        Close(json);
    }

    private void WriteNotice(ReadOnlySpan<byte> name, Slot slot, IBufferWriter<byte> into)
    {
        var json = Open(name, into);
        json.String("item_id"u8, slot.Id).Number("output_index"u8, slot.Index);
        Close(json);
    }

    private void WritePart(Part part, Slot slot, bool isDone, Content content, IBufferWriter<byte> into)
    {
        var isSummary = part.Channel.Space == ResponsesSpace.Summary;
        var json = Open(isSummary ? isDone ? ResponsesEvents.SummaryPartDone : ResponsesEvents.SummaryPartAdded : isDone ? ResponsesEvents.PartDone : ResponsesEvents.PartAdded, into);
        Place(json, slot, part).Name("part"u8);
        ResponsesContent.WriteOutputPart(json, content, _view.IsWorkflow);
        Close(json);
    }

    // What of a delta is the same for each.
    private static void Prepare(Part part, Slot slot)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        var json = new JsonLine(buffer, JsonEscaping.Minimal);
        Place(json, slot, part);
        part.Head = Encoding.UTF8.GetBytes($"event: {part.Channel.Delta}\ndata: {{\"type\":\"{part.Channel.Delta}\",\"sequence_number\":");
        part.Middle = [.. ","u8, .. buffer.WrittenSpan, .. ",\"delta\":\""u8];
    }

    // Positions are of this stream, whatever they were in the peer's.
    private void WriteExtension(Extension extension, IBufferWriter<byte> into)
    {
        if (extension.Item is { } of && _slots[of].Index < 0) return;
        var json = Open(Encoding.UTF8.GetBytes(extension.Name), into);
        if (extension.Item is { } item) json.String("item_id"u8, _slots[item].Id).Number("output_index"u8, _slots[item].Index);
        ResponsesItem.WriteMembers(json, extension.Json);
        Close(json);
    }

    private JsonLine Open(ReadOnlySpan<byte> name, IBufferWriter<byte> into)
    {
        into.Write("event: "u8);
        into.Write(name);
        into.Write("\ndata: "u8);
        return new JsonLine(into, JsonEscaping.Minimal).Object().Name("type"u8).String(name).Number("sequence_number"u8, Number);
    }

    private void Close(JsonLine json)
    {
        json.EndObject();
        json.Output.Write("\n\n"u8);
        Count++;
    }

    private static JsonLine Place(JsonLine json, Slot slot, Part part)
    {
        json.String("item_id"u8, slot.Id).Number("output_index"u8, slot.Index);
        return part.Channel.Space == ResponsesSpace.None ? json : json.Number(part.IndexName, part.Index);
    }

    private static PartKind ShownKind(PartKind kind) => kind is PartKind.Data or PartKind.Transcript ? PartKind.Text : kind;

    private static void WriteNumber(long number, IBufferWriter<byte> into)
    {
        Utf8Formatter.TryFormat(number, into.GetSpan(20), out var length);
        into.Advance(length);
    }

    // An item by its ordinal, with its place in the output if it has one.
    private sealed class Slot
    {
        public int Index = -1;
        public string Id = "";
        public int Contents;
        public int Summaries;
        public readonly List<Part?> Parts = [];
    }

    private sealed class Part(ResponsesChannel channel, int index)
    {
        public readonly ResponsesChannel Channel = channel;
        public readonly int Index = index;
        public byte[] Head = [];
        public byte[] Middle = [];
        public int Notes;

        public ReadOnlySpan<byte> IndexName => Channel.Space == ResponsesSpace.Summary ? "summary_index"u8 : "content_index"u8;
    }
}
