using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.OpenAi;

/// <summary>The functions that a peer is offered.</summary>
internal static class ChatTools
{
    /// <summary>Writes the members about tools; none without tools.</summary>
    public static void Write(JsonLine json, ModelRequest request, ValueList<ToolDefinition> tools)
    {
        if (tools.Count == 0) return;
        json.Name("tools"u8).Array();
        foreach (var tool in tools)
        {
            json.Object().String("type"u8, "function").Name("function"u8).Object().String("name"u8, tool.Name);
            if (tool.Description is not null) json.String("description"u8, tool.Description);
            if (tool.Parameters is { } parameters) json.Name("parameters"u8).Raw(parameters);
            if (tool.Strict is { } strict) json.Name("strict"u8).Bool(strict);
            json.EndObject().EndObject();
        }

        json.EndArray();

        // Without tools both would be refused.
        if (request.ToolChoice is { } choice) json.Name("tool_choice"u8).Raw(choice);
        if (request.ParallelToolCalls is { } parallel) json.Name("parallel_tool_calls"u8).Bool(parallel);
    }
}
