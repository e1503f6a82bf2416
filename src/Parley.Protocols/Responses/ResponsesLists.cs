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
        WriteMetadata(json, conversation.Metadata);
        json.EndObject();
    }

    /// <summary>Writes how many tokens an input is guessed to have.</summary>
    public static void WriteInputTokens(long tokens, JsonLine json) => json.Object().String("object"u8, "response.input_tokens").Number("input_tokens"u8, tokens).EndObject();

    /// <summary>Writes a page of a list in its envelope; openai-node goes on behind <c>last_id</c>, the id of the last one.</summary>
    public static void WriteList<T>(IReadOnlyList<T> page, bool hasMore, Func<T, string> idOf, Action<T> write, JsonLine json)
    {
        json.Object().String("object"u8, "list").Name("data"u8).Array();
        foreach (var one in page) write(one);
        json.EndArray();
        json.StringOrNull("first_id"u8, page.Count > 0 ? idOf(page[0]) : null);
        json.StringOrNull("last_id"u8, page.Count > 0 ? idOf(page[^1]) : null);
        json.Name("has_more"u8).Bool(hasMore).EndObject();
    }

    /// <summary>Writes what is left of something deleted.</summary>
    public static void WriteDeleted(string id, string kind, JsonLine json)
        => json.Object().String("id"u8, id).String("object"u8, kind).Name("deleted"u8).Bool(true).EndObject();

    /// <summary>Writes the member with a client's own key-value pairs.</summary>
    internal static void WriteMetadata(JsonLine json, ValueList<KeyValuePair<string, string>> metadata)
    {
        json.Name("metadata"u8).Object();
        foreach (var (key, value) in metadata) json.Name(key.AsSpan()).String(value);
        json.EndObject();
    }
}
