using System.Buffers;
using System.Text.Json;
using Parley.Conversations;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>Writes Coze's objects. Ids are decimal strings, times are numbers of seconds since 1970.</summary>
public static partial class CozeWriter
{
    /// <summary>A line of JSON in Coze's escaping.</summary>
    public static JsonLine Line(IBufferWriter<byte> into) => new(into, JsonEscaping.Go);

    /// <summary>A conversation.</summary>
    public static void WriteConversation(Conversation conversation, JsonLine line)
    {
        line.Object()
            .String("id"u8, DecimalId.Render(conversation.Id))
            .Number("created_at"u8, conversation.CreatedAt.ToUnixTimeSeconds())
            .Name("meta_data"u8);
        WritePairs(conversation.Metadata, line);
        line.String("creator_id"u8, conversation.Owner)
            .String("connector_id"u8, Word(conversation.Leftover, "connector_id") ?? "1024")
            .String("last_section_id"u8, DecimalId.Render(conversation.Section))
            .String("name"u8, conversation.Name)
            .Number("updated_at"u8, conversation.UpdatedAt.ToUnixTimeSeconds())
            .EndObject();
    }

    /// <summary>A message, with the members of the form it is shown in.</summary>
    public static void WriteMessage(CozeMessage message, JsonLine line)
    {
        line.Object().String("id"u8, message.Id).String("conversation_id"u8, message.Conversation);
        if (message.Bot is not null) line.String("bot_id"u8, message.Bot);
        line.String("role"u8, message.Role)
            .String("type"u8, message.Type)
            .String("content"u8, message.Content)
            .String("content_type"u8, message.ContentType);
        if (message.Metadata is { } metadata) WritePairs(metadata, line.Name("meta_data"u8));
        line.String("chat_id"u8, message.Chat).String("section_id"u8, message.Section);
        if (message.CreatedAt is { } created) line.Number("created_at"u8, created.ToUnixTimeSeconds());
        if (message.UpdatedAt is { } updated) line.Number("updated_at"u8, updated.ToUnixTimeSeconds());
        if (message.Reasoning.Length > 0) line.String("reasoning_content"u8, message.Reasoning);
        CozeJsonText.WriteLeftover(message.Leftover, line);
        line.EndObject();
    }

    /// <summary>A chat.</summary>
    public static void WriteChat(CozeChat chat, JsonLine line)
    {
        line.Object().String("id"u8, chat.Id).String("conversation_id"u8, chat.Conversation);
        if (chat.Bot is not null) line.String("bot_id"u8, chat.Bot);
        line.Number("created_at"u8, chat.CreatedAt.ToUnixTimeSeconds());
        if (chat is { Status: RunStatus.Completed, EndedAt: { } completed }) line.Number("completed_at"u8, completed.ToUnixTimeSeconds());
        if (chat is { Status: RunStatus.Failed, EndedAt: { } failed }) line.Number("failed_at"u8, failed.ToUnixTimeSeconds());
        if (chat.Metadata is { } metadata) WritePairs(metadata, line.Name("meta_data"u8));
        line.Name("last_error"u8).Object()
            .Number("code"u8, chat.Error is null ? 0 : CozeErrors.CodeOf(chat.Error))
            .String("msg"u8, chat.Error is null ? "" : CozeErrors.MessageOf(chat.Error))
            .EndObject()
            .String("status"u8, StatusOf(chat));
        if (chat.Status == RunStatus.Suspended) WriteRequired(chat.Required, line.Name("required_action"u8));
        line.Name("usage"u8).Object()
            .Number("token_count"u8, chat.Usage?.Sum ?? 0)
            .Number("output_count"u8, chat.Usage?.Output ?? 0)
            .Number("input_count"u8, chat.Usage?.Input ?? 0)
            .EndObject()
            .String("section_id"u8, chat.Section);
        if (chat.Inserted is { } inserted)
        {
            line.Name("inserted_additional_messages"u8).Array();
            foreach (var id in inserted) line.Object().String("id"u8, DecimalId.Render(id)).EndObject();
            line.EndArray();
        }

        // Some clients look for a failure's code here, others in last_error.
        if (chat is { Status: RunStatus.Failed, Error: { } error }) line.Number("code"u8, CozeErrors.CodeOf(error)).String("msg"u8, CozeErrors.MessageOf(error));
        line.EndObject();
    }

    /// <summary>The envelope of an answer up to its payload, which the caller writes; then <see cref="EndAnswer"/>.</summary>
    public static JsonLine BeginAnswer(IBufferWriter<byte> into) => Line(into).Object().Number("code"u8, 0).String("msg"u8, "");

    /// <summary>The end of the envelope.</summary>
    public static void EndAnswer(JsonLine line, string logId)
        => line.Name("detail"u8).Object().String("logid"u8, logId).EndObject().EndObject();

    /// <summary>An error: compact, and with no newline at its end, at which the JavaScript SDK would lose it.</summary>
    public static void WriteError(RunError error, string logId, IBufferWriter<byte> into)
        => EndAnswer(Line(into).Object().Number("code"u8, CozeErrors.CodeOf(error)).String("msg"u8, CozeErrors.MessageOf(error)), logId);

    /// <summary>Members that only this protocol knows.</summary>
    internal static Leftover LeftoverOf(params ReadOnlySpan<(string Name, string Value)> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var line = Line(buffer).Object();
        foreach (var (name, value) in members) line.Name(name).String(value);
        line.EndObject();
        return new Leftover(Protocol.Coze, CozeJsonText.ToJson(buffer));
    }

    internal static string? WrittenType(Leftover? leftover) => Word(leftover, "type");

    internal static string? WrittenContentType(Leftover? leftover) => Word(leftover, "content_type");

    internal static void WritePairs(ValueList<KeyValuePair<string, string>> pairs, JsonLine line)
    {
        line.Object();
        foreach (var (key, value) in pairs) line.Name(key).String(value);
        line.EndObject();
    }

    private static void WriteRequired(ValueList<CozeToolCall> calls, JsonLine line)
    {
        line.Object().String("type"u8, "submit_tool_outputs").Name("submit_tool_outputs"u8).Object().Name("tool_calls"u8).Array();
        foreach (var call in calls)
        {
            line.Object().String("id"u8, call.Id);
            if (call.Name is null) line.String("type"u8, "reply_message").Name("function"u8).Null().Name("require_info"u8).Null();
            else line.String("type"u8, "function").Name("function"u8).Object().String("name"u8, call.Name).String("arguments"u8, call.Arguments).EndObject();
            line.EndObject();
        }

        line.EndArray().EndObject().EndObject();
    }

    private static string StatusOf(CozeChat chat) => chat.Status switch
    {
        _ when chat.IsNew => "created",
        RunStatus.Completed => "completed",
        RunStatus.Suspended => "requires_action",
        RunStatus.Failed => "failed",
        RunStatus.Cancelled => "canceled",
        _ => "in_progress",
    };

    private static string? Word(Leftover? leftover, string name)
        => leftover is { Protocol.Name: "coze" } && JsonElement.Parse(leftover.Members.Text).TryGetProperty(name, out var word) && word.ValueKind == JsonValueKind.String
            ? word.GetString()
            : null;
}
