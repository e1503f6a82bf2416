using System.Text.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.ChatCompletions;

/// <summary>Reads a message of a request: what the wire has in one message of the assistant, reasoning, text and calls, are several items.</summary>
internal static class ChatMessageReader
{
    public static void Read(JsonElement message, string path, List<InputItem> into)
    {
        var role = message.AsObject(path).RequiredString("role", path);
        switch (role)
        {
            case "system" or "developer" or "user":
                into.Add(new InputItem(new MessageItem(new Role(role)), ReadContent(message, path, role == "user", required: true)) { Leftover = NameOf(message, path) });
                break;
            case "assistant":
                ReadAssistant(message, path, into);
                break;
            case "tool":
                into.Add(new InputItem(new ToolResultItem(message.RequiredString("tool_call_id", path)), ReadContent(message, path, media: false, required: true)));
                break;
            case "function":
                // What tools were called before 2023-11: a result goes by the function's name.
                into.Add(new InputItem(new ToolResultItem(message.RequiredString("name", path)), ReadContent(message, path, media: false, required: true)));
                break;
            default:
                throw OpenAiJson.Invalid($"{path}.role", $"Invalid value: '{role}'. Supported values are: 'system', 'developer', 'user', 'assistant', 'tool' and 'function'.");
        }
    }

    private static void ReadAssistant(JsonElement message, string path, List<InputItem> into)
    {
        if ((message.OptionalString("reasoning_content", path) ?? message.OptionalString("reasoning", path)) is { Length: > 0 } reasoning)
            into.Add(new InputItem(new ReasoningItem(), [new Content(PartKind.ReasoningText, reasoning)]));

        var hasCalls = message.TryGet("tool_calls", out var calls) && calls.AsArray($"{path}.tool_calls").GetArrayLength() > 0;
        var hasOldCall = message.TryGet("function_call", out var old);
        var content = ReadContent(message, path, media: false, required: false).ToList();
        if (message.OptionalString("refusal", path) is { Length: > 0 } refusal) content.Add(new Content(PartKind.Refusal, refusal));
        if ((hasCalls || hasOldCall) && content.All(part => part.Text.Length == 0)) content.Clear();
        else if (content.Count == 0) content.Add(new Content(PartKind.Text));
        if (content.Count > 0) into.Add(new InputItem(new MessageItem(Role.Assistant), content.ToValueList()) { Leftover = NameOf(message, path) });

        if (hasOldCall) into.Add(ReadFunction(old.AsObject($"{path}.function_call"), $"{path}.function_call", null));
        if (!hasCalls) return;
        var index = 0;
        foreach (var call in calls.EnumerateArray())
        {
            var at = $"{path}.tool_calls[{index++}]";
            var type = call.AsObject(at).OptionalString("type", at) ?? "function";
            if (type != "function") throw OpenAiJson.Invalid($"{at}.type", $"Invalid value: '{type}'. Calls of type 'function' are supported.");
            if (!call.TryGet("function", out var function)) throw OpenAiJson.Missing($"{at}.function");
            into.Add(ReadFunction(function.AsObject($"{at}.function"), $"{at}.function", call.RequiredString("id", at)));
        }
    }

    private static InputItem ReadFunction(JsonElement function, string path, string? id)
    {
        var name = function.RequiredString("name", path);
        return new InputItem(new ToolCallItem(id ?? name, name, RunBy.Client), [new Content(PartKind.Input, function.OptionalString("arguments", path) ?? "")]);
    }

    private static ValueList<Content> ReadContent(JsonElement message, string path, bool media, bool required)
    {
        path += ".content";
        if (!message.TryGet("content", out var content)) return required ? throw OpenAiJson.Missing(path) : default;
        if (content.ValueKind == JsonValueKind.String) return [new Content(PartKind.Text, content.AsString(path))];
        if (content.ValueKind != JsonValueKind.Array) throw OpenAiJson.WrongType(path, "a string or an array of parts", content);
        return content.EnumerateArray().Select((part, index) => ReadPart(part, $"{path}[{index}]", media)).ToValueList();
    }

    private static Content ReadPart(JsonElement part, string path, bool media)
    {
        var type = part.AsObject(path).RequiredString("type", path);
        return type switch
        {
            "text" => new Content(PartKind.Text, part.RequiredString("text", path)),
            "refusal" when !media => new Content(PartKind.Refusal, part.RequiredString("refusal", path)),
            "image_url" when media => ReadImage(part, path),
            "input_audio" when media => ReadAudio(part, path),
            "file" when media => ReadFile(part, path),
            _ => throw OpenAiJson.Invalid($"{path}.type", $"Invalid value: '{type}'. {(media ? "Supported values are: 'text', 'image_url', 'input_audio' and 'file'." : "Only text is supported here.")}"),
        };
    }

    private static Content ReadImage(JsonElement part, string path)
    {
        path += ".image_url";
        if (!part.TryGet("image_url", out var image)) throw OpenAiJson.Missing(path);
        // Several clients write the address alone.
        var url = image.ValueKind == JsonValueKind.String ? image.AsString(path) : image.AsObject(path).RequiredString("url", path);
        var detail = image.ValueKind == JsonValueKind.Object ? image.OptionalString("detail", path) : null;
        return OpenAiMedia.ReadImage(url, $"{path}.url", detail, $"{path}.detail");
    }

    private static Content ReadAudio(JsonElement part, string path)
    {
        path += ".input_audio";
        if (!part.TryGet("input_audio", out var audio)) throw OpenAiJson.Missing(path);
        var data = audio.AsObject(path).RequiredString("data", path);
        return OpenAiMedia.ReadAudio(data, audio.RequiredString("format", path), path);
    }

    private static Content ReadFile(JsonElement part, string path)
    {
        path += ".file";
        if (!part.TryGet("file", out var file)) throw OpenAiJson.Missing(path);
        if (file.AsObject(path).OptionalString("file_id", path) is not null)
            throw OpenAiJson.Invalid($"{path}.file_id", "Stored files are not supported. Send the file itself, as 'file_data'.", "unsupported_parameter");
        return OpenAiMedia.ReadFile(file.RequiredString("file_data", path), file.OptionalString("filename", path));
    }

    // A speaker's name, which no other protocol has.
    private static Leftover? NameOf(JsonElement message, string path)
    {
        if (message.OptionalString("name", path) is not { Length: > 0 }) return null;
        return new Leftover(Protocol.ChatCompletions, new RawJson($$"""{"name":{{message.GetProperty("name").ToRawJson().Text}}}"""));
    }
}
