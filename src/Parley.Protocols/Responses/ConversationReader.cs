using System.Text.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>Reads the bodies of the routes of conversations.</summary>
public static class ConversationReader
{
    /// <summary>The most items that a request may add to a conversation.</summary>
    public const int ItemLimit = 20;

    /// <summary>Reads a request for a conversation. An empty body asks for an empty one.</summary>
    /// <exception cref="RunException">It is not valid; the error says where.</exception>
    public static ConversationRequest ReadCreate(ReadOnlyMemory<byte> body)
        => body.IsEmpty ? new ConversationRequest(null, default) : OpenAiBody.Read(body, static root => new ConversationRequest(MetadataOf(root), ItemsOf(root)));

    /// <summary>Reads what a conversation's metadata are replaced with.</summary>
    /// <exception cref="RunException">It is not valid; the error says where.</exception>
    public static ValueList<KeyValuePair<string, string>> ReadUpdate(ReadOnlyMemory<byte> body)
        => OpenAiBody.Read(body, static root => root.TryGetProperty("metadata", out _) ? OpenAiBody.ReadMetadata(root) : throw OpenAiJson.Missing("metadata"));

    /// <summary>Reads the items that a conversation gets.</summary>
    /// <exception cref="RunException">It is not valid; the error says where.</exception>
    public static ValueList<ResponsesInput> ReadItems(ReadOnlyMemory<byte> body)
        => OpenAiBody.Read(body, static root => root.TryGet("items", out _) ? ItemsOf(root) : throw OpenAiJson.Missing("items"));

    private static ValueList<KeyValuePair<string, string>>? MetadataOf(JsonElement root) => root.TryGet("metadata", out _) ? OpenAiBody.ReadMetadata(root) : null;

    private static ValueList<ResponsesInput> ItemsOf(JsonElement root) => root.TryGet("items", out var items) ? ResponsesInputReader.ReadList(items, "items", ItemLimit) : default;
}
