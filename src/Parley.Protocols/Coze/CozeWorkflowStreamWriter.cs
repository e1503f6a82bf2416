using System.Buffers;
using System.Globalization;
using Parley.Protocols.Json;
using Parley.Protocols.Sse;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>
/// Writes a run as a stream of <c>/v1/workflow/stream_run</c>: each message is what a node says, and the end node gives the whole. Each event has
/// three lines, <c>id</c>, <c>event</c> and <c>data</c>, and the ids count from 0.
/// </summary>
/// <param name="run">The run's header.</param>
public sealed class CozeWorkflowStreamWriter(Run run) : FrameWriter
{
    private readonly RunState _state = new();
    private readonly List<Node?> _nodes = [];

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
            case PartDelta delta when _nodes[delta.Item] is { } node && IsText(_state.Items[delta.Item].Parts[delta.Part].Kind):
                WriteMessage(node, delta.Text, isFinish: false, into);
                break;
            case ItemStarted started:
                _nodes.Add(started.Head is MessageItem ? new Node(started, CozeWorkflowView.TitleOf(_state.Items[started.Item], _state)) : null);
                break;
            case ItemCompleted completed when _nodes[completed.Item] is { Sent: > 0 } node && completed.Status == ItemStatus.Completed:
                WriteMessage(node, "", isFinish: true, into);
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
        if (_nodes[delta.Item] is not { } node || !IsText(_state.Items[delta.Item].Parts[delta.Part].Kind)) return;
        Count += deltas;
        node.Sent += deltas;
    }

    private void EndRun(RunEnded end, IBufferWriter<byte> into)
    {
        switch (end)
        {
            case RunSuspended suspended:
                var required = suspended.Required[0];
                var item = _state.Items[required.Item];
                var interrupt = CozeInterrupt.Of(run, required, item);
                var line = Begin(CozeWorkflowEvents.Interrupt, into).Object().Name("interrupt_data"u8);
                CozeWriter.WriteInterrupt(interrupt, line);
                line.String("node_title"u8, interrupt.Title).EndObject();
                End(into);
                break;
            case RunFailed failed:
                WriteError(CozeErrors.CodeOf(failed.Error), CozeErrors.MessageOf(failed.Error), into);
                break;
            case RunCancelled:
                WriteError(int.Parse(CozeWorkflowEvents.Cancelled, CultureInfo.InvariantCulture), "The run was cancelled.", into);
                break;
            default:
                WriteOutput(end.Usage, into);
                WriteDone(into);
                break;
        }
    }

    private void WriteOutput(Usage? usage, IBufferWriter<byte> into)
    {
        var line = BeginMessage(into, CozeWorkflowView.OutputOf(_state.Items, [_state]), "", 0, isFinish: true, DecimalId.Render(run.Id), "End");
        CozeWriter.WriteWorkflowUsage(usage, line).EndObject();
        End(into);
    }

    private void WriteDone(IBufferWriter<byte> into)
    {
        var url = CozeWorkflowView.UrlOf(run);
        var line = Begin(CozeWorkflowEvents.Done, into).Object();
        if (url is not null) line.String("debug_url"u8, url);
        line.EndObject();
        End(into);
    }

    private void WriteError(int code, string message, IBufferWriter<byte> into)
    {
        Begin(CozeWorkflowEvents.Error, into).Object().Number("error_code"u8, code).String("error_message"u8, message).EndObject();
        End(into);
    }

    private void WriteMessage(Node node, string text, bool isFinish, IBufferWriter<byte> into)
    {
        BeginMessage(into, text, node.Title, node.Sent++, isFinish, node.Execution, "Message").EndObject();
        End(into);
    }

    private JsonLine BeginMessage(IBufferWriter<byte> into, string content, string title, int sequence, bool isFinish, string execution, string type)
        => Begin(CozeWorkflowEvents.Message, into).Object()
            .String("content"u8, content).String("content_type"u8, CozeContentTypes.Text)
            .String("node_title"u8, title).String("node_seq_id"u8, sequence.ToString(CultureInfo.InvariantCulture)).Name("node_is_finish"u8).Bool(isFinish)
            .String("node_id"u8, execution).String("node_execute_uuid"u8, execution).String("node_type"u8, type);

    private JsonLine Begin(ReadOnlySpan<byte> name, IBufferWriter<byte> into)
    {
        into.Write("id: "u8);
        Span<byte> number = stackalloc byte[20];
        Count.TryFormat(number, out var length, default, CultureInfo.InvariantCulture);
        into.Write(number[..length]);
        into.Write("\nevent: "u8);
        into.Write(name);
        into.Write("\ndata: "u8);
        return CozeWriter.Line(into);
    }

    private void End(IBufferWriter<byte> into)
    {
        into.Write("\n\n"u8);
        Count++;
    }

    private static bool IsText(PartKind kind) => kind is PartKind.Text or PartKind.Refusal;

    private sealed class Node(ItemStarted started, string title)
    {
        public string Title => title;

        public string Execution { get; } = DecimalId.Render(started.Id);

        public int Sent { get; set; }
    }
}
