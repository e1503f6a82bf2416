using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>Reads <c>tools</c> and <c>tool_choice</c>. Here a function's members stand beside its type; in Chat Completions, whose form is the canonical one, below it.</summary>
internal static class ResponsesTools
{
    private const int Limit = 1_000;

    /// <summary>The functions among the tools. Tools of other types are for servers that have them.</summary>
    public static ValueList<ToolDefinition> ReadFunctions(JsonElement root)
    {
        if (!root.TryGet("tools", out var tools)) return default;
        if (tools.AsArray("tools").GetArrayLength() > Limit) throw OpenAiJson.Invalid("tools", $"Invalid 'tools': the limit is {Limit}.", "array_above_max_length");
        var list = new List<ToolDefinition>();
        var index = 0;
        foreach (var tool in tools.EnumerateArray())
        {
            var path = $"tools[{index++}]";
            if (tool.AsObject(path).RequiredString("type", path) == "function") list.Add(OpenAiBody.ReadFunction(tool, path));
        }

        return list.ToValueList();
    }

    /// <summary>Whether there are only functions.</summary>
    public static bool AreFunctions(JsonElement tools) => tools.EnumerateArray().All(tool => TypeOf(tool) == "function");

    /// <summary>The choice in the form of Chat Completions; null if that has no word for it.</summary>
    public static RawJson? ReadChoice(JsonElement root)
    {
        if (!root.TryGet("tool_choice", out var choice)) return null;
        if (choice.ValueKind == JsonValueKind.String)
        {
            return choice.AsString("tool_choice") is "none" or "auto" or "required"
                ? choice.ToRawJson()
                : throw OpenAiJson.Invalid("tool_choice", $"Invalid value: {choice.ToRawJson()}. Supported values are: 'none', 'auto' and 'required'.");
        }

        if (choice.ValueKind != JsonValueKind.Object) throw OpenAiJson.WrongType("tool_choice", "a string or an object", choice);
        var type = choice.RequiredString("type", "tool_choice");
        if (!IsCommon(choice)) return null;
        return JsonLine.ToRawJson(json =>
        {
            if (type != "allowed_tools") WriteNamed(json, choice, type, "tool_choice");
            else WriteAllowed(json, choice);
        });
    }

    /// <summary>Whether Chat Completions has a word for the choice.</summary>
    public static bool IsCommon(JsonElement choice)
        => choice.ValueKind == JsonValueKind.String
            || TypeOf(choice) is "function" or "custom"
            || TypeOf(choice) == "allowed_tools" && choice.TryGet("tools", out var tools) && tools.ValueKind == JsonValueKind.Array && tools.EnumerateArray().All(tool => TypeOf(tool) is "function" or "custom");

    private static string? TypeOf(JsonElement element)
        => element.ValueKind == JsonValueKind.Object && element.TryGet("type", out var type) && type.ValueKind == JsonValueKind.String ? type.AsString("type") : null;

    private static void WriteNamed(JsonLine json, JsonElement tool, string type, string path)
        => json.Object().String("type"u8, type).Name(type.AsSpan()).Object().String("name"u8, tool.RequiredString("name", path)).EndObject().EndObject();

    private static void WriteAllowed(JsonLine json, JsonElement choice)
    {
        json.Object().String("type"u8, "allowed_tools").Name("allowed_tools"u8).Object();
        json.String("mode"u8, choice.OptionalString("mode", "tool_choice") ?? "auto").Name("tools"u8).Array();
        var index = 0;
        foreach (var tool in choice.GetProperty("tools").EnumerateArray()) WriteNamed(json, tool, TypeOf(tool)!, $"tool_choice.tools[{index++}]");
        json.EndArray().EndObject().EndObject();
    }
}
