using System.Buffers;
using System.Globalization;
using System.Text;
using Parley.Protocols.Json;
using Parley.Protocols.Sse;
using Parley.Runs;

namespace Parley.Protocols.DashScope;

/// <summary>
/// Writes a run as a stream of DashScope, its texts in pieces: of a model, or of an application, which has no word for tool calls. What neither has
/// a word for (actions, calls that the server made, suggestions, refusals, notes within a text, the borders of messages) is left out.
/// </summary>
public sealed class DashScopeWriter : FrameWriter
{
    private readonly DashScopeShape _shape;
    private readonly List<Item> _items = [];
    private int _calls;
    private int _lastSpoken = -1;
    private RawJson? _data;

    /// <param name="run">The header of the run.</param>
    /// <param name="isApp">Writes it as an application's.</param>
    /// <param name="keepPeerIds">Shows the peer's own name of the call and its session, where its reader told them, instead of ours.</param>
    public DashScopeWriter(Run run, bool isApp, bool keepPeerIds = false) => _shape = DashScopeShape.Of(run, isApp, keepPeerIds);

    /// <inheritdoc/>
    public override void Write(in Logged logged, IBufferWriter<byte> into)
    {
        switch (logged.Event)
        {
            case PartDelta delta:
                WriteDelta(delta, into);
                break;
            case ItemStarted started:
                WriteItem(started, into);
                break;
            case PartStarted started:
                _items[started.Item].Parts.Add(started.Kind);
                if (started.Kind == PartKind.Data) _data = started.Data ?? _data;
                break;
            case RunFailed failed:
                WriteError(failed.Error, into);
                break;
            case RunCancelled:
                WriteError(new RunError(ErrorSide.Server, ErrorCause.Cancelled, "The run was cancelled.", true), into);
                break;
            case RunEnded ended:
                if (_lastSpoken < 0 && _calls == 0 && _data is { } data) WriteText(data.Text, into);
                Open(200, into);
                WriteAnswer(into, "", DashScopeFinish.Write(ended), ended.Usage);
                into.Write("\n\n"u8);
                break;
        }
    }

    /// <inheritdoc/>
    public override void Skip(in Logged logged, int deltas, ArrayBufferWriter<byte> scratch)
        => base.Skip(logged with { Event = (PartDelta)logged.Event with { Text = "" } }, deltas, scratch);

    private void WriteItem(ItemStarted started, IBufferWriter<byte> into)
    {
        var item = new Item { Head = started.Head };
        _items.Add(item);
        if (started.Head is RecallItem recall)
        {
            Open(200, into);
            _shape.WriteFound(into, recall.Sources);
            into.Write("\n\n"u8);
        }

        if (_shape.IsApp || started.Head is not ToolCallItem { RunBy: RunBy.Client } call) return;
        item.Call = _calls++;
        WriteCall(json => json.Number("index"u8, item.Call).String("id"u8, call.CallId).String("type"u8, "function").Name("function"u8).Object().String("name"u8, call.Name).String("arguments"u8, "").EndObject(), into);
    }

    private void WriteDelta(PartDelta delta, IBufferWriter<byte> into)
    {
        var item = _items[delta.Item];
        switch (item.Head, item.Parts[delta.Part])
        {
            case (MessageItem, PartKind.Text or PartKind.Refusal):
                // As between the items of a stored conversation.
                if (_lastSpoken >= 0 && _lastSpoken != delta.Item) WriteText("\n\n", into);
                _lastSpoken = delta.Item;
                WriteText(delta.Text, into);
                break;
            case (ReasoningItem, _):
                WriteReasoning(delta.Text, into);
                break;
            case (ToolCallItem { RunBy: RunBy.Client }, PartKind.Input) when !_shape.IsApp:
                WriteCall(json => json.Number("index"u8, item.Call).String("id"u8, "").String("type"u8, "function").Name("function"u8).Object().String("arguments"u8, delta.Text).EndObject(), into);
                break;
        }
    }

    private void WriteText(string text, IBufferWriter<byte> into)
    {
        Open(200, into);
        into.Write(_shape.BeforeText);
        JsonText.WriteEscaped(text, into, JsonEscaping.Minimal);
        into.Write(_shape.AfterText);
        into.Write("\n\n"u8);
    }

    private void WriteReasoning(string text, IBufferWriter<byte> into)
    {
        Open(200, into);
        var json = _shape.Begin(into);
        if (_shape.IsApp)
        {
            DashScopeShape.WriteThought(json, text);
            _shape.End(json.String("text"u8, ""), DashScopeFinish.None, null);
        }
        else
        {
            _shape.End(json.String("content"u8, "").String("reasoning_content"u8, text), DashScopeFinish.None, null);
        }

        into.Write("\n\n"u8);
    }

    private void WriteCall(Action<JsonLine> write, IBufferWriter<byte> into)
    {
        Open(200, into);
        var json = _shape.Begin(into).String("content"u8, "").Name("tool_calls"u8).Array().Object();
        write(json);
        _shape.End(json.EndObject().EndArray(), DashScopeFinish.None, null);
        into.Write("\n\n"u8);
    }

    private void WriteAnswer(IBufferWriter<byte> into, string text, string finish, Usage? usage)
        => _shape.End(_shape.Begin(into).String(_shape.IsApp ? "text"u8 : "content"u8, text), finish, usage);

    private void WriteError(RunError error, IBufferWriter<byte> into)
    {
        Open(DashScopeErrors.StatusOf(error), into, isError: true);
        DashScopeErrors.Write(new JsonLine(into, JsonEscaping.Minimal), error, _shape.Request);
        into.Write("\n\n"u8);
    }

    private void Open(int status, IBufferWriter<byte> into, bool isError = false)
        => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id:{++Count}\nevent:{(isError ? "error" : "result")}\n:HTTP_STATUS/{status}\ndata:"), into);

    private sealed class Item
    {
        public required Parley.Runs.Item Head;
        public int Call;
        public readonly List<PartKind> Parts = [];
    }
}
