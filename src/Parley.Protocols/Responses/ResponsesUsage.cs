using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>The <c>usage</c> of a response, both ways. All zeros stand for what is not known: clients demand numbers.</summary>
internal static class ResponsesUsage
{
    public static void Write(JsonLine json, Usage? usage) => json.Object()
        .Number("input_tokens"u8, usage?.Input ?? 0)
        .Name("input_tokens_details"u8).Object().Number("cached_tokens"u8, usage?.CachedInput ?? 0).EndObject()
        .Number("output_tokens"u8, usage?.Output ?? 0)
        .Name("output_tokens_details"u8).Object().Number("reasoning_tokens"u8, usage?.Reasoning ?? 0).EndObject()
        .Number("total_tokens"u8, usage?.Sum ?? 0)
        .EndObject();

    public static Usage? Read(JsonElement response)
    {
        if (!response.TryGetProperty("usage", out var usage) || usage.ValueKind != JsonValueKind.Object) return null;
        var (input, output, total) = (Count(usage, "input_tokens") ?? 0, Count(usage, "output_tokens") ?? 0, Count(usage, "total_tokens"));
        if (input == 0 && output == 0 && total is null or 0) return null;
        return new Usage(input, output, total == input + output ? null : total, Detail(usage, "input_tokens_details", "cached_tokens"), Detail(usage, "output_tokens_details", "reasoning_tokens"));
    }

    // The dialect has no word for "not told": zero of a detail says no more.
    private static long? Detail(JsonElement usage, string name, string member)
        => usage.TryGetProperty(name, out var details) && details.ValueKind == JsonValueKind.Object && Count(details, member) is > 0 and var count ? count : null;

    private static long? Count(JsonElement element, string name)
        => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var count) ? Math.Max(count, 0) : null;
}
