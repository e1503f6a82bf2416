using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>The content parts of messages and of what tools gave back, as they are written.</summary>
internal static class ResponsesContent
{
    /// <summary>Writes the list of a message's parts.</summary>
    public static void Write(JsonLine json, ValueList<Content> content, Role role, bool isPlain)
    {
        json.Array();
        foreach (var part in content)
        {
            if (role == Role.Assistant) WriteOutputPart(json, part, isPlain);
            else WriteInputPart(json, part);
        }

        json.EndArray();
    }

    /// <summary>Writes the output of a tool: its text, or a list if there is more than text in it.</summary>
    public static void WriteOutput(JsonLine json, ValueList<Content> content)
    {
        if (content.All(part => part.Kind is PartKind.Text or PartKind.Data))
        {
            json.String(string.Concat(content.Select(part => part.Data?.Text ?? part.Text)));
            return;
        }

        json.Array();
        foreach (var part in content) WriteInputPart(json, part);
        json.EndArray();
    }

    /// <summary>Writes a part of an answer.</summary>
    public static void WriteOutputPart(JsonLine json, Content part, bool isPlain)
    {
        switch (part.Kind)
        {
            case PartKind.Text or PartKind.Transcript:
                WriteOutputText(json, part.Text, part.Notes, isPlain);
                break;
            case PartKind.Data when part.Data is { } data:
                WriteOutputText(json, data.Text, default, isPlain);
                break;
            case PartKind.Refusal:
                json.Object().String("type"u8, "refusal").String("refusal"u8, part.Text).EndObject();
                break;
            case PartKind.ReasoningText:
                json.Object().String("type"u8, "reasoning_text").String("text"u8, part.Text).EndObject();
                break;
            case PartKind.ReasoningSummary:
                json.Object().String("type"u8, "summary_text").String("text"u8, part.Text).EndObject();
                break;
        }
    }

    /// <summary>Writes an annotation; false if this dialect has no word for it.</summary>
    public static bool WriteAnnotation(JsonLine json, Annotation note)
    {
        switch (note.Type)
        {
            case "url_citation":
                json.Object().String("type"u8, "url_citation")
                    .Number("start_index"u8, note.Start ?? 0).Number("end_index"u8, note.End ?? note.Start ?? 0)
                    .String("url"u8, note.Source.Url ?? "").String("title"u8, note.Source.Title ?? "").EndObject();
                return true;
            case "file_citation":
                json.Object().String("type"u8, "file_citation")
                    .Number("index"u8, note.Start ?? 0).String("file_id"u8, note.Source.Document ?? "").String("filename"u8, note.Source.Title ?? "").EndObject();
                return true;
            default:
                return false;
        }
    }

    private static void WriteOutputText(JsonLine json, string text, ValueList<Annotation> notes, bool isPlain)
    {
        json.Object().String("type"u8, "output_text").String("text"u8, text).Name("annotations"u8).Array();
        foreach (var note in notes) WriteAnnotation(json, note);
        json.EndArray();
        if (!isPlain) json.Name("logprobs"u8).Array().EndArray();
        json.EndObject();
    }

    private static void WriteInputPart(JsonLine json, Content part)
    {
        switch (part.Kind)
        {
            case PartKind.Media when part.Media is { } media && media.MediaType?.StartsWith("image", StringComparison.Ordinal) == true:
                json.Object().String("type"u8, "input_image").String("detail"u8, "auto");
                WritePlace(json, media, "image_url"u8);
                if (media.File is not null || media.Url is null) json.Name("image_url"u8).Null();
                json.EndObject();
                break;
            case PartKind.Media when part.Media is { } media:
                json.Object().String("type"u8, "input_file");
                if (media.Name is not null) json.String("filename"u8, media.Name);
                WritePlace(json, media, media.Url?.StartsWith("data:", StringComparison.Ordinal) == true ? "file_data"u8 : "file_url"u8);
                json.EndObject();
                break;
            case PartKind.Data when part.Data is { } data:
                json.Object().String("type"u8, "input_text").String("text"u8, data.Text).EndObject();
                break;
            default:
                json.Object().String("type"u8, "input_text").String("text"u8, part.Text).EndObject();
                break;
        }
    }

    private static void WritePlace(JsonLine json, Media media, ReadOnlySpan<byte> url)
    {
        if (media.File is { } file) json.String("file_id"u8, PrefixedId.Render("file-", file, file));
        else if (media.Url is not null) json.String(url, media.Url);
    }
}
