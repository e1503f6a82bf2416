using Parley.Conversations;
using Parley.Protocols.Json;

namespace Parley.Protocols.Responses;

/// <summary>The small objects around responses and items: conversations, lists, and what is left of something deleted.</summary>
public static class ResponsesLists
{
    /// <summary>Writes a conversation.</summary>
    public static void WriteConversation(Conversation conversation, JsonLine json)
    {
        json.Object().String("id"u8, ResponsesIds.OfConversation(conversation.Id)).String("object"u8, "conversation").Number("created_at"u8, conversation.CreatedAt.ToUnixTimeSeconds());
        json.Name("metadata"u8).Object();
        foreach (var (key, value) in conversation.Metadata) json.Name(key.AsSpan()).String(value);
        json.EndObject().EndObject();
    }

    /// <summary>Writes a page of a list in its envelope; openai-node goes on behind <c>last_id</c>, the id of the last one.</summary>
    public static void WriteList<T>(IReadOnlyList<T> page, bool hasMore, Func<T, string> idOf, Action<T> write, JsonLine json)
    {
        json.Object().String("object"u8, "list").Name("data"u8).Array();
        foreach (var one in page) write(one);
        json.EndArray();
        WriteId(json, "first_id"u8, page.Count > 0 ? idOf(page[0]) : null);
        WriteId(json, "last_id"u8, page.Count > 0 ? idOf(page[^1]) : null);
        json.Name("has_more"u8).Bool(hasMore).EndObject();
    }

    /// <summary>Writes what is left of something deleted.</summary>
    public static void WriteDeleted(string id, string kind, JsonLine json)
        => json.Object().String("id"u8, id).String("object"u8, kind).Name("deleted"u8).Bool(true).EndObject();

    private static void WriteId(JsonLine json, ReadOnlySpan<byte> name, string? id)
    {
        json.Name(name);
        if (id is null) json.Null();
        else json.String(id);
    }
}
