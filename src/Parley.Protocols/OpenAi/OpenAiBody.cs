using System.Text.Json;
using System.Text.Unicode;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.OpenAi;

/// <summary>Reads what the bodies of OpenAI's requests have in common.</summary>
internal static class OpenAiBody
{
    private const int MetadataLimit = 16;
    private const int DepthLimit = 64;

    /// <summary>Reads a body that must be a JSON object.</summary>
    /// <exception cref="RunException">It is not, or <paramref name="read"/> refuses it.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> body, Func<JsonElement, T> read)
    {
        // Strings are read without this check, so that half a surrogate pair can be borne; broken bytes cannot.
        if (!Utf8.IsValid(body.Span)) throw Malformed("The body of the request is not valid UTF-8.");
        if (body.Span.StartsWith("\uFEFF"u8)) body = body[3..];
        try
        {
            using var json = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = DepthLimit });
            if (json.RootElement.ValueKind != JsonValueKind.Object) throw Malformed("The body of the request must be a JSON object.");
            return read(json.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The latter is what a member's name with half a surrogate pair gives.
            throw Malformed($"The body of the request is not valid JSON, or is nested more than {DepthLimit} deep.");
        }
    }

    /// <summary>The <c>metadata</c> of a request, empty if it is absent.</summary>
    public static ValueList<KeyValuePair<string, string>> ReadMetadata(JsonElement root)
    {
        if (!root.TryGet("metadata", out var metadata)) return default;
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (var member in metadata.AsObject("metadata").EnumerateObject())
        {
            var path = $"metadata.{member.Name}";
            var value = member.Value.AsString(path);
            if (member.Name.Length > 64) throw OpenAiJson.Invalid("metadata", "A key of 'metadata' is longer than 64 characters.", "string_above_max_length");
            if (value.Length > 512) throw OpenAiJson.Invalid(path, $"'{path}' is longer than 512 characters.", "string_above_max_length");
            pairs.Add(new(member.Name, value));
        }

        if (pairs.Count > MetadataLimit) throw OpenAiJson.Invalid("metadata", $"'metadata' has more than {MetadataLimit} keys.", "object_above_max_properties");
        return pairs.ToValueList();
    }

    /// <summary>A function that the model may call: <c>name</c>, <c>description</c>, <c>parameters</c>, <c>strict</c>.</summary>
    public static ToolDefinition ReadFunction(JsonElement function, string path)
    {
        var name = function.RequiredString("name", path);
        if (name.Length == 0) throw OpenAiJson.Invalid(path + ".name", $"Invalid '{path}.name': empty string.", "empty_string");
        return new ToolDefinition(
            name,
            function.OptionalString("description", path),
            function.TryGet("parameters", out var parameters) ? parameters.AsObject(path + ".parameters").ToRawJson() : null,
            function.OptionalBool("strict", path));
    }

    /// <summary>The members that are not known, unless they are null.</summary>
    public static Leftover? ReadLeftover(JsonElement element, Protocol protocol, Predicate<JsonProperty> isKnown)
        => ReadMembers(element, member => member.Value.ValueKind == JsonValueKind.Null || isKnown(member)) is { } members ? new Leftover(protocol, members) : null;

    /// <summary>The members that are not known, as compact JSON; null if there are none.</summary>
    public static RawJson? ReadMembers(JsonElement element, Predicate<JsonProperty> isKnown)
    {
        if (element.EnumerateObject().All(member => isKnown(member))) return null;
        return JsonLine.ToRawJson(json =>
        {
            json.Object();
            foreach (var member in element.EnumerateObject())
                if (!isKnown(member)) json.Name(member.Name.AsSpan()).Raw(member.Value.ToRawJson());
            json.EndObject();
        });
    }

    private static RunException Malformed(string message) => new(new RunError(ErrorSide.Client, ErrorCause.Malformed, message, true));
}
