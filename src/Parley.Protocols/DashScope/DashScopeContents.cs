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

    // A model that does not see takes no lists.
    public override void WriteParts(JsonLine json, ValueList<Content> parts, bool isInput)
    {
        if (isMultimodal) base.WriteParts(json, parts, isInput);
        else json.String(string.Join('\n', parts.Select(part => TextOf(part, isInput)).Where(text => text.Length > 0)));
    }

    protected override void WritePart(JsonLine json, Content part, bool isInput)
    {
        if (part.Media is { File: { } id } && files.TryFind(id, out var file, out var bytes) && OpenAiFiles.IsImage(file.MediaType))
            json.Object().Name("image"u8).Base64(Encoding.ASCII.GetBytes($"data:{file.MediaType};base64,"), bytes).EndObject();
        else if (part.Media is { Url: { } url, MediaType: { } type } && type.StartsWith("image", StringComparison.Ordinal)) json.Object().String("image"u8, url).EndObject();
        else if (TextOf(part, isInput) is { Length: > 0 } text) WriteTextPart(json, text);
    }

    private string TextOf(Content part, bool isInput)
    {
        if (part.Media is not { } media) return part.Text;
        if (media.File is { } id && files.TryFind(id, out var file, out var bytes) && !OpenAiFiles.IsImage(file.MediaType)) return $"File '{file.Name}':\n{Encoding.UTF8.GetString(bytes)}";
        if (isInput) throw ChatMessageWriter.Unsendable(media, isMultimodal ? "other than images" : "as its model does not see");
        return $"[{OpenAiMedia.Describe(media)}]";
    }

    private static void WriteTextPart(JsonLine json, string text) => json.Object().String("text"u8, text).EndObject();
}
