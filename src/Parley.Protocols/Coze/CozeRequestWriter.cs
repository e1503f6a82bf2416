using System.Buffers;
using System.Text;
using System.Text.Json;
using Parley.Agents;
using Parley.Conversations;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>Writes what a peer is asked.</summary>
internal static class CozeRequestWriter
{
    private const int ChatMessages = 100;
    private const int ChatflowMessages = 50;

    // Members that are written here whatever the client sent under these names.
    private static readonly HashSet<string> Own =
    [
        "bot_id", "user_id", "stream", "auto_save_history", "additional_messages", "custom_variables", "parameters", "meta_data",
        "workflow_id", "app_id", "conversation_id", "connector_id",
    ];

    /// <summary>A chat, or with a workflow a chatflow.</summary>
    /// <exception cref="RunException">The input has something that cannot be sent.</exception>
    public static ReadOnlyMemory<byte> WriteChat(AgentRequest asked, CozeTurn turn, CozeAgentOptions options, CozeFiles files)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        var request = asked.Run.Request;
        var json = new JsonLine(buffer, JsonEscaping.Minimal).Object();
        if (options.WorkflowId is { } workflow)
        {
            json.String("workflow_id"u8, workflow);
            WriteContext(json, options);
            if (turn.Chat is { } known) json.String("conversation_id"u8, known.Conversation);
            WriteMessages(json, asked, turn, ChatflowMessages, files);
            json.Name("parameters"u8);
            WriteObject(json, options.Parameters, request.Parameters);
        }
        else
        {
            json.String("bot_id"u8, options.BotId).String("user_id"u8, UserOf(asked, options)).Name("stream"u8).Bool(true)
                .Name("auto_save_history"u8).Bool(asked.Run.Stored);
            WriteMessages(json, asked, turn, ChatMessages, files);
            WritePairs(json, "custom_variables"u8, request.Variables);
            if (options.Parameters is not null || request.Parameters is not null) WriteObject(json.Name("parameters"u8), options.Parameters, request.Parameters);
            WritePairs(json, "meta_data"u8, asked.Run.Metadata);
        }

        WriteLeftover(json, request.Leftover);
        json.EndObject();
        return buffer.WrittenMemory;
    }

    /// <summary>The outputs by which a chat goes on, each under the peer's own id of its call.</summary>
    public static ReadOnlyMemory<byte> WriteOutputs(IReadOnlyList<Message> outputs, CozePause pause)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var json = new JsonLine(buffer, JsonEscaping.Minimal).Object().Name("tool_outputs"u8).Array();
        foreach (var output in outputs)
        {
            var id = ((ToolResultItem)output.Head).CallId;
            json.Object().String("tool_call_id"u8, pause.Calls.GetValueOrDefault(id, id)).String("output"u8, TextOf(output)).EndObject();
        }

        json.EndArray().Name("stream"u8).Bool(true).EndObject();
        return buffer.WrittenMemory;
    }

    /// <summary>The end of a chat that nobody wants any more.</summary>
    public static ReadOnlyMemory<byte> WriteCancel(CozeHandles chat)
    {
        var buffer = new ArrayBufferWriter<byte>();
        new JsonLine(buffer, JsonEscaping.Minimal).Object().String("conversation_id"u8, chat.Conversation).String("chat_id"u8, chat.Chat).EndObject();
        return buffer.WrittenMemory;
    }

    /// <summary>A message's text; one of JSON alone, such as a workflow's output, is that JSON.</summary>
    public static string TextOf(Message message)
        => message.Text is { Length: > 0 } text ? text : message.Content.FirstOrDefault(part => part.Kind == PartKind.Data)?.Data?.Text ?? "";

    /// <summary>Who asks.</summary>
    public static string UserOf(AgentRequest asked, CozeAgentOptions options)
        => string.IsNullOrEmpty(asked.Run.Request.User) ? options.UserId ?? asked.Run.Owner : asked.Run.Request.User;

    /// <summary>The app or bot in whose context a workflow runs.</summary>
    public static void WriteContext(JsonLine json, CozeAgentOptions options)
    {
        if (options.AppId is not null) json.String("app_id"u8, options.AppId);
        else if (options.BotId is not null) json.String("bot_id"u8, options.BotId);
    }

    /// <summary>The members of several objects as one; of two with one name the later counts.</summary>
    public static void WriteObject(JsonLine json, params ReadOnlySpan<RawJson?> objects)
    {
        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var one in objects)
        {
            if (one is not { } raw) continue;
            foreach (var member in JsonElement.Parse(raw.Text).EnumerateObject()) members[member.Name] = member.Value;
        }

        json.Object();
        foreach (var (name, value) in members) CozeJsonText.Copy(value, json.Name(name));
        json.EndObject();
    }

    private static void WriteMessages(JsonLine json, AgentRequest asked, CozeTurn turn, int most, CozeFiles files)
    {
        json.Name("additional_messages"u8).Array();
        if (asked.Run.Request.Instructions is { Length: > 0 } instructions)
        {
            WriteMessage(json, "user", instructions, CozeContentTypes.Text, []);
            most--;
        }

        foreach (var message in turn.Messages.Skip(turn.Messages.Count - most))
        {
            var (content, contentType) = files.ContentOf(message);
            if (content.Length > 0) WriteMessage(json, message.Role == Role.Assistant ? "assistant" : "user", content, contentType, message.IsInput ? message.Metadata : []);
        }

        json.EndArray();
    }

    private static void WriteMessage(JsonLine json, string role, string content, string contentType, ValueList<KeyValuePair<string, string>> metadata)
    {
        json.Object().String("role"u8, role).String("type"u8, role == "user" ? CozeTypes.Question : CozeTypes.Answer)
            .String("content"u8, content).String("content_type"u8, contentType);
        WritePairs(json, "meta_data"u8, metadata);
        json.EndObject();
    }

    private static void WritePairs(JsonLine json, ReadOnlySpan<byte> name, ValueList<KeyValuePair<string, string>> pairs)
    {
        if (pairs.Count > 0) CozeWriter.WritePairs(pairs, json.Name(name));
    }

    private static void WriteLeftover(JsonLine json, Leftover? leftover)
    {
        if (leftover?.Protocol != Protocol.Coze) return;
        foreach (var member in JsonElement.Parse(leftover.Members.Text).EnumerateObject())
            if (!Own.Contains(member.Name)) json.Name(member.Name).Raw(Encoding.UTF8.GetBytes(member.Value.GetRawText()));
    }
}
