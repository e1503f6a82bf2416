using System.Buffers;
using System.Globalization;
using System.Text;
using Parley.Agents;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.Coze;

public static partial class CozeWriter
{
    /// <summary>The members of the answer to a run: its output, so far where it waits, and what it waits for.</summary>
    public static void WriteWorkflowRun(CozeWorkflowView view, JsonLine line)
    {
        line.String("data"u8, view.Output).String("debug_url"u8, view.DebugUrl ?? "").String("execute_id"u8, view.ExecuteId);
        WriteWorkflowUsage(view.Spent, line);
        if (view.Interrupt is { } interrupt) WriteInterrupt(interrupt, line.Name("interrupt_data"u8));
    }

    /// <summary>The members of the answer to a run for which nobody waits.</summary>
    public static void WriteWorkflowStart(Run run, JsonLine line)
        => line.String("debug_url"u8, CozeWorkflowView.UrlOf(run) ?? "").String("execute_id"u8, DecimalId.Render(run.Chat));

    /// <summary>The history of an execution: where it stands, and what its nodes gave.</summary>
    public static void WriteWorkflowHistory(CozeWorkflowView view, string logId, JsonLine line)
    {
        var (first, last) = (view.Runs[0], view.Runs[^1]);
        var error = (view.End as RunFailed)?.Error;
        line.Object()
            .String("execute_id"u8, view.ExecuteId)
            .String("execute_status"u8, view.End switch { RunCompleted => "Success", RunFailed or RunCancelled => "Fail", _ => "Running" })
            .String("bot_id"u8, "0")
            .String("connector_id"u8, "1024")
            .String("connector_uid"u8, first.Owner)
            .Number("run_mode"u8, first.Background ? 2 : CozeRendering.Of(first).IsStreamed ? 1 : 0)
            .String("logid"u8, logId)
            .Number("create_time"u8, first.CreatedAt.ToUnixTimeSeconds())
            .Number("update_time"u8, (last.EndedAt ?? last.CreatedAt).ToUnixTimeSeconds())
            .String("output"u8, NodeOutputsOf(view))
            .Name("node_execute_status"u8).Object();
        foreach (var (title, item) in view.Nodes)
        {
            var id = DecimalId.Render(item.Id);
            line.Name(id.AsSpan()).Object().String("node_id"u8, id).String("node_title"u8, title).Name("is_finish"u8).Bool(item.Status is not null)
                .Number("update_time"u8, item.StartedAt.ToUnixTimeSeconds()).String("node_execute_uuid"u8, id).EndObject();
        }

        line.EndObject()
            .String("error_code"u8, error is null ? view.End is RunCancelled ? CozeWorkflowEvents.Cancelled : "" : CozeErrors.CodeOf(error).ToString(CultureInfo.InvariantCulture))
            .String("error_message"u8, error is null ? view.End is RunCancelled ? "The run was cancelled." : "" : CozeErrors.MessageOf(error))
            .String("debug_url"u8, view.DebugUrl ?? "");
        WriteWorkflowUsage(view.Spent, line);
        line.Name("is_output_trimmed"u8).Bool(false).String("token"u8, (view.Spent?.Sum ?? 0).ToString(CultureInfo.InvariantCulture)).String("cost"u8, "0");
        if (view.Interrupt is { } interrupt) WriteInterrupt(interrupt, line.Name("interrupt_data"u8));
        line.EndObject();
    }

    /// <summary>What one node gave, which must be there.</summary>
    public static void WriteNode(CozeWorkflowView view, string node, JsonLine line)
    {
        var item = view.Nodes.First(one => DecimalId.Render(one.Item.Id) == node).Item;
        line.Object().Name("is_finish"u8).Bool(item.Status is not null).String("node_output"u8, item.Text).EndObject();
    }

    /// <summary>A workflow as an entry of a list, or in full.</summary>
    public static void WriteWorkflow(Agent agent, string owner, JsonLine line)
    {
        var changed = agent.UpdatedAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        line.Object().String("workflow_id"u8, agent.BotId).String("workflow_name"u8, agent.Name).String("description"u8, agent.Description).String("icon_url"u8, "").String("app_id"u8, "0")
            .String("created_at"u8, changed).String("updated_at"u8, changed)
            .Name("creator"u8).Object().String("id"u8, owner).String("name"u8, owner).EndObject().EndObject();
    }

    /// <summary>What every workflow here takes and gives, beside its detail. Which more parameters one looks at is known to its author alone.</summary>
    public static void WriteWorkflowShape(JsonLine line)
        => line.Name("input"u8).Raw("{\"parameters\":{\"input\":{\"type\":\"string\",\"required\":false,\"description\":\"What the user says.\"}}}"u8)
            .Name("output"u8).Raw("{\"parameters\":{\"output\":{\"type\":\"string\",\"description\":\"All that was said.\"}}}"u8);

    internal static void WriteInterrupt(CozeInterrupt interrupt, JsonLine line)
        => line.Object().String("event_id"u8, interrupt.EventId).Number("type"u8, interrupt.Type).String("data"u8, interrupt.Data).EndObject();

    internal static JsonLine WriteWorkflowUsage(Usage? usage, JsonLine line)
        => line.Name("usage"u8).Object().Number("token_count"u8, usage?.Sum ?? 0).Number("output_count"u8, usage?.Output ?? 0).Number("input_count"u8, usage?.Input ?? 0).EndObject();

    // The whole, and what each node said under its title; of two with one title both.
    private static string NodeOutputsOf(CozeWorkflowView view)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var line = Line(buffer).Object();
        if (view.End is RunCompleted) line.String("Output"u8, view.Output);
        foreach (var said in view.Nodes.Where(node => node.Item.Text.Length > 0).GroupBy(node => node.Title, node => node.Item.Text, StringComparer.Ordinal)) line.Name(said.Key.AsSpan()).String(string.Join("\n\n", said));
        line.EndObject();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
