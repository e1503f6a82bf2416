using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Parley.Conversations;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>Items as the contents of Coze messages, and what only Coze has messages for.</summary>
internal static class CozeItems
{
    /// <summary>How an item is shown; null if this protocol does not show it.</summary>
    public static (string Type, string Content, string ContentType)? Describe(Item head, ValueList<Content> content, Leftover? leftover)
    {
        switch (head)
        {
            case MessageItem:
                // A message of data alone is meant for programs.
                if (content.Count > 0 && content.All(part => part.Kind == PartKind.Data)) return null;
                var (text, contentType) = CozeContent.Write(content);
                return (CozeTypes.Answer, text, contentType);
            case ToolCallItem call:
                return (CozeTypes.FunctionCall, CozeCalls.Write(call.Name, TextOf(content, PartKind.Input), leftover), CozeContentTypes.Text);
            case ToolResultItem:
                return (CozeTypes.ToolResponse, Contents.TextOf(content), CozeContentTypes.Text);
            case SuggestionItem:
                return (CozeTypes.FollowUp, Contents.TextOf(content), CozeContentTypes.Text);
            case RecallItem recall:
                return (CozeTypes.Verbose, Verbose("knowledge_recall", RecallData(recall)), CozeContentTypes.Text);
            case OpaqueItem { Protocol.Name: "coze" } opaque:
                return ReadOpaque(opaque);
            default:
                return null;
        }
    }

    /// <summary>An unknown kind of message, kept so that it can be shown again.</summary>
    public static OpaqueItem Opaque(string type, string content, string contentType)
    {
        var buffer = new ArrayBufferWriter<byte>();
        new JsonLine(buffer, JsonEscaping.Go).Object().String("content"u8, content).String("content_type"u8, contentType).EndObject();
        return new OpaqueItem(Protocol.Coze, type, CozeJsonText.ToJson(buffer));
    }

    /// <summary>The content of a message of type <c>verbose</c>.</summary>
    public static string Verbose(string kind, string data)
    {
        var buffer = new ArrayBufferWriter<byte>();
        new JsonLine(buffer, JsonEscaping.Go).Object()
            .String("msg_type"u8, kind).String("data"u8, data).Name("from_module"u8).Null().Name("from_unit"u8).Null()
            .EndObject();
        return CozeJsonText.ToText(buffer);
    }

    /// <summary>The notice at the end of an answer; reason 1 if it was interrupted.</summary>
    public static string Finish(int reason)
        => Verbose("generate_answer_finish", reason == 0 ? """{"finish_reason":0,"FinData":""}""" : """{"finish_reason":1,"FinData":""}""");

    /// <summary>Reads the sources of a <c>knowledge_recall</c>; null if they cannot be understood.</summary>
    public static RecallItem? ReadRecall(string data)
    {
        try
        {
            var recall = JsonElement.Parse(data);
            if (recall.ValueKind != JsonValueKind.Object || Member(recall, "chunks") is not { ValueKind: JsonValueKind.Array } chunks) return null;
            var sources = chunks.EnumerateArray().Where(chunk => chunk.ValueKind == JsonValueKind.Object).Select(SourceOf).ToValueList();
            return new RecallItem(sources, Text(recall, "ori_req") is { Length: > 0 } query ? query : null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static Source SourceOf(JsonElement chunk)
    {
        var meta = Member(chunk, "meta") is { ValueKind: JsonValueKind.Object } found ? found : default;
        var link = Member(meta, "link") is { ValueKind: JsonValueKind.Object } at ? at : default;
        var document = Member(meta, "document") is { ValueKind: JsonValueKind.Object } of ? of : default;
        double? score = Member(chunk, "score") is { ValueKind: JsonValueKind.Number } number && number.TryGetDouble(out var value) ? value : null;
        return new Source(Text(link, "title"), Text(link, "url"), Text(chunk, "slice"), score, Text(document, "name"));
    }

    private static string RecallData(RecallItem recall)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var line = new JsonLine(buffer, JsonEscaping.Go).Object().Name("chunks"u8).Array();
        foreach (var source in recall.Sources)
        {
            line.Object();
            if (source.Text is not null) line.String("slice"u8, source.Text);
            if (source.Score is { } score) line.Name("score"u8).Number(score);
            line.Name("meta"u8).Object();
            if (source.Document is not null) line.Name("document"u8).Object().String("name"u8, source.Document).EndObject();
            if (source.Title is not null || source.Url is not null)
            {
                line.Name("link"u8).Object();
                if (source.Title is not null) line.String("title"u8, source.Title);
                if (source.Url is not null) line.String("url"u8, source.Url);
                line.EndObject();
            }

            line.EndObject().EndObject();
        }

        line.EndArray().String("ori_req"u8, recall.Query ?? "").Number("status_code"u8, 0).EndObject();
        return CozeJsonText.ToText(buffer);
    }

    private static (string Type, string Content, string ContentType)? ReadOpaque(OpaqueItem opaque)
    {
        var members = JsonElement.Parse(opaque.Members.Text);
        return members.ValueKind != JsonValueKind.Object ? null : (opaque.Type, Text(members, "content") ?? "", Text(members, "content_type") ?? CozeContentTypes.Text);
    }

    private static string TextOf(ValueList<Content> content, PartKind kind)
        => string.Concat(content.Where(part => part.Kind == kind).Select(part => part.Text));

    private static JsonElement? Member(JsonElement element, string name)
        => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) ? member : null;

    private static string? Text(JsonElement element, string name)
        => Member(element, name) is { ValueKind: JsonValueKind.String } text ? JsonText.ReadTolerant(JsonMarshal.GetRawUtf8Value(text)[1..^1]) : null;
}
