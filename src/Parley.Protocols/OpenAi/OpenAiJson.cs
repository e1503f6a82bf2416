using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.OpenAi;

/// <summary>Reads members of a request. A wrong type is an error that names the member by its path, as OpenAI's <c>param</c> does.</summary>
internal static class OpenAiJson
{
    /// <summary>For what was read from a request and is kept a few levels deeper.</summary>
    public static readonly JsonDocumentOptions Deep = new() { MaxDepth = 128 };

    /// <summary>The same, for what is read in one pass.</summary>
    public static readonly JsonReaderOptions DeepReader = new() { MaxDepth = Deep.MaxDepth };

    /// <summary>A member that is there and not null.</summary>
    public static bool TryGet(this JsonElement element, string name, out JsonElement value)
        => element.TryGetProperty(name, out value) && value.ValueKind is not JsonValueKind.Null;

    public static string? OptionalString(this JsonElement element, string name, string path)
        => element.TryGet(name, out var value) ? value.AsString(Join(path, name)) : null;

    public static string RequiredString(this JsonElement element, string name, string path)
        => element.OptionalString(name, path) ?? throw Missing(Join(path, name));

    public static bool? OptionalBool(this JsonElement element, string name, string path = "") => !element.TryGet(name, out var value) ? null : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw WrongType(Join(path, name), "a boolean", value),
    };

    public static double? OptionalDouble(this JsonElement element, string name, string path = "")
    {
        if (!element.TryGet(name, out var value)) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? number : throw WrongType(Join(path, name), "a number", value);
    }

    public static long? OptionalInteger(this JsonElement element, string name, string path = "")
    {
        if (!element.TryGet(name, out var value)) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : throw WrongType(Join(path, name), "an integer", value);
    }

    /// <summary>A string. Half a surrogate pair, on which the framework's reader throws, becomes U+FFFD.</summary>
    public static string AsString(this JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.String) throw WrongType(path, "a string", value);
        return JsonText.ReadTolerant(JsonMarshal.GetRawUtf8Value(value)[1..^1]);
    }

    public static JsonElement AsObject(this JsonElement value, string path)
        => value.ValueKind == JsonValueKind.Object ? value : throw WrongType(path, "an object", value);

    public static JsonElement AsArray(this JsonElement value, string path)
        => value.ValueKind == JsonValueKind.Array ? value : throw WrongType(path, "an array", value);

    /// <summary>The value as compact text.</summary>
    public static RawJson ToRawJson(this JsonElement value) => new(Compact(JsonMarshal.GetRawUtf8Value(value)));

    public static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    public static RunException Missing(string path)
        => new(RunError.Rejected($"Missing required parameter: '{path}'.", path, "missing_required_parameter"));

    public static RunException WrongType(string path, string wanted, JsonElement value)
        => new(RunError.Rejected($"Invalid type for '{path}': expected {wanted}, but got {Describe(value.ValueKind)} instead.", path, "invalid_type"));

    public static RunException Invalid(string path, string message, string code = "invalid_value") => new(RunError.Rejected(message, path, code));

    // White space between the tokens goes; strings stay as they are, to the byte.
    private static string Compact(ReadOnlySpan<byte> json)
    {
        if (json.IndexOfAny(" \t\r\n"u8) < 0) return Encoding.UTF8.GetString(json);
        var compact = new ArrayBufferWriter<byte>(json.Length);
        var inString = false;
        for (var i = 0; i < json.Length; i++)
        {
            var one = json[i];
            if (!inString && one is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n') continue;
            if (one == '"') inString = !inString;
            compact.Write([one]);
            if (inString && one == '\\') compact.Write([json[++i]]);
        }

        return Encoding.UTF8.GetString(compact.WrittenSpan);
    }

    private static string Describe(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        _ => "null",
    };
}
