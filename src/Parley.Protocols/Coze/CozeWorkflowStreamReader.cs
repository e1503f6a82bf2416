using System.Text;
using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Protocols.Sse;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>
/// Reads a stream of <c>/v1/workflow/stream_run</c> or <c>stream_resume</c>: what each output node says is a message, and what the end node gives is
/// one too, unless it only repeats what was said.
/// </summary>
public sealed class CozeWorkflowStreamReader : FrameReader
{
    private readonly List<Node> _nodes = [];
    private int _items;
    private bool _hasOutput;
    private bool _started;
    private Usage? _usage;
    private RunEnded? _end;
    private bool _ended;

    /// <inheritdoc/>
    public override Usage? Spent => _usage;

    /// <inheritdoc/>
    public override void Read(in SseFrame frame, List<RunEvent> into)
    {
        if (_ended) return;
        try
        {
            ReadFrame(frame, into);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            Finish(new RunFailed(CozeErrors.Malformed("The agent sent an event that cannot be understood.")), into);
        }
    }

    /// <inheritdoc/>
    public override void End(List<RunEvent> into)
        => Finish(_end ?? (_hasOutput ? Completed() : new RunFailed(CozeErrors.Malformed("The agent's stream broke off."))), into);

    private void ReadFrame(in SseFrame frame, List<RunEvent> into)
    {
        if (frame.Event.SequenceEqual(CozeWorkflowEvents.Message))
        {
            Start(into);
            ReadMessage(frame.Data, into);
        }
        else if (frame.Event.SequenceEqual(CozeWorkflowEvents.Interrupt))
        {
            Start(into);
            _end ??= ReadInterrupt(frame.Data, into);
        }
        else if (Ascii.EqualsIgnoreCase(frame.Event, CozeWorkflowEvents.Error))
        {
            // The open-source server tells it in plain text, and under a name in lower case.
            var (error, usage) = CozeChatFrames.ErrorOf(frame.Data);
            Finish(error.Code == CozeWorkflowEvents.Cancelled ? new RunCancelled(usage) : new RunFailed(error, usage), into);
        }
        else if (Ascii.EqualsIgnoreCase(frame.Event, CozeWorkflowEvents.Done))
        {
            Finish((_end ?? Completed()) with { Leftover = CozeChatFrames.DebugUrlOf(frame.Data) }, into);
        }
        else if (frame.Event.IsEmpty && CozeChatFrames.PlainErrorOf(frame.Data) is { } error)
        {
            Finish(new RunFailed(error), into);
        }
    }

    private void ReadMessage(ReadOnlySpan<byte> data, List<RunEvent> into)
    {
        var frame = CozeNodeFrame.Read(data);
        var node = NodeOf(frame.Key);
        if (node is null && frame.IsOutput)
        {
            ReadOutput(frame, into);
            _usage = CozeChatFrames.UsageOf(JsonElement.Parse(data)) ?? _usage;
            return;
        }

        if (node is not null && frame.IsFirst)
        {
            // The same node again, in a loop, by a peer that does not tell its runs apart.
            node.Close(ItemStatus.Completed, into);
            node = null;
        }

        node ??= Open(frame, into);
        node.Add(frame.Content, into);
        if (frame.IsFinish) node.Close(ItemStatus.Completed, into);
    }

    private Node? NodeOf(ReadOnlySpan<byte> key)
    {
        foreach (var node in _nodes)
            if (node.IsOpen && node.Key.AsSpan().SequenceEqual(key)) return node;
        return null;
    }

    private Node Open(in CozeNodeFrame frame, List<RunEvent> into)
    {
        var node = new Node(frame.Key.ToArray(), _items++);
        _nodes.Add(node);
        var title = JsonText.ReadTolerant(frame.Title);
        into.Add(new ItemStarted(node.Item, new MessageItem(Role.Assistant), SourceId: frame.Execution.IsEmpty ? null : JsonText.ReadTolerant(frame.Execution))
        {
            Leftover = title is "" or CozeWorkflowEvents.Answer ? null : CozeWriter.LeftoverOf(("node_title", title)) with { Protocol = Protocol.CozeWorkflowRun },
        });
        into.Add(new PartStarted(node.Item, 0, PartKind.Text));
        return node;
    }

    // An object with one text in it is that text; a larger one is for programs.
    private void ReadOutput(in CozeNodeFrame frame, List<RunEvent> into)
    {
        _hasOutput = true;
        var content = JsonText.ReadTolerant(frame.Content);
        var (text, json) = OutputOf(content);
        if (json is null || text is not null)
        {
            text ??= content;
            var said = string.Join("\n\n", _nodes.Select(node => node.Text));
            if (text.Length == 0 || text == said) return;
            if (said.Length == 0 || json is null)
            {
                var node = Open(frame, into);
                node.Say(text, into);
                node.Close(ItemStatus.Completed, into);
                return;
            }
        }

        into.Add(new ItemStarted(_items, new MessageItem(Role.Assistant)));
        into.Add(new PartStarted(_items, 0, PartKind.Data, Data: json));
        into.Add(new PartCompleted(_items, 0));
        into.Add(new ItemCompleted(_items++));
    }

    private static (string? Text, RawJson? Json) OutputOf(string content)
    {
        try
        {
            var output = JsonElement.Parse(content);
            if (output.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array)) return (null, null);
            var text = output.ValueKind == JsonValueKind.Object && output.GetPropertyCount() == 1 ? CozeChatFrames.TextOf(output, CozeWorkflowEvents.Output) : null;
            return (text, CozeJsonText.Compact(output));
        }
        catch (JsonException)
        {
            return (null, null);
        }
    }

    private RunSuspended ReadInterrupt(ReadOnlySpan<byte> data, List<RunEvent> into)
    {
        var prompt = _nodes.Count > 0 ? _nodes[^1].Item : (int?)null;
        foreach (var node in _nodes) node.Close(ItemStatus.Completed, into);
        var interrupt = CozeInterrupt.Read(JsonElement.Parse(data));
        var required = interrupt.Ask(_items++, prompt, into);
        return new RunSuspended([required], State: interrupt.ToState());
    }

    private RunCompleted Completed() => new(FinishReason.Stop, _usage);

    private void Start(List<RunEvent> into)
    {
        if (_started) return;
        _started = true;
        into.Add(new RunStarted());
    }

    private void Finish(RunEnded end, List<RunEvent> into)
    {
        if (_ended) return;
        _ended = true;
        if (end is not RunFailed) Start(into);
        foreach (var node in _nodes) node.Close(end is RunFailed or RunCancelled ? ItemStatus.Incomplete : ItemStatus.Completed, into);
        into.Add(end);
    }

    /// <summary>What one run of a node says.</summary>
    private sealed class Node(byte[] key, int item)
    {
        private readonly StringBuilder _text = new();
        private char _half;

        public byte[] Key => key;

        public int Item => item;

        public bool IsOpen { get; private set; } = true;

        public string Text => _text.ToString();

        public void Add(ReadOnlySpan<byte> raw, List<RunEvent> into) => Say(JsonText.ReadTolerant(raw, ref _half), into);

        public void Say(string text, List<RunEvent> into)
        {
            if (text.Length == 0) return;
            _text.Append(text);
            into.Add(new PartDelta(item, 0, text));
        }

        public void Close(ItemStatus status, List<RunEvent> into)
        {
            if (!IsOpen) return;
            IsOpen = false;
            if (_half != '\0') Say(JsonText.Replacement, into);
            into.Add(new PartCompleted(item, 0));
            into.Add(new ItemCompleted(item, status));
        }
    }
}
