using System.Buffers;
using System.Text;
using Parley.Agents;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.ChatCompletions;

/// <summary>The objects that are answered whole: a completion, the list of models, an error.</summary>
public static class ChatObject
{
    /// <summary>The prefix of a completion's id, which is the run's.</summary>
    public const string IdPrefix = "chatcmpl-";

    /// <summary>Writes the fold of a run that has ended as the answer to its request: a completion, or an error.</summary>
    public static void Write(Run run, RunState state, bool keepPeerIds, IBufferWriter<byte> into)
    {
        if (state.End is RunFailed or RunCancelled)
            ChatErrors.Write(new JsonLine(into, JsonEscaping.Minimal), (state.End as RunFailed)?.Error ?? new RunError(ErrorSide.Server, ErrorCause.Cancelled, "The run was cancelled.", true));
        else
            WriteCompletion(run, state, into, keepPeerIds ? ChatUpstream.IdOf(run.Upstream) : null);
    }

    /// <summary>Writes the fold of a run as a <c>chat.completion</c>. The run must have ended, and not have failed or been cancelled.</summary>
    public static void WriteCompletion(Run run, RunState state, IBufferWriter<byte> into) => WriteCompletion(run, state, into, null);

    private static void WriteCompletion(Run run, RunState state, IBufferWriter<byte> into, string? id)
    {
        var rendering = ChatRendering.Of(run);
        var end = state.End ?? throw new ArgumentException("The run has not ended.", nameof(state));
        var json = Begin(into, run, "chat.completion"u8, rendering.Model, id);
        json.Name("choices"u8).Array().Object().Number("index"u8, 0).Name("message"u8);
        WriteMessage(json, state, rendering);
        json.Name("logprobs"u8).Null().String("finish_reason"u8, ChatFinish.Write(end)).EndObject().EndArray().Name("usage"u8);
        ChatUsage.Write(json, end.Usage);
        json.EndObject();
    }

    /// <summary>Writes one agent as a model.</summary>
    public static void WriteModel(JsonLine json, Agent agent)
        => json.Object()
            .String("id"u8, agent.Name)
            .String("object"u8, "model")
            .Number("created"u8, Math.Max(0, agent.UpdatedAt.ToUnixTimeSeconds()))
            .String("owned_by"u8, "parley")
            .EndObject();

    /// <summary>Writes the agents as the list of models, under their names.</summary>
    public static void WriteModels(JsonLine json, IEnumerable<Agent> agents)
    {
        json.Object().String("object"u8, "list").Name("data"u8).Array();
        foreach (var agent in agents) WriteModel(json, agent);
        json.EndArray().EndObject();
    }

    // What all objects of a run begin with.
    internal static JsonLine Begin(IBufferWriter<byte> into, Run run, ReadOnlySpan<byte> kind, string model, string? id = null)
        => new JsonLine(into, JsonEscaping.Minimal).Object()
            .String("id"u8, id ?? PrefixedId.Render(IdPrefix, run.Conversation, run.Id))
            .String("object"u8, Encoding.UTF8.GetString(kind))
            .Number("created"u8, run.CreatedAt.ToUnixTimeSeconds())
            .String("model"u8, model);

    private static void WriteMessage(JsonLine json, RunState state, ChatRendering rendering)
    {
        var messages = state.Items.Where(item => item.Head is MessageItem).ToList();
        var calls = state.Items.Where(item => item.Head is ToolCallItem { RunBy: RunBy.Client }).ToList();
        var texts = messages.Select(item => Join(item, PartKind.Text)).Where(text => text.Length > 0).ToList();
        var refusal = string.Concat(messages.Select(item => Join(item, PartKind.Refusal)));
        var reasoning = string.Concat(state.Items.Where(item => item.Head is ReasoningItem).Select(item => item.Reasoning));
        var content = string.Join("\n\n", texts);
        if (content.Length == 0 && calls.Count == 0)
            content = messages.SelectMany(item => item.Parts).LastOrDefault(part => part.Data is not null)?.Data?.Text ?? "";

        json.Object().String("role"u8, "assistant").Name("content"u8);
        if (content.Length == 0 && (calls.Count > 0 || refusal.Length > 0)) json.Null();
        else json.String(content);
        json.Name("refusal"u8);
        if (refusal.Length == 0) json.Null();
        else json.String(refusal);
        if (rendering.Reasoning && reasoning.Length > 0) json.String("reasoning_content"u8, reasoning);
        if (calls.Count > 0) WriteCalls(json, calls);
        json.Name("annotations"u8).Array();
        foreach (var note in messages.SelectMany(item => item.Parts).SelectMany(part => part.Notes)) ChatAnnotations.Write(json, note);
        json.EndArray().EndObject();
    }

    private static void WriteCalls(JsonLine json, List<ItemState> calls)
    {
        json.Name("tool_calls"u8).Array();
        foreach (var item in calls)
        {
            var call = (ToolCallItem)item.Head;
            json.Object().String("id"u8, call.CallId).String("type"u8, "function").Name("function"u8).Object()
                .String("name"u8, call.Name).String("arguments"u8, item.Input).EndObject().EndObject();
        }

        json.EndArray();
    }

    private static string Join(ItemState item, PartKind kind) => string.Concat(item.Parts.Where(part => part.Kind == kind).Select(part => part.Text));
}
