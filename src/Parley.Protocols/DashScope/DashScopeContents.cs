using System.Text;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.DashScope;

/// <summary>The contents of messages: texts, or for a model that sees, lists of <c>{text}</c> and <c>{image}</c>.</summary>
internal sealed class DashScopeContents(bool isMultimodal, OpenAiFiles files) : ChatContentWriter
{
    public override Role RoleOf(Role role) => role == Role.Developer ? Role.System : role;

    public override void WriteText(JsonLine json, string? text)
    {
        if (!isMultimodal)
        {
            json.String(text ?? "");
            return;
        }

        json.Array();
        if (text is not null) WriteTextPart(json, text);
        json.EndArray();
    }

    public override void WritePart(JsonLine json, Content part, bool isInput)
    {
        if (part.Media is not { } media)
        {
            if (part.Text.Length > 0) WriteTextPart(json, part.Text);
            return;
        }

        if (media.File is { } id && files.TryFind(id, out var file, out var bytes) && (isMultimodal || !OpenAiFiles.IsImage(file.MediaType)))
        {
            if (OpenAiFiles.IsImage(file.MediaType)) json.Object().Name("image"u8).Base64(Encoding.ASCII.GetBytes($"data:{file.MediaType};base64,"), bytes).EndObject();
            else WriteTextPart(json, $"File '{file.Name}':\n{Encoding.UTF8.GetString(bytes)}");
            return;
        }

        var isImage = media is { Url: not null, MediaType: { } type } && type.StartsWith("image", StringComparison.Ordinal);
        if (isMultimodal && isImage) json.Object().String("image"u8, media.Url).EndObject();
        else if (isInput) throw ChatMessageWriter.Unsendable(media, isMultimodal ? "other than images" : "as its model does not see");
        else WriteTextPart(json, $"[{OpenAiMedia.Describe(media)}]");
    }

    private static void WriteTextPart(JsonLine json, string text) => json.Object().String("text"u8, text).EndObject();
}
