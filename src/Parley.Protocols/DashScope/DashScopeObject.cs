using System.Buffers;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.DashScope;

/// <summary>An answer that is told whole.</summary>
public static class DashScopeObject
{
    /// <summary>Writes the fold of a run that has ended: its answer, or the error of one that failed.</summary>
    public static void Write(Run run, RunState state, bool isApp, bool keepPeerIds, IBufferWriter<byte> into)
    {
        var shape = DashScopeShape.Of(run, isApp, keepPeerIds);
        var end = state.End ?? throw new ArgumentException("The run has not ended.", nameof(state));
        if (end is RunFailed or RunCancelled)
        {
            var error = (end as RunFailed)?.Error ?? new RunError(ErrorSide.Server, ErrorCause.Cancelled, "The run was cancelled.", true);
            DashScopeErrors.Write(new JsonLine(into, JsonEscaping.Minimal), error, shape.Request);
            return;
        }

        var messages = state.Items.Where(item => item.Head is MessageItem).ToList();
        var calls = isApp ? [] : state.Items.Where(item => item.Head is ToolCallItem { RunBy: RunBy.Client }).ToList();
        var text = string.Join("\n\n", messages.Select(item => string.Concat(item.Parts.Where(part => part.Kind is PartKind.Text or PartKind.Refusal).Select(part => part.Text))).Where(said => said.Length > 0));
        if (text.Length == 0 && calls.Count == 0) text = messages.SelectMany(item => item.Parts).LastOrDefault(part => part.Data is not null)?.Data?.Text ?? "";
        var reasoning = string.Concat(state.Items.Where(item => item.Head is ReasoningItem).Select(item => item.Reasoning));
        var json = shape.Begin(into);
        if (isApp && reasoning.Length > 0) DashScopeShape.WriteThought(json, reasoning);
        json.String(isApp ? "text"u8 : "content"u8, text);
        if (!isApp && reasoning.Length > 0) json.String("reasoning_content"u8, reasoning);
        if (calls.Count > 0) WriteCalls(json, calls);
        shape.End(json, DashScopeFinish.Write(end), end.Usage, state.Items.Select(item => item.Head).OfType<RecallItem>().SelectMany(recall => recall.Sources).ToValueList());
    }

    private static void WriteCalls(JsonLine json, List<ItemState> calls)
    {
        json.Name("tool_calls"u8).Array();
        for (var i = 0; i < calls.Count; i++)
        {
            var call = (ToolCallItem)calls[i].Head;
            json.Object().Number("index"u8, i).String("id"u8, call.CallId).String("type"u8, "function").Name("function"u8).Object()
                .String("name"u8, call.Name).String("arguments"u8, calls[i].Input).EndObject().EndObject();
        }

        json.EndArray();
    }
}
