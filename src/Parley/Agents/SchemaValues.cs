using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Parley.Agents;

/// <summary>Invents arguments that satisfy a tool's JSON schema: a value for each required parameter and nothing else.</summary>
internal static class SchemaValues
{
    private const int MostDepth = 16;
    private const int MostItems = 16;
    private const int MostBytes = 64 * 1024;

    // It is a client's schema: its size, depth and nesting are limited.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A JSON object; <c>{}</c> where there is no schema, or one that cannot be read.</summary>
    public static string ArgumentsFor(RawJson? schema)
    {
        if (schema is not { } raw) return "{}";
        try
        {
            using var document = JsonDocument.Parse(raw.Text);
            var buffer = new ArrayBufferWriter<byte>(256);
            using (var json = new Utf8JsonWriter(buffer, Options)) WriteObject(document.RootElement, json, 0);
            return Encoding.UTF8.GetString(buffer.WrittenSpan);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter: half a surrogate pair
        {
            return "{}";
        }
    }

    private static void WriteObject(JsonElement schema, Utf8JsonWriter json, int depth)
    {
        json.WriteStartObject();
        if (depth < MostDepth && Member(schema, "required") is { ValueKind: JsonValueKind.Array } required)
        {
            var properties = Member(schema, "properties");
            foreach (var name in required.EnumerateArray())
            {
                if (name.ValueKind != JsonValueKind.String || name.GetString() is not { } text) continue;
                json.WritePropertyName(text);
                WriteValue(properties is { } known ? Member(known, text) : null, json, depth + 1);
            }
        }

        json.WriteEndObject();
    }

    private static void WriteValue(JsonElement? schema, Utf8JsonWriter json, int depth)
    {
        if (schema is not { ValueKind: JsonValueKind.Object } known || json.BytesCommitted + json.BytesPending > MostBytes)
        {
            json.WriteStringValue("text");
            return;
        }

        if (Member(known, "const") is { } constant) constant.WriteTo(json);
        else if (Member(known, "default") is { } usual) usual.WriteTo(json);
        else if (Member(known, "enum") is { ValueKind: JsonValueKind.Array } choices && choices.GetArrayLength() > 0) choices[0].WriteTo(json);
        else if (depth < MostDepth && (FirstOf(known, "anyOf") ?? FirstOf(known, "oneOf")) is { } option) WriteValue(option, json, depth + 1);
        else WriteOfType(TypeOf(known), known, json, depth);
    }

    private static void WriteOfType(string type, JsonElement schema, Utf8JsonWriter json, int depth)
    {
        switch (type)
        {
            case "object":
                WriteObject(schema, json, depth);
                break;
            case "array":
                json.WriteStartArray();
                if (Member(schema, "minItems") is { ValueKind: JsonValueKind.Number } least && least.TryGetInt32(out var count) && depth < MostDepth)
                    for (count = Math.Min(count, MostItems); count > 0; count--) WriteValue(Member(schema, "items"), json, depth + 1);
                json.WriteEndArray();
                break;
            case "integer" or "number":
                if (Member(schema, "minimum") is { ValueKind: JsonValueKind.Number } minimum) minimum.WriteTo(json);
                else json.WriteNumberValue(1);
                break;
            case "boolean":
                json.WriteBooleanValue(true);
                break;
            case "null":
                json.WriteNullValue();
                break;
            default:
                json.WriteStringValue("text");
                break;
        }
    }

    // A type may be a list of alternatives: the first that is not null.
    private static string TypeOf(JsonElement schema)
    {
        switch (Member(schema, "type"))
        {
            case { ValueKind: JsonValueKind.String } one:
                return one.GetString() ?? "";
            case { ValueKind: JsonValueKind.Array } several:
                foreach (var type in several.EnumerateArray())
                    if (type.ValueKind == JsonValueKind.String && type.GetString() is { } name and not "null") return name;
                return "null";
            default:
                return Member(schema, "properties") is null ? "string" : "object";
        }
    }

    private static JsonElement? FirstOf(JsonElement schema, string name)
        => Member(schema, name) is { ValueKind: JsonValueKind.Array } options && options.GetArrayLength() > 0 ? options[0] : null;

    private static JsonElement? Member(JsonElement value, string name)
        => value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member) ? member : null;
}
