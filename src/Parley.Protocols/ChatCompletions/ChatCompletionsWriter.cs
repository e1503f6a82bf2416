using System.Buffers;
using Parley.Protocols.Json;
using Parley.Protocols.Sse;
using Parley.Runs;

namespace Parley.Protocols.ChatCompletions;

/// <summary>
/// Writes a run as a stream of <c>chat.completion.chunk</c>s. All chunks begin and end alike, so that a delta is two copies and its text.
/// What this protocol has no word for (actions, calls that the server made, recalls, suggestions, the borders of items) is left out. Leave is asked for in words.
/// </summary>
public sealed class ChatCompletionsWriter : FrameWriter
{
    private readonly ChatRendering _rendering;
    private readonly List<Item> _items = [];
    private readonly byte[] _head;
    private readonly byte[] _contentHead;
    private readonly byte[] _tail;
    private int _calls;
    private int _lastSpoken = -1;
    private RawJson? _data;
    private bool _begun;
    private bool _hasSpoken;
    private bool _asks;

    /// <param name="run">The header of the run.</param>
    /// <param name="keepPeerIds">Shows the id of the peer's completion, where its reader told it, instead of ours.</param>
    public ChatCompletionsWriter(Run run, bool keepPeerIds = false)
    {
        _rendering = ChatRendering.Of(run);
        var head = new ArrayBufferWriter<byte>(256);
        head.Write("data: "u8);
        var json = ChatObject.Begin(head, run, "chat.completion.chunk"u8, _rendering.Model, keepPeerIds ? ChatUpstream.IdOf(run.Upstream) : null);
        json.Name("choices"u8);
        _head = head.WrittenSpan.ToArray();
        _contentHead = [.. _head, .. "[{\"index\":0,\"delta\":{\"content\":\""u8];
        _tail = [.. (_rendering.IncludeUsage ? ",\"usage\":null}"u8 : "}"u8), .. "\n\n"u8];
    }

    /// <inheritdoc/>
    public override bool MaySkip => !_asks;

    /// <inheritdoc/>
    public override void Write(in Logged logged, IBufferWriter<byte> into)
    {
        switch (logged.Event)
        {
            case PartDelta delta:
                WriteDelta(delta, into);
                break;
            case RunStarted:
                Begin(into);
                break;
            case ItemStarted started:
                WriteItem(started, into);
                break;
            case PartStarted started:
                _items[started.Item].Parts.Add(started.Kind);
                if (started.Kind == PartKind.Data) _data = started.Data ?? _data;
                break;
            case PartAnnotated annotated:
                WriteAnnotation(annotated, into);
                break;
            case ItemCompleted completed:
                _items[completed.Item].Head = completed.Revised ?? _items[completed.Item].Head;
                _asks = false;
                break;
            case RunFailed failed:
                WriteError(failed.Error, into);
                break;
            case RunCancelled:
                WriteError(new RunError(ErrorSide.Server, ErrorCause.Cancelled, "The run was cancelled.", true), into);
                break;
            case RunEnded ended:
                WriteEnd(ended, into);
                break;
        }
    }

    /// <inheritdoc/>
    public override void Skip(in Logged logged, int deltas, ArrayBufferWriter<byte> scratch)
        => base.Skip(logged with { Event = (PartDelta)logged.Event with { Text = "" } }, deltas, scratch);

    private void Begin(IBufferWriter<byte> into)
    {
        if (_begun) return;
        _begun = true;
        Open("\"role\":\"assistant\",\"content\":\"\",\"refusal\":null"u8, into);
        Close(into);
    }

    private void WriteItem(ItemStarted started, IBufferWriter<byte> into)
    {
        var item = new Item
        {
            Head = started.Head,
            Channel = started.Head switch { MessageItem => Channel.Message, ReasoningItem => Channel.Reasoning, ToolCallItem { RunBy: RunBy.Client } => Channel.Call, ApprovalRequestItem => Channel.Approval, _ => Channel.Hidden },
        };
        _items.Add(item);

        // What leave is asked for is told only at the end, and then all of it.
        _asks |= item.Channel == Channel.Approval;
        if (started.Head is not ToolCallItem { RunBy: RunBy.Client } call) return;
        item.Call = _calls++;
        Open("\"tool_calls\":[{\"index\":"u8, into);
        WriteNumber(item.Call, into);
        into.Write(",\"id\":\""u8);
        JsonText.WriteEscaped(call.CallId, into, JsonEscaping.Minimal);
        into.Write("\",\"type\":\"function\",\"function\":{\"name\":\""u8);
        JsonText.WriteEscaped(call.Name, into, JsonEscaping.Minimal);
        into.Write("\",\"arguments\":\"\"}}]"u8);
        Close(into);
    }

