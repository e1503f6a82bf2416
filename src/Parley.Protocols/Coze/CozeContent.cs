using System.Buffers;
using System.Text.Json;
using Parley.Conversations;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>A message's <c>content</c> and <c>content_type</c>, both ways: plain text, or a JSON array of items as a string (<c>object_string</c>).</summary>
internal static class CozeContent
{
    /// <summary>Reads what a client wrote. Clients of the JavaScript SDK send the array itself; that is taken for the string.</summary>
    public static (ValueList<Content> Content, string ContentType) Read(in CozeFields fields)
    {
        if (fields.Find("content") is not { } content) throw fields.Wrong("content", "is required");
        var type = fields.Text("content_type");
        switch (content.ValueKind)
        {
            case JsonValueKind.Array:
                return (Items(content, fields.PathOf("content")), CozeContentTypes.ObjectString);
            case JsonValueKind.String when type == CozeContentTypes.ObjectString:
                return (Parse(CozeFields.TextOf(content), fields), type);
            case JsonValueKind.String when type is null or "" or CozeContentTypes.Text or CozeContentTypes.Card or CozeContentTypes.Audio:
                return ([new Content(PartKind.Text, CozeFields.TextOf(content))], string.IsNullOrEmpty(type) ? CozeContentTypes.Text : type);
            case JsonValueKind.String:
                throw fields.Wrong("content_type", "must be text or object_string");
            default:
                throw fields.Wrong("content", "must be a string");
        }
    }

    /// <summary>Content as it is shown: as object_string if it is more than text, or if the client wrote it so.</summary>
    public static (string Content, string ContentType) Write(ValueList<Content> content, string? writtenAs = null)
    {
        if (writtenAs != CozeContentTypes.ObjectString && content.All(part => part.Kind != PartKind.Media))
            return (Contents.TextOf(content), writtenAs ?? CozeContentTypes.Text);

        var buffer = new ArrayBufferWriter<byte>();
        var line = new JsonLine(buffer, JsonEscaping.Go).Array();
        foreach (var part in content)
        {
            if (part.Kind is PartKind.Text or PartKind.Refusal)
            {
                line.Object().String("type"u8, "text").String("text"u8, part.Text).EndObject();
            }
            else if (part is { Kind: PartKind.Media, Media: { } media })
            {
                line.Object().String("type"u8, TypeOf(media));
                if (media.File is { } file) line.String("file_id"u8, DecimalId.Render(file));
                if (media.Url is not null) line.String("file_url"u8, media.Url);
                line.EndObject();
            }
        }

        line.EndArray();
        return (CozeJsonText.ToText(buffer), CozeContentTypes.ObjectString);
    }

    /// <summary>Content as a peer is sent it: media by its own address, or where there is none by the peer's id of it; with an empty one, as a remark.</summary>
    /// <param name="content">The content.</param>
    /// <param name="idOf">The peer's id of a file; null if it is sent by its address.</param>
    public static (string Content, string ContentType) WriteFor(ValueList<Content> content, Func<Media, string?> idOf)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var line = new JsonLine(buffer, JsonEscaping.Go).Array();
        foreach (var part in content)
        {
            if (part.Media is not { } media)
            {
                if (part.Text.Length > 0) line.Object().String("type"u8, "text").String("text"u8, part.Text).EndObject();
            }
            else if (idOf(media) is not { } id)
            {
                line.Object().String("type"u8, TypeOf(media)).String("file_url"u8, media.Url).EndObject();
            }
            else if (id.Length > 0)
            {
                line.Object().String("type"u8, TypeOf(media)).String("file_id"u8, id).EndObject();
            }
            else
            {
                line.Object().String("type"u8, "text").String("text"u8, $"[{media.Name ?? TypeOf(media)}]").EndObject();
            }
        }

        line.EndArray();
        return (CozeJsonText.ToText(buffer), CozeContentTypes.ObjectString);
    }

    /// <summary>The items of an object_string that a peer sent, as far as they can be understood; null if it is none.</summary>
    public static ValueList<Content>? ReadPeer(string text)
    {
        try
        {
            var array = JsonElement.Parse(text);
            if (array.ValueKind != JsonValueKind.Array) return null;
            var content = new List<Content>();
            foreach (var item in array.EnumerateArray())
            {
                if (item.ValueKind != JsonValueKind.Object) continue;
                var type = Member(item, "type");
                if (type == "text") content.Add(new Content(PartKind.Text, Member(item, "text") ?? ""));
                else if (type is not null && Member(item, "file_url") is { Length: > 0 } url) content.Add(new Content(PartKind.Media, Media: new Media(url, MediaType: type)));
            }

            return content.ToValueList();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? Member(JsonElement item, string name)
        => item.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? CozeFields.TextOf(member) : null;

    private static ValueList<Content> Parse(string text, in CozeFields fields)
    {
        try
        {
            var array = JsonElement.Parse(text);
            if (array.ValueKind == JsonValueKind.Array) return Items(array, fields.PathOf("content"));
        }
        catch (JsonException)
        {
            // Said below, as for any other JSON that is no array.
        }

        throw fields.Wrong("content", "must be a JSON array in a string when content_type is object_string");
    }

    private static ValueList<Content> Items(JsonElement array, string path)
    {
        var content = new List<Content>();
        var index = 0;
        foreach (var item in array.EnumerateArray())
        {
            var at = $"{path}[{index++}]";
            if (item.ValueKind != JsonValueKind.Object) throw CozeErrors.Refused($"{at} must be an object.", at);
            content.Add(Item(CozeFields.Within(item, at)));
        }

        return content.Count > 0 ? content.ToValueList() : throw CozeErrors.Refused($"{path} must have at least one item.", path);
    }

    private static Content Item(in CozeFields item)
    {
        var type = item.Required("type");
        switch (type)
        {
            case "text":
                return new Content(PartKind.Text, item.Text("text") ?? throw item.Wrong("text", "is required"));
            case "image" or "file" or "audio":
                if (item.Text("file_url") is { Length: > 0 } url) return new Content(PartKind.Media, Media: new Media(url, MediaType: type));
                if (item.Text("file_id") is { Length: > 0 } id)
                {
                    // Whose it is and what it holds, the door finds out.
                    var file = DecimalId.TryParse(id, out var known) ? known : throw item.Wrong("file_id", "must be an id in decimal digits, as an upload answers it");
                    return new Content(PartKind.Media, Media: new Media(File: file, MediaType: type));
                }

                throw item.Wrong("file_url", "or file_id is required");
            default:
                throw item.Wrong("type", "must be text, image, file or audio");
        }
    }

    private static string TypeOf(Media media)
    {
        var type = media.MediaType ?? "file";
        var slash = type.IndexOf('/', StringComparison.Ordinal);
        return (slash < 0 ? type : type[..slash]) switch
        {
            "image" => "image",
            "audio" => "audio",
            _ => "file",
        };
    }
}
