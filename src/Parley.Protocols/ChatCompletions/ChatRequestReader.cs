using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.ChatCompletions;

/// <summary>
/// Reads the body of <c>POST /v1/chat/completions</c>. What is wrong is an error of OpenAI's kind that names the member; what is not
/// known is kept, for a peer that may know it.
/// </summary>
public static class ChatRequestReader
{
    /// <summary>The most messages that a request may have.</summary>
    public const int MessageLimit = 10_000;

    /// <summary>The most tools that a request may have.</summary>
    public const int ToolLimit = 1_000;

    private const int MetadataLimit = 16;
    private const int DepthLimit = 64;

    private static readonly HashSet<string> Known =
    [
        "model", "messages", "stream", "stream_options", "tools", "tool_choice", "parallel_tool_calls", "temperature", "top_p", "frequency_penalty",
        "presence_penalty", "max_tokens", "max_completion_tokens", "seed", "stop", "response_format", "reasoning_effort", "user", "metadata", "n",
    ];

    /// <summary>Reads a request.</summary>
    /// <exception cref="RunException">It is not valid; the error says where.</exception>
    public static ChatRequest Read(ReadOnlyMemory<byte> body)
    {
        // Strings are read without this check, so that half a surrogate pair can be borne; broken bytes cannot.
        if (!Utf8.IsValid(body.Span)) throw Malformed("The body of the request is not valid UTF-8.");
        if (body.Span.StartsWith("\uFEFF"u8)) body = body[3..];
        try
        {
            using var json = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = DepthLimit });
            if (json.RootElement.ValueKind != JsonValueKind.Object) throw Malformed("The body of the request must be a JSON object.");
            return Read(json.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The latter is what a member's name with half a surrogate pair gives.
            throw Malformed($"The body of the request is not valid JSON, or is nested more than {DepthLimit} deep.");
        }
    }

    private static ChatRequest Read(JsonElement root)
    {
        if (root.OptionalInteger("n") is { } n and not 1) throw ChatJson.Invalid("n", $"Invalid value for 'n': {n}. One answer can be asked for.", "unsupported_value");
        foreach (var old in (ReadOnlySpan<string>)["functions", "function_call"])
            if (root.TryGet(old, out _)) throw ChatJson.Invalid(old, $"'{old}' is not supported. Use 'tools' and 'tool_choice'.", "unsupported_parameter");
        var options = root.TryGet("stream_options", out var given) ? given.AsObject("stream_options") : default;
        return new ChatRequest
        {
            Model = root.OptionalString("model", ""),
            Stream = root.OptionalBool("stream") ?? false,
            IncludeUsage = options.ValueKind == JsonValueKind.Object && options.TryGet("include_usage", out var usage)
                && (usage.ValueKind is JsonValueKind.True or JsonValueKind.False ? usage.GetBoolean() : throw ChatJson.WrongType("stream_options.include_usage", "a boolean", usage)),
            Messages = ReadMessages(root),
            Metadata = ReadMetadata(root),
            Request = ReadModelRequest(root),
        };
    }

    private static ModelRequest ReadModelRequest(JsonElement root) => new()
    {
        Model = root.OptionalString("model", ""),
        Tools = ReadTools(root),
        ToolChoice = root.TryGet("tool_choice", out var choice)
            ? choice.ValueKind is JsonValueKind.String or JsonValueKind.Object ? choice.ToRawJson() : throw ChatJson.WrongType("tool_choice", "a string or an object", choice)
            : null,
        ParallelToolCalls = root.OptionalBool("parallel_tool_calls"),
        Temperature = root.OptionalDouble("temperature"),
        TopP = root.OptionalDouble("top_p"),
        FrequencyPenalty = root.OptionalDouble("frequency_penalty"),
        PresencePenalty = root.OptionalDouble("presence_penalty"),
        MaxOutputTokens = ReadMaxTokens(root),
        Seed = root.OptionalInteger("seed"),
        Stop = ReadStop(root),
        ResponseFormat = root.TryGet("response_format", out var format) ? format.AsObject("response_format").ToRawJson() : null,
        ReasoningEffort = root.OptionalString("reasoning_effort", ""),
        User = root.OptionalString("user", ""),
        Leftover = ReadLeftover(root),
    };

    private static ValueList<InputItem> ReadMessages(JsonElement root)
    {
        if (!root.TryGet("messages", out var messages)) throw ChatJson.Missing("messages");
        var count = messages.AsArray("messages").GetArrayLength();
        if (count == 0) throw ChatJson.Invalid("messages", "Invalid 'messages': empty array. At least one message is needed.", "empty_array");
        if (count > MessageLimit) throw ChatJson.Invalid("messages", $"Invalid 'messages': {count} messages, the limit is {MessageLimit}.", "array_above_max_length");
        var items = new List<InputItem>(count);
        var index = 0;
        foreach (var message in messages.EnumerateArray()) ChatMessageReader.Read(message, $"messages[{index++}]", items);
        return items.ToValueList();
    }

    private static ValueList<ToolDefinition> ReadTools(JsonElement root)
    {
        if (!root.TryGet("tools", out var tools)) return default;
        if (tools.AsArray("tools").GetArrayLength() > ToolLimit) throw ChatJson.Invalid("tools", $"Invalid 'tools': the limit is {ToolLimit}.", "array_above_max_length");
        var list = new List<ToolDefinition>();
        var index = 0;
        foreach (var tool in tools.EnumerateArray())
        {
            var path = $"tools[{index++}]";
            var type = tool.AsObject(path).RequiredString("type", path);
            if (type != "function") throw ChatJson.Invalid(path + ".type", $"Invalid value: '{type}'. Tools of type 'function' are supported.");
            if (!tool.TryGet("function", out var function)) throw ChatJson.Missing(path + ".function");
            path += ".function";
            var name = function.AsObject(path).RequiredString("name", path);
            if (name.Length == 0) throw ChatJson.Invalid(path + ".name", $"Invalid '{path}.name': empty string.", "empty_string");
            list.Add(new ToolDefinition(
                name,
                function.OptionalString("description", path),
                function.TryGet("parameters", out var parameters) ? parameters.AsObject(path + ".parameters").ToRawJson() : null,
                function.OptionalBool("strict")));
        }

        return list.ToValueList();
    }

    private static long? ReadMaxTokens(JsonElement root)
    {
        foreach (var name in (ReadOnlySpan<string>)["max_completion_tokens", "max_tokens"])
        {
            if (root.OptionalInteger(name) is not { } limit) continue;
            return limit > 0 ? limit : throw ChatJson.Invalid(name, $"Invalid '{name}': {limit} is less than 1.", "integer_below_min_value");
        }

        return null;
    }

    private static ValueList<string> ReadStop(JsonElement root)
    {
        if (!root.TryGet("stop", out var stop)) return default;
        if (stop.ValueKind == JsonValueKind.String) return [stop.AsString("stop")];
        if (stop.ValueKind != JsonValueKind.Array) throw ChatJson.WrongType("stop", "a string or an array", stop);
        return stop.EnumerateArray().Select((one, index) => one.AsString($"stop[{index}]")).ToValueList();
    }

    private static ValueList<KeyValuePair<string, string>> ReadMetadata(JsonElement root)
    {
        if (!root.TryGet("metadata", out var metadata)) return default;
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (var member in metadata.AsObject("metadata").EnumerateObject())
        {
            var path = $"metadata.{member.Name}";
            var value = member.Value.AsString(path);
            if (member.Name.Length > 64) throw ChatJson.Invalid("metadata", "A key of 'metadata' is longer than 64 characters.", "string_above_max_length");
            if (value.Length > 512) throw ChatJson.Invalid(path, $"'{path}' is longer than 512 characters.", "string_above_max_length");
            pairs.Add(new(member.Name, value));
        }

        if (pairs.Count > MetadataLimit) throw ChatJson.Invalid("metadata", $"'metadata' has more than {MetadataLimit} keys.", "object_above_max_properties");
        return pairs.ToValueList();
    }

    private static Leftover? ReadLeftover(JsonElement root)
    {
        ArrayBufferWriter<byte>? buffer = null;
        JsonLine? json = null;
        foreach (var member in root.EnumerateObject())
        {
            if (Known.Contains(member.Name) || member.Value.ValueKind == JsonValueKind.Null) continue;
            json ??= new JsonLine(buffer = new ArrayBufferWriter<byte>(), JsonEscaping.Minimal).Object();
            json.Name(member.Name.AsSpan()).Raw(Encoding.UTF8.GetBytes(member.Value.ToRawJson().Text));
        }

        if (json is null) return null;
        json.EndObject();
        return new Leftover(Protocol.ChatCompletions, new RawJson(Encoding.UTF8.GetString(buffer!.WrittenSpan)));
    }

    private static RunException Malformed(string message) => new(new RunError(ErrorSide.Client, ErrorCause.Malformed, message, true));
}