    private void WriteDelta(PartDelta delta, IBufferWriter<byte> into)
    {
        var item = _items[delta.Item];
        var kind = item.Parts[delta.Part];
        _hasSpoken |= item.Channel == Channel.Message && kind is PartKind.Text or PartKind.Refusal;
        switch (item.Channel, kind)
        {
            case (Channel.Message, PartKind.Text):
                // Also where the items of a stored conversation are read as one text, this is what stands between them.
                if (_lastSpoken >= 0 && _lastSpoken != delta.Item) WriteContent("\n\n", into);
                _lastSpoken = delta.Item;
                WriteContent(delta.Text, into);
                break;
            case (Channel.Message, PartKind.Refusal):
                WriteText("\"refusal\":\""u8, delta.Text, into);
                break;
            case (Channel.Reasoning, _) when _rendering.Reasoning:
                WriteText("\"reasoning_content\":\""u8, delta.Text, into);
                break;
            case (Channel.Approval, PartKind.Input):
                item.Input += delta.Text;
                break;
            case (Channel.Call, PartKind.Input):
                Open("\"tool_calls\":[{\"index\":"u8, into);
                WriteNumber(item.Call, into);
                into.Write(",\"function\":{\"arguments\":\""u8);
                JsonText.WriteEscaped(delta.Text, into, JsonEscaping.Minimal);
                into.Write("\"}}]"u8);
                Close(into);
                break;
        }
    }

    private void WriteAnnotation(PartAnnotated annotated, IBufferWriter<byte> into)
    {
        if (_items[annotated.Item].Channel != Channel.Message || annotated.Annotation.Type != "url_citation") return;
        Open("\"annotations\":["u8, into);
        ChatAnnotations.Write(new JsonLine(into, JsonEscaping.Minimal), annotated.Annotation);
        into.Write("]"u8);
        Close(into);
    }

    private void WriteEnd(RunEnded ended, IBufferWriter<byte> into)
    {
        Begin(into);
        if (ended is RunSuspended suspended && WaitPrompt.Of(suspended, _hasSpoken, item => (_items[item].Head, _items[item].Input)) is { } prompt)
        {
            if (_lastSpoken >= 0) WriteContent("\n\n", into);
            WriteContent(prompt, into);
        }
        else if (_lastSpoken < 0 && _calls == 0 && _data is { } data) WriteContent(data.Text, into);

        into.Write(_head);
        into.Write("[{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\""u8);
        JsonText.WriteEscaped(ChatFinish.Write(ended), into, JsonEscaping.Minimal);
        into.Write("\"}]"u8);
        into.Write(_tail);
        Count++;
        if (_rendering.IncludeUsage)
        {
            into.Write(_head);
            into.Write("[],\"usage\":"u8);
            ChatUsage.Write(new JsonLine(into, JsonEscaping.Minimal), ended.Usage);
            into.Write("}\n\n"u8);
            Count++;
        }

        WriteDone(into);
    }

    private void WriteError(RunError error, IBufferWriter<byte> into)
    {
        into.Write("data: "u8);
        ChatErrors.Write(new JsonLine(into, JsonEscaping.Minimal), error);
        into.Write("\n\n"u8);
        Count++;
        WriteDone(into);
    }

    private void WriteDone(IBufferWriter<byte> into)
    {
        into.Write("data: [DONE]\n\n"u8);
        Count++;
    }

    private void WriteContent(string text, IBufferWriter<byte> into)
    {
        into.Write(_contentHead);
        JsonText.WriteEscaped(text, into, JsonEscaping.Minimal);
        into.Write("\""u8);
        Close(into);
    }

    private void WriteText(ReadOnlySpan<byte> member, string text, IBufferWriter<byte> into)
    {
        Open(member, into);
        JsonText.WriteEscaped(text, into, JsonEscaping.Minimal);
        into.Write("\""u8);
        Close(into);
    }

    private void Open(ReadOnlySpan<byte> delta, IBufferWriter<byte> into)
    {
        into.Write(_head);
        into.Write("[{\"index\":0,\"delta\":{"u8);
        into.Write(delta);
    }

    private void Close(IBufferWriter<byte> into)
    {
        into.Write("},\"logprobs\":null,\"finish_reason\":null}]"u8);
        into.Write(_tail);
        Count++;
    }

    private static void WriteNumber(int number, IBufferWriter<byte> into)
    {
        System.Buffers.Text.Utf8Formatter.TryFormat(number, into.GetSpan(11), out var length);
        into.Advance(length);
    }

    private enum Channel
    {
        Hidden,
        Message,
        Reasoning,
        Call,
        Approval,
    }

    private sealed class Item
    {
        public required Runs.Item Head;
        public Channel Channel;
        public int Call;
        public string Input = "";
        public readonly List<PartKind> Parts = [];
    }
}
