using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;

namespace Parley.Protocols.Responses;

/// <summary>The members of a request that its response repeats. They are checked, and filled up to what strict readers of a response demand.</summary>
internal static class ResponsesEcho
{
    private static readonly string[] Numbers = ["temperature", "top_p", "presence_penalty", "frequency_penalty"];
    private static readonly string[] Integers = ["max_output_tokens", "max_tool_calls", "top_logprobs"];
    private static readonly string[] Texts = ["user", "service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_retention"];

    public static RawJson Of(JsonElement root) => JsonLine.ToRawJson(json => Write(json, root));

    private static void Write(JsonLine json, JsonElement root)
    {
        json.Object();
        foreach (var name in Numbers)
            if (root.OptionalDouble(name) is not null) Repeat(json, root, name);
        foreach (var name in Integers)
            if (root.OptionalInteger(name) is { } number)
                json.Name(name.AsSpan()).Number(number >= 0 ? number : throw OpenAiJson.Invalid(name, $"Invalid '{name}': {number} is less than 0.", "integer_below_min_value"));
        foreach (var name in Texts)
            if (root.OptionalString(name, "") is { } text) json.Name(name.AsSpan()).String(text);
        if (root.OptionalString("truncation", "") is { } truncation)
            json.String("truncation"u8, truncation is "auto" or "disabled" ? truncation : throw OpenAiJson.Invalid("truncation", $"Invalid value: '{truncation}'. Supported values are: 'auto' and 'disabled'."));
        if (root.OptionalBool("parallel_tool_calls") is { } parallel) json.Name("parallel_tool_calls"u8).Bool(parallel);
        foreach (var name in (ReadOnlySpan<string>)["prompt", "structured_inputs"])
        {
            if (!root.TryGet(name, out var value)) continue;
            value.AsObject(name);
            Repeat(json, root, name);
        }

        WriteTools(json, root);
        if (root.TryGet("tool_choice", out _)) Repeat(json, root, "tool_choice");
        WriteText(json, root);
        WriteReasoning(json, root);
        json.EndObject();
    }

    private static void WriteTools(JsonLine json, JsonElement root)
    {
        if (!root.TryGet("tools", out var tools)) return;
        var functions = ResponsesTools.ReadFunctions(root);
        var next = 0;
        json.Name("tools"u8).Array();
        foreach (var tool in tools.EnumerateArray())
        {
            if (tool.RequiredString("type", "tools") != "function")
            {
                json.Raw(tool.ToRawJson());
                continue;
            }

            var function = functions[next++];
            json.Object().String("type"u8, "function").String("name"u8, function.Name);
            json.StringOrNull("description"u8, function.Description);
            json.Name("parameters"u8).Raw(function.Parameters ?? new RawJson("null"));
            json.Name("strict"u8).Raw(function.Strict switch { true => "true"u8, false => "false"u8, null => "null"u8 }).EndObject();
        }

        json.EndArray();
    }

    private static void WriteText(JsonLine json, JsonElement root)
    {
        if (!root.TryGet("text", out var text)) return;
        json.Name("text"u8).Object();
        ResponsesFormat.WriteEcho(json, root);
        if (text.OptionalString("verbosity", "text") is { } verbosity)
            json.String("verbosity"u8, verbosity is "low" or "medium" or "high" ? verbosity : throw OpenAiJson.Invalid("text.verbosity", $"Invalid value: '{verbosity}'. Supported values are: 'low', 'medium' and 'high'."));
        json.EndObject();
    }

    private static void WriteReasoning(JsonLine json, JsonElement root)
    {
        if (!root.TryGet("reasoning", out var reasoning)) return;
        json.Name("reasoning"u8).Object();
        json.StringOrNull("effort"u8, reasoning.OptionalString("effort", "reasoning"));
        json.StringOrNull("summary"u8, reasoning.OptionalString("summary", "reasoning"));
        json.EndObject();
    }

    private static void Repeat(JsonLine json, JsonElement root, string name) => json.Name(name.AsSpan()).Raw(root.GetProperty(name).ToRawJson());
}
