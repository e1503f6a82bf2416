using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;

namespace Parley.Protocols.Responses;

/// <summary>Reads <c>text.format</c>. Here a schema stands beside its type; in Chat Completions, whose form is the canonical one, below it.</summary>
internal static class ResponsesFormat
{
    private const string Path = "text.format";

    /// <summary>The form of the answer as Chat Completions writes it; null for plain text.</summary>
    public static RawJson? Read(JsonElement root)
    {
        if (Find(root) is not { } format) return null;
        var type = format.RequiredString("type", Path);
        switch (type)
        {
            case "text":
                return null;
            case "json_object":
                return new RawJson("""{"type":"json_object"}""");
            case "json_schema":
                return JsonLine.ToRawJson(json =>
                {
                    json.Object().String("type"u8, type).Name("json_schema"u8).Object().String("name"u8, format.RequiredString("name", Path));
                    if (format.OptionalString("description", Path) is { } description) json.String("description"u8, description);
                    json.Name("schema"u8).Raw(SchemaOf(format));
                    if (format.OptionalBool("strict", Path) is { } strict) json.Name("strict"u8).Bool(strict);
                    json.EndObject().EndObject();
                });
            default:
                throw OpenAiJson.Invalid($"{Path}.type", $"Invalid value: '{type}'. Supported values are: 'text', 'json_object' and 'json_schema'.");
        }
    }

    /// <summary>Writes the member as a response repeats it, with all that a strict reader looks for.</summary>
    public static void WriteEcho(JsonLine json, JsonElement root)
    {
        json.Name("format"u8).Object();
        if (Find(root) is not { } format) json.String("type"u8, "text");
        else
        {
            json.String("type"u8, format.RequiredString("type", Path));
            if (format.OptionalString("name", Path) is { } name)
            {
                json.String("name"u8, name).StringOrNull("description"u8, format.OptionalString("description", Path)).Name("schema"u8).Raw(SchemaOf(format)).Name("strict"u8).Bool(format.OptionalBool("strict", Path) ?? false);
            }
        }

        json.EndObject();
    }

    private static JsonElement? Find(JsonElement root)
        => root.TryGet("text", out var text) && text.AsObject("text").TryGet("format", out var format) ? format.AsObject(Path) : null;

    private static RawJson SchemaOf(JsonElement format)
        => format.TryGet("schema", out var schema) ? schema.AsObject($"{Path}.schema").ToRawJson() : throw OpenAiJson.Missing($"{Path}.schema");
}
