using System.Text.Json;
using Parley.Protocols.OpenAi;
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

    private static readonly HashSet<string> Known =
    [
        "model", "messages", "stream", "stream_options", "tools", "tool_choice", "parallel_tool_calls", "temperature", "top_p", "frequency_penalty",
        "presence_penalty", "max_tokens", "max_completion_tokens", "seed", "stop", "response_format", "reasoning_effort", "user", "metadata", "n",
    ];

    /// <summary>Reads a request.</summary>
    /// <exception cref="RunException">It is not valid; the error says where.</exception>
    public static ChatRequest Read(ReadOnlyMemory<byte> body) => OpenAiBody.Read(body, Read);

    private static ChatRequest Read(JsonElement root)
    {
        if (root.OptionalInteger("n") is { } n and not 1) throw OpenAiJson.Invalid("n", $"Invalid value for 'n': {n}. One answer can be asked for.", "unsupported_value");
        foreach (var old in (ReadOnlySpan<string>)["functions", "function_call"])
            if (root.TryGet(old, out _)) throw OpenAiJson.Invalid(old, $"'{old}' is not supported. Use 'tools' and 'tool_choice'.", "unsupported_parameter");
        var options = root.TryGet("stream_options", out var given) ? given.AsObject("stream_options") : default;
        return new ChatRequest
        {
            Model = root.OptionalString("model", ""),
            Stream = root.OptionalBool("stream") ?? false,
            IncludeUsage = options.ValueKind == JsonValueKind.Object && options.OptionalBool("include_usage", "stream_options") == true,
            Messages = ReadMessages(root),
            Metadata = OpenAiBody.ReadMetadata(root),
            Request = ReadModelRequest(root),
        };
    }

    private static ModelRequest ReadModelRequest(JsonElement root) => new()
    {
        Model = root.OptionalString("model", ""),
        Tools = ReadTools(root),
        ToolChoice = root.TryGet("tool_choice", out var choice)
            ? choice.ValueKind is JsonValueKind.String or JsonValueKind.Object ? choice.ToRawJson() : throw OpenAiJson.WrongType("tool_choice", "a string or an object", choice)
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
        Leftover = OpenAiBody.ReadLeftover(root, Protocol.ChatCompletions, static member => Known.Contains(member.Name)),
    };

    private static ValueList<InputItem> ReadMessages(JsonElement root)
    {
        if (!root.TryGet("messages", out var messages)) throw OpenAiJson.Missing("messages");
        var count = messages.AsArray("messages").GetArrayLength();
        if (count == 0) throw OpenAiJson.Invalid("messages", "Invalid 'messages': empty array. At least one message is needed.", "empty_array");
        if (count > MessageLimit) throw OpenAiJson.Invalid("messages", $"Invalid 'messages': {count} messages, the limit is {MessageLimit}.", "array_above_max_length");
        var items = new List<InputItem>(count);
        var index = 0;
        foreach (var message in messages.EnumerateArray()) ChatMessageReader.Read(message, $"messages[{index++}]", items);
        return items.ToValueList();
    }

    private static ValueList<ToolDefinition> ReadTools(JsonElement root)
    {
        if (!root.TryGet("tools", out var tools)) return default;
        if (tools.AsArray("tools").GetArrayLength() > ToolLimit) throw OpenAiJson.Invalid("tools", $"Invalid 'tools': the limit is {ToolLimit}.", "array_above_max_length");
        var list = new List<ToolDefinition>();
        var index = 0;
        foreach (var tool in tools.EnumerateArray())
        {
            var path = $"tools[{index++}]";
            var type = tool.AsObject(path).RequiredString("type", path);
            if (type != "function") throw OpenAiJson.Invalid(path + ".type", $"Invalid value: '{type}'. Tools of type 'function' are supported.");
            if (!tool.TryGet("function", out var function)) throw OpenAiJson.Missing(path + ".function");
            path += ".function";
            list.Add(OpenAiBody.ReadFunction(function.AsObject(path), path));
        }

        return list.ToValueList();
    }

    private static long? ReadMaxTokens(JsonElement root)
    {
        foreach (var name in (ReadOnlySpan<string>)["max_completion_tokens", "max_tokens"])
        {
            if (root.OptionalInteger(name) is not { } limit) continue;
            return limit > 0 ? limit : throw OpenAiJson.Invalid(name, $"Invalid '{name}': {limit} is less than 1.", "integer_below_min_value");
        }

        return null;
    }

    private static ValueList<string> ReadStop(JsonElement root)
    {
        if (!root.TryGet("stop", out var stop)) return default;
        if (stop.ValueKind == JsonValueKind.String) return [stop.AsString("stop")];
        if (stop.ValueKind != JsonValueKind.Array) throw OpenAiJson.WrongType("stop", "a string or an array", stop);
        return stop.EnumerateArray().Select((one, index) => one.AsString($"stop[{index}]")).ToValueList();
    }
}
