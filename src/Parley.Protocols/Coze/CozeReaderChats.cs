using System.Text.Json;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>A request for an answer: <c>/v3/chat</c> or <c>/v1/workflows/chat</c>.</summary>
public sealed record CozeChatRequest
{
    /// <summary>The agent as the client named it: <c>bot_id</c>, or <c>workflow_id</c> of a chatflow.</summary>
    public required string Agent { get; init; }

    /// <summary>The conversation, if the body names one.</summary>
    public string? Conversation { get; init; }

    /// <summary>Whether the answer is to be streamed.</summary>
    public bool Stream { get; init; }

    /// <summary>Whether anything of it is kept.</summary>
    public bool Stored { get; init; } = true;

    /// <summary>The new messages.</summary>
    public required ValueList<InputItem> Input { get; init; }

    /// <summary>All else that is asked.</summary>
    public required ModelRequest Request { get; init; }

    /// <summary>The chat's <c>meta_data</c>.</summary>
    public ValueList<KeyValuePair<string, string>> Metadata { get; init; }

    /// <summary>The name of a conversation that is made for it.</summary>
    public string ConversationName { get; init; } = "";
}

/// <summary>Outputs of a client's tools: <c>/v3/chat/submit_tool_outputs</c>.</summary>
/// <param name="Outputs">One for each call that waits.</param>
/// <param name="Stream">Whether what follows is to be streamed.</param>
public sealed record CozeToolOutputs(ValueList<InputItem> Outputs, bool Stream);

/// <summary>
/// Reads what Coze's clients send. Every method throws a <see cref="RunException"/> of the client's side that names the field at fault.
/// </summary>
public static partial class CozeReader
{
    private const int ChatMessages = 100;
    private const int ChatflowMessages = 50;

    /// <summary>The body of <c>POST /v3/chat</c>.</summary>
    public static CozeChatRequest ReadChat(ReadOnlyMemory<byte> body)
    {
        var fields = CozeFields.Of(body);
        var agent = fields.Required("bot_id");
        var stream = fields.Flag("stream", otherwise: false);
        var stored = fields.Flag("auto_save_history", otherwise: true);

        // Not streamed means to poll for it, and what is not kept cannot be found.
        if (!stored && !stream) throw fields.Wrong("auto_save_history", "must be true when stream is false");
        return new CozeChatRequest
        {
            Agent = agent,
            Conversation = NotEmpty(fields.Text("conversation_id")),
            Stream = stream,
            Stored = stored,
            Input = ReadMessages(fields, ChatMessages),
            Metadata = fields.Metadata("meta_data") ?? [],
            Request = new ModelRequest
            {
                Model = agent,
                User = fields.Required("user_id"),
                Variables = fields.Pairs("custom_variables", lenient: true),
                Parameters = fields.Json("parameters"),
                Leftover = fields.Except(
                [
                    "bot_id", "user_id", "stream", "auto_save_history", "conversation_id", "additional_messages", "meta_data", "custom_variables",
                    "parameters", "connector_id",
                ]),
            },
        };
    }

    /// <summary>The body of <c>POST /v1/workflows/chat</c>, which is always streamed.</summary>
    public static CozeChatRequest ReadChatflow(ReadOnlyMemory<byte> body)
    {
        var fields = CozeFields.Of(body);
        var agent = fields.Required("workflow_id");
        if (!string.IsNullOrEmpty(fields.Text("bot_id")) && !string.IsNullOrEmpty(fields.Text("app_id")))
            throw fields.Wrong("app_id", "and bot_id must not be given together");
        var parameters = fields.Json("parameters");
        return new CozeChatRequest
        {
            Agent = agent,
            Conversation = NotEmpty(fields.Text("conversation_id")),
            Stream = true,
            Input = ReadMessages(fields, ChatflowMessages),
            ConversationName = parameters is { } json ? ConversationNameIn(json) : "",
            Request = new ModelRequest
            {
                Model = agent,
                Parameters = parameters,
                Leftover = fields.Except(["workflow_id", "conversation_id", "additional_messages", "parameters", "connector_id", "stream"]),
            },
        };
    }

    /// <summary>The body of <c>POST /v3/chat/submit_tool_outputs</c>.</summary>
    public static CozeToolOutputs ReadToolOutputs(ReadOnlyMemory<byte> body)
    {
        var fields = CozeFields.Of(body);
        var outputs = fields.Objects("tool_outputs", most: 1000);
        if (outputs.Count == 0) throw fields.Wrong("tool_outputs", "is required");
        return new CozeToolOutputs(
            outputs.Select(output => InputItem.Output(output.Required("tool_call_id"), output.Text("output") ?? throw output.Wrong("output", "is required"))).ToValueList(),
            fields.Flag("stream", otherwise: false));
    }

    /// <summary>The body of <c>POST /v3/chat/cancel</c>: the two ids as they are written.</summary>
    public static (string Conversation, string Chat) ReadCancel(ReadOnlyMemory<byte> body)
    {
        var fields = CozeFields.Of(body);
        return (fields.Required("conversation_id"), fields.Required("chat_id"));
    }

    /// <summary>Whether a body, even one that is refused, asks for its answer as a stream.</summary>
    public static bool AsksForStream(ReadOnlyMemory<byte> body)
    {
        try
        {
            return CozeFields.Of(body).Flag("stream", otherwise: false);
        }
        catch (RunException)
        {
            return false;
        }
    }

    private static ValueList<InputItem> ReadMessages(in CozeFields fields, int most)
    {
        var input = new List<InputItem>();
        var calls = new Queue<string>();
        foreach (var message in fields.Objects("additional_messages", most, CozeErrors.TooManyMessages))
        {
            switch (message.Text("type"))
            {
                case CozeTypes.FunctionCall:
                    var call = ReadCall(message, $"call_{calls.Count + input.Count}");
                    calls.Enqueue(((ToolCallItem)call.Head).CallId);
                    input.Add(call);
                    break;

                // A result without its call, as clients send it when they cut their history, means nothing to a model.
                case CozeTypes.ToolResponse or CozeTypes.ToolOutput:
                    if (calls.TryDequeue(out var id)) input.Add(new InputItem(new ToolResultItem(id), CozeContent.Read(message).Content));
                    break;

                // A client that sends its whole list back sends these too; none of them was said by anybody.
                case CozeTypes.Verbose or CozeTypes.FollowUp or CozeTypes.Knowledge:
                    break;
                default:
                    input.Add(ReadMessage(message, inserted: false));
                    break;
            }
        }

        return input.ToValueList();
    }

    // Coze's own shape of a call has no id: results answer calls in their order.
    private static InputItem ReadCall(in CozeFields message, string id)
    {
        var text = message.Required("content");
        var (name, arguments, _) = CozeCalls.Read(text) ?? throw message.Wrong("content", "must be a JSON object with name and arguments");
        return new InputItem(new ToolCallItem(id, name, RunBy.Server), [new Content(PartKind.Input, arguments)]);
    }

    private static string ConversationNameIn(RawJson parameters)
    {
        var name = JsonElement.Parse(parameters.Text).EnumerateObject().FirstOrDefault(member => member.NameEquals("CONVERSATION_NAME")).Value;
        return name.ValueKind == JsonValueKind.String && CozeFields.TextOf(name) is { Length: <= NameLength } text ? text : "";
    }

    private static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
