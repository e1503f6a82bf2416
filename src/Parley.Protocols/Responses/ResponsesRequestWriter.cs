using System.Buffers;
using System.Text.Json;
using Parley.Agents;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Protocols.Text;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>Writes a request to a peer: always for a stream.</summary>
internal static class ResponsesRequestWriter
{
    // Members that are written here whatever the client sent under these names, or that concern the client's own response.
    private static readonly HashSet<string> Own =
    [
        "type", "model", "agent", "agent_reference", "input", "stream", "stream_options", "store", "background", "conversation", "previous_response_id", "metadata", "instructions", "include",
    ];

    /// <exception cref="RunException">The input has something that cannot be sent.</exception>
    public static ReadOnlyMemory<byte> Write(AgentRequest asked, ResponsesTurn turn, ResponsesAgentOptions options, OpenAiFiles files, string? conversation)
    {
        var buffer = new ArrayBufferWriter<byte>(4096 + files.Bytes / 3 * 4);
        var request = asked.Run.Request;
        var json = new JsonLine(buffer, JsonEscaping.Minimal).Object();
        if (options.Model is not null) json.String("model"u8, options.Model);
        if (options.Agent is { } agent) WriteAgent(json.Name(options.IsPreview ? "agent"u8 : "agent_reference"u8), agent);
        json.Name("input"u8);
        new ResponsesInputWriter(json, asked, turn.Messages, files).Write();
        json.Name("stream"u8).Bool(true).Name("store"u8).Bool(options.Store);
        if (conversation is not null) json.String("conversation"u8, conversation);
        else if (turn.Known?.Response is { } previous) json.String("previous_response_id"u8, previous);
        if (Instructions.Of(options.Instructions, request) is { Length: > 0 } instructions) json.String("instructions"u8, instructions);
        using var leftover = request.Leftover is { } left && left.Protocol == Protocol.Responses ? JsonDocument.Parse(left.Members.Text, OpenAiJson.Deep) : null;
        var kept = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (leftover is not null)
            foreach (var member in leftover.RootElement.EnumerateObject().Where(member => !Own.Contains(member.Name))) kept[member.Name] = member.Value;
        WriteTools(json, request, request.Tools.Count > 0 ? request.Tools : options.Tools, kept);
        WriteSampling(json, request, options, kept);
        foreach (var (name, value) in kept) json.Name(name.AsSpan()).Raw(value.ToRawJson());
        json.EndObject();
        return buffer.WrittenMemory;
    }

    private static void WriteAgent(JsonLine json, AgentRef agent)
    {
        json.Object().String("type"u8, "agent_reference").String("name"u8, agent.Name);
        if (agent.Version is not null) json.String("version"u8, agent.Version);
        json.EndObject();
    }

    // What the client sent for a tool that has no common word is sent as it was.
    private static void WriteTools(JsonLine json, ModelRequest request, ValueList<ToolDefinition> tools, Dictionary<string, JsonElement> kept)
    {
        if (tools.Count == 0 && !kept.ContainsKey("tools")) return;
        if (!kept.ContainsKey("tools"))
        {
            json.Name("tools"u8).Array();
            foreach (var tool in tools)
            {
                json.Object().String("type"u8, "function").String("name"u8, tool.Name);
                if (tool.Description is not null) json.String("description"u8, tool.Description);
                json.Name("parameters"u8).Raw(tool.Parameters ?? new RawJson("""{"type":"object","properties":{}}"""));
                json.Name("strict"u8).Bool(tool.Strict ?? false).EndObject();
            }

            json.EndArray();
        }

        if (!kept.ContainsKey("tool_choice") && request.ToolChoice is { } choice) WriteChoice(json.Name("tool_choice"u8), choice);
        if (request.ParallelToolCalls is { } parallel) json.Name("parallel_tool_calls"u8).Bool(parallel);
    }

    // {"type":"function","function":{"name"}}, and allowed tools likewise, have their members one level up here.
    private static void WriteChoice(JsonLine json, RawJson choice)
    {
        using var document = JsonDocument.Parse(choice.Text, OpenAiJson.Deep);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            json.Raw(choice);
            return;
        }

        var type = ResponsesHeads.Text(root, "type") ?? "function";
        json.Object().String("type"u8, type);
        if (root.TryGet(type, out var inner) && inner.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in inner.EnumerateObject())
            {
                json.Name(member.Name.AsSpan());
                if (member.Name != "tools" || member.Value.ValueKind != JsonValueKind.Array)
                {
                    json.Raw(member.Value.ToRawJson());
                    continue;
                }

                json.Array();
                foreach (var tool in member.Value.EnumerateArray()) WriteChoice(json, tool.ToRawJson());
                json.EndArray();
            }
        }

        json.EndObject();
    }

    private static void WriteSampling(JsonLine json, ModelRequest request, ResponsesAgentOptions options, Dictionary<string, JsonElement> kept)
    {
        if (request.Temperature is { } temperature) json.Name("temperature"u8).Number(temperature);
        if (request.TopP is { } topP) json.Name("top_p"u8).Number(topP);
        if (request.MaxOutputTokens is { } limit) json.Number("max_output_tokens"u8, limit);
        if (!kept.ContainsKey("text") && request.ResponseFormat is { } format) WriteFormat(json, format);
        if (!kept.ContainsKey("reasoning") && request.ReasoningEffort is { } effort) json.Name("reasoning"u8).Object().String("effort"u8, effort).EndObject();
        if (!string.IsNullOrEmpty(request.User)) json.String("user"u8, request.User);
        if (options.Agent is not null && request.Parameters is { } inputs) json.Name("structured_inputs"u8).Raw(inputs);

        // Without it a peer that keeps nothing could not go on with its own reasoning.
        if (!options.Store) json.Name("include"u8).Array().String(ResponsesRequest.EncryptedReasoning).EndArray();
    }

    private static void WriteFormat(JsonLine json, RawJson format)
    {
        using var document = JsonDocument.Parse(format.Text, OpenAiJson.Deep);
        var type = ResponsesHeads.Text(document.RootElement, "type") ?? "text";
        json.Name("text"u8).Object().Name("format"u8).Object().String("type"u8, type);
        if (document.RootElement.TryGet("json_schema", out var schema) && schema.ValueKind == JsonValueKind.Object)
            foreach (var member in schema.EnumerateObject()) json.Name(member.Name.AsSpan()).Raw(member.Value.ToRawJson());
        json.EndObject().EndObject();
    }
}
