using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.ChatCompletions;

/// <summary>The <c>usage</c> object, both ways.</summary>
internal static class ChatUsage
{
    /// <summary>Reads the value. All zeros is what servers write that do not know, and so do we.</summary>
    public static Usage? Read(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return null;
        }

        long input = 0, output = 0;
        long? total = null, cached = null, reasoning = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("prompt_tokens"u8)) input = json.ReadCount() ?? 0;
            else if (json.ValueTextEquals("completion_tokens"u8)) output = json.ReadCount() ?? 0;
            else if (json.ValueTextEquals("total_tokens"u8)) total = json.ReadCount();
            else if (json.ValueTextEquals("prompt_tokens_details"u8)) cached = json.ReadCount("cached_tokens"u8);
            else if (json.ValueTextEquals("completion_tokens_details"u8)) reasoning = json.ReadCount("reasoning_tokens"u8);
            else json.SkipValue();
        }

        if (input == 0 && output == 0 && total is null or 0) return null;
        return new Usage(input, output, total == input + output ? null : total, cached, reasoning);
    }

    public static void Write(JsonLine json, Usage? usage)
    {
        json.Object()
            .Number("prompt_tokens"u8, usage?.Input ?? 0)
            .Number("completion_tokens"u8, usage?.Output ?? 0)
            .Number("total_tokens"u8, usage?.Sum ?? 0);
        if (usage?.CachedInput is { } cached) json.Name("prompt_tokens_details"u8).Object().Number("cached_tokens"u8, cached).EndObject();
        if (usage?.Reasoning is { } reasoning) json.Name("completion_tokens_details"u8).Object().Number("reasoning_tokens"u8, reasoning).EndObject();
        json.EndObject();
    }
}
