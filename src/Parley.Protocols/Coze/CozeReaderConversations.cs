using System.Text.Json;
using Parley.Conversations;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>What a conversation is made with.</summary>
/// <param name="Agent">The agent as the client named it, if it did.</param>
/// <param name="New">Its name and metadata.</param>
/// <param name="Messages">Its first messages.</param>
public sealed record CozeNewConversation(string? Agent, NewConversation New, ValueList<InputItem> Messages);

/// <summary>Which messages to list, the ids as the client wrote them; null where it named none.</summary>
public sealed record CozeMessageList(bool Ascending, string? Chat, string? Before, string? After, int Limit, bool WithMiddle);

public static partial class CozeReader
{
    private const int FirstMessages = 16;
    private const int NameLength = 100;

    /// <summary>The body of <c>POST /v1/conversation/create</c>.</summary>
    public static CozeNewConversation ReadConversation(ReadOnlyMemory<byte> body)
    {
        var fields = CozeFields.Of(body);
        var messages = fields.Objects("messages", FirstMessages).Select(message => ReadMessage(message, inserted: true)).ToValueList();
        var leftover = NotEmpty(fields.Text("connector_id")) is { } connector ? CozeWriter.LeftoverOf(("connector_id", connector)) : null;
        return new CozeNewConversation(
            NotEmpty(fields.Text("bot_id")),
            new NewConversation(Name(fields) ?? "", fields.Metadata("meta_data") ?? [], leftover),
            messages);
    }

    /// <summary>The body of <c>PUT /v1/conversations/{id}</c>: the new name.</summary>
    public static string ReadConversationName(ReadOnlyMemory<byte> body)
    {
        var fields = CozeFields.Of(body);
        return Name(fields) ?? throw fields.Wrong("name", "is required");
    }

    /// <summary>The body of <c>POST /v1/conversation/message/create</c>.</summary>
    public static InputItem ReadMessage(ReadOnlyMemory<byte> body) => ReadMessage(CozeFields.Of(body), inserted: true);

    /// <summary>The body of <c>POST /v1/conversation/message/modify</c>.</summary>
    /// <param name="body">The body.</param>
    /// <param name="message">The message as it is.</param>
    public static MessagePatch ReadMessagePatch(ReadOnlyMemory<byte> body, Message message)
    {
        var fields = CozeFields.Of(body);
        var metadata = fields.Metadata("meta_data");
        if (metadata is null or { Count: 0 } && (fields.Find("content") is not { } given || given.ValueKind == JsonValueKind.String && given.ValueEquals("")))
            throw fields.Wrong("content", "or meta_data is required");
        if (fields.Find("content") is null) return new MessagePatch(Metadata: metadata);
        var (content, contentType) = CozeContent.Read(fields);
        return new MessagePatch(content, metadata, Written(CozeWriter.WrittenType(message.Leftover), contentType) ?? CozeWriter.LeftoverOf());
    }

    /// <summary>The body of <c>POST /v1/conversation/message/list</c>.</summary>
    public static CozeMessageList ReadMessageList(ReadOnlyMemory<byte> body)
    {
        var fields = CozeFields.Of(body);
        var order = NotEmpty(fields.Text("order"));
        if (order is not null && !order.Equals("asc", StringComparison.OrdinalIgnoreCase) && !order.Equals("desc", StringComparison.OrdinalIgnoreCase))
            throw fields.Wrong("order", "must be asc or desc");
        return new CozeMessageList(
            order is not null && order.Equals("asc", StringComparison.OrdinalIgnoreCase),
            Cursor(fields.Text("chat_id")),
            Cursor(fields.Text("before_id")),
            Cursor(fields.Text("after_id")),
            fields.Number("limit", otherwise: 50, least: 1, most: 50),
            fields.Flag("include_middle_message", otherwise: false));

        // Clients write "none" in three ways.
        static string? Cursor(string? id) => id is null or "" or "0" ? null : id;
    }

    private static InputItem ReadMessage(in CozeFields fields, bool inserted)
    {
        // Coze answers clients that write anything here, so all but one word means the user.
        var role = fields.Required("role") == "assistant" ? Role.Assistant : Role.User;
        var type = fields.Text("type");
        var (content, contentType) = CozeContent.Read(fields);
        return new InputItem(new MessageItem(role), content)
        {
            Metadata = fields.Metadata("meta_data") ?? [],
            Leftover = Written(inserted ? type : null, contentType),
        };
    }

    // What the client wrote, where showing the message again could not tell.
    private static Leftover? Written(string? type, string contentType)
        => (string.IsNullOrEmpty(type), contentType == CozeContentTypes.Text) switch
        {
            (true, true) => null,
            (true, false) => CozeWriter.LeftoverOf(("content_type", contentType)),
            (false, true) => CozeWriter.LeftoverOf(("type", type!)),
            (false, false) => CozeWriter.LeftoverOf(("type", type!), ("content_type", contentType)),
        };

    private static string? Name(in CozeFields fields)
    {
        var name = fields.Text("name");
        if (name is null) return null;
        return CozeFields.Length(name) <= NameLength ? name : throw fields.Wrong("name", $"must have at most {NameLength} characters");
    }
}
