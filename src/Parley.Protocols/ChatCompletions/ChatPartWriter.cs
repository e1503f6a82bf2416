using System.Text;
using Parley.Conversations;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.ChatCompletions;

/// <summary>
/// Writes a part of a message that is not text alone. What a peer cannot be sent is an error in what is new; in what was said before it
/// becomes a remark, or no later turn of the conversation could be answered.
/// </summary>
internal sealed class ChatPartWriter(OpenAiFiles files) : ChatContentWriter
{
    protected override void WritePart(JsonLine json, Content part, bool isInput)
    {
        if (part.Media is not { } media)
        {
            if (part.Text.Length > 0) WriteTextPart(json, part.Text);
            return;
        }

        if (media.File is { } file)
        {
            if (files.TryFind(file, out var stored, out var bytes)) WriteStored(json, stored, bytes);
            else WriteTextPart(json, $"[{OpenAiMedia.Describe(media)}]");
            return;
        }

        var type = media.MediaType ?? "";
        var isData = media.Url?.StartsWith("data:", StringComparison.OrdinalIgnoreCase) == true;
        if (type.StartsWith("image", StringComparison.Ordinal) && media.Url is not null) WriteImage(json, media.Url, part.Data);
        else if (isData && FormatOf(type) is { } format) WriteAudio(json, media.Url!, format);
        else if (isData && !type.StartsWith("audio", StringComparison.Ordinal) && !type.StartsWith("video", StringComparison.Ordinal)) WriteFile(json, media);
        else if (isInput) throw ChatMessageWriter.Unsendable(media, media.Url is null ? "that is only named" : "by its address");
        else WriteTextPart(json, $"[{OpenAiMedia.Describe(media)}]");
    }

    // Images as data URLs, text as text.
    private static void WriteStored(JsonLine json, StoredFile file, byte[] bytes)
    {
        if (OpenAiFiles.IsImage(file.MediaType))
        {
            json.Object().String("type"u8, "image_url").Name("image_url"u8).Object().Name("url"u8)
                .Base64(Encoding.ASCII.GetBytes($"data:{file.MediaType};base64,"), bytes).EndObject().EndObject();
            return;
        }

        var text = bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsSpan(3) : bytes;
        WriteTextPart(json, $"File '{file.Name}':\n{Encoding.UTF8.GetString(text)}");
    }

    private static void WriteTextPart(JsonLine json, string text) => json.Object().String("type"u8, "text").String("text"u8, text).EndObject();

    private static void WriteImage(JsonLine json, string url, RawJson? data)
    {
        json.Object().String("type"u8, "image_url").Name("image_url"u8).Object().String("url"u8, url);
        if (OpenAiMedia.DetailOf(data) is { } detail) json.String("detail"u8, detail);
        json.EndObject().EndObject();
    }

    private static void WriteAudio(JsonLine json, string url, string format)
        => json.Object().String("type"u8, "input_audio").Name("input_audio"u8).Object()
            .String("data"u8, url.AsSpan(url.IndexOf(',') + 1)).String("format"u8, format).EndObject().EndObject();

    private static void WriteFile(JsonLine json, Media media)
        => json.Object().String("type"u8, "file").Name("file"u8).Object()
            .String("filename"u8, string.IsNullOrEmpty(media.Name) ? "file" : media.Name).String("file_data"u8, media.Url).EndObject().EndObject();

    private static string? FormatOf(string type) => type switch
    {
        "audio/wav" or "audio/x-wav" or "audio/wave" => "wav",
        "audio/mpeg" or "audio/mp3" => "mp3",
        _ => null,
    };
}
