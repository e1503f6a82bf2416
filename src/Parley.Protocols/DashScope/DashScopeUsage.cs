using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.DashScope;

/// <summary>The <c>usage</c> object, both ways: of a model, and of an application, which tells it for each model that it asked.</summary>
internal static class DashScopeUsage
{
    /// <summary>Reads the value. Its models are added up, and the first of them is named.</summary>
    public static Usage? Read(ref Utf8JsonReader json, ref string? model)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return null;
        }

        long? input = null, output = null, total = null, cached = null, reasoning = null;
        Usage? models = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("input_tokens"u8)) input = json.ReadCount();
            else if (json.ValueTextEquals("output_tokens"u8)) output = json.ReadCount();
            else if (json.ValueTextEquals("total_tokens"u8)) total = json.ReadCount();
            else if (json.ValueTextEquals("prompt_tokens_details"u8)) cached = json.ReadCount("cached_tokens"u8);
            else if (json.ValueTextEquals("output_tokens_details"u8)) reasoning = json.ReadCount("reasoning_tokens"u8);
            else if (model is null && json.ValueTextEquals("model_id"u8)) model = json.ReadText();
            else if (json.ValueTextEquals("models"u8)) models = ReadModels(ref json, ref model);
            else json.SkipValue();
        }

        if (input is null && output is null) return models;
        var (from, to) = (input ?? 0, output ?? 0);
        return new Usage(from, to, total == from + to ? null : total, cached, reasoning);
    }

    public static void Write(JsonLine json, Usage? usage, string? model)
    {
        json.Object();
        if (usage is null)
        {
            json.EndObject();
            return;
        }

        if (model is not null) json.Name("models"u8).Array().Object();
        if (model is null) json.Number("total_tokens"u8, usage.Sum);
        json.Number("input_tokens"u8, usage.Input).Number("output_tokens"u8, usage.Output);
        if (model is not null) json.String("model_id"u8, model).EndObject().EndArray();
        else WriteDetails(json, usage);
        json.EndObject();
    }

    private static void WriteDetails(JsonLine json, Usage usage)
    {
        if (usage.Reasoning is { } reasoning) json.Name("output_tokens_details"u8).Object().Number("reasoning_tokens"u8, reasoning).EndObject();
        if (usage.CachedInput is { } cached) json.Name("prompt_tokens_details"u8).Object().Number("cached_tokens"u8, cached).EndObject();
    }

    private static Usage? ReadModels(ref Utf8JsonReader json, ref string? model)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
        {
            json.Skip();
            return null;
        }

        Usage? sum = null;
        while (true)
        {
            // Read stands before a value; the end of the array is none.
            var ahead = json;
            if (!ahead.Read() || ahead.TokenType == JsonTokenType.EndArray)
            {
                json.Read();
                return sum;
            }

            sum = Usage.Add(sum, Read(ref json, ref model));
        }
    }
}
