using System.Text.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>Reads the parts of messages, of what tools gave back, and of reasoning.</summary>
internal static class ResponsesInputContent
{
    /// <summary>The content of a message: a text, or a list of parts. An answer that is sent back has other parts than a question.</summary>
    public static ValueList<Content> ReadMessage(JsonElement message, string path, bool isAnswer)
    {
        path += ".content";
        if (!message.TryGet("content", out var content)) throw OpenAiJson.Missing(path);
        return Read(content, path, isAnswer ? ReadAnswerPart : ReadPart);
    }

    /// <summary>What a tool gave back.</summary>
    public static ValueList<Content> ReadOutput(JsonElement result, string path)
    {
        path += ".output";
        return result.TryGet("output", out var output) ? Read(output, path, ReadPart) : throw OpenAiJson.Missing(path);
    }

    /// <summary>The texts of a list of a reasoning's.</summary>
    public static void ReadReasoning(JsonElement reasoning, string path, string name, PartKind kind, List<Content> into)
    {
        if (!reasoning.TryGet(name, out var parts)) return;
        var index = 0;
        foreach (var part in parts.AsArray(path).EnumerateArray())
        {
            var at = $"{path}[{index++}]";
            into.Add(new Content(kind, part.AsObject(at).RequiredString("text", at)));
        }
    }

    private static ValueList<Content> Read(JsonElement content, string path, Func<JsonElement, string, Content> readPart)
    {
        if (content.ValueKind == JsonValueKind.String) return [new Content(PartKind.Text, content.AsString(path))];
        if (content.ValueKind != JsonValueKind.Array) throw OpenAiJson.WrongType(path, "a string or an array of parts", content);
        return content.EnumerateArray().Select((part, index) => readPart(part, $"{path}[{index}]")).ToValueList();
    }

    private static Content ReadAnswerPart(JsonElement part, string path)
    {
        var type = part.AsObject(path).RequiredString("type", path);
        return type switch
        {
            "output_text" or "input_text" or "text" => new Content(PartKind.Text, part.RequiredString("text", path), Notes: ResponsesNotes.Read(part).ToValueList()),
            "refusal" => new Content(PartKind.Refusal, part.RequiredString("refusal", path)),
            _ => throw OpenAiJson.Invalid($"{path}.type", $"Invalid value: '{type}'. Supported values are: 'output_text' and 'refusal'."),
        };
    }

    private static Content ReadPart(JsonElement part, string path)
    {
        var type = part.AsObject(path).RequiredString("type", path);
        return type switch
        {
            "input_text" or "output_text" or "text" => new Content(PartKind.Text, part.RequiredString("text", path)),
            "input_image" => ReadImage(part, path),
            "input_file" => ReadFile(part, path),
            "input_audio" => ReadAudio(part, path),
            _ => throw OpenAiJson.Invalid($"{path}.type", $"Invalid value: '{type}'. Supported values are: 'input_text', 'input_image', 'input_file' and 'input_audio'."),
        };
    }

    private static Content ReadImage(JsonElement part, string path)
    {
        var (detail, detailPath) = (part.OptionalString("detail", path), $"{path}.detail");
        if (ReadFileId(part, path) is { } file) return OpenAiMedia.Image(new Media(File: file, MediaType: "image"), detail, detailPath);
        path += ".image_url";
        if (!part.TryGet("image_url", out var image)) throw OpenAiJson.Missing(path);

        // As in Chat Completions, which some clients write here too.
        var url = image.ValueKind == JsonValueKind.Object ? image.RequiredString("url", path) : image.AsString(path);
        return OpenAiMedia.ReadImage(url, path, detail, detailPath);
    }

    private static Content ReadFile(JsonElement part, string path)
    {
        var name = part.OptionalString("filename", path);
        if (ReadFileId(part, path) is { } file) return new Content(PartKind.Media, Media: new Media(File: file, MediaType: "file", Name: name));
        if (part.OptionalString("file_data", path) is { } data) return OpenAiMedia.ReadFile(data, name);
        if (part.OptionalString("file_url", path) is not { } url) throw OpenAiJson.Missing($"{path}.file_id");
        return OpenAiMedia.IsWeb(url)
            ? new Content(PartKind.Media, Media: new Media(url, MediaType: "file", Name: name))
            : throw OpenAiJson.Invalid($"{path}.file_url", $"Invalid '{path}.file_url': an http or https URL is needed.", "invalid_file_url");
    }

    private static Content ReadAudio(JsonElement part, string path)
    {
        path += ".input_audio";
        if (!part.TryGet("input_audio", out var audio)) throw OpenAiJson.Missing(path);
        return OpenAiMedia.ReadAudio(audio.AsObject(path).RequiredString("data", path), audio.RequiredString("format", path), path);
    }

    private static Id? ReadFileId(JsonElement part, string path)
    {
        if (part.OptionalString("file_id", path) is not { } text) return null;
        return PrefixedId.TryParse(text, out _, out var id) || DecimalId.TryParse(text, out id)
            ? id
            : throw OpenAiJson.Invalid($"{path}.file_id", $"The file '{text}' does not exist.", "file_not_found");
    }
}
