using System.Text.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>
/// Reads the bodies of <c>POST /v1/responses</c> and of the routes under it. What is wrong is an error of OpenAI's kind that names the member; what
/// is not known is kept, for a peer that may know it.
/// </summary>
public static class ResponsesRequestReader
{
    private static readonly HashSet<string> Known =
    [
        "type", "model", "agent", "agent_reference", "stream", "stream_options", "background", "store", "input", "conversation", "previous_response_id", "metadata", "include",
        "instructions", "parallel_tool_calls", "temperature", "top_p", "frequency_penalty", "presence_penalty", "max_output_tokens", "user", "structured_inputs",
    ];

    /// <summary>Reads a request for a response.</summary>
    /// <exception cref="RunException">It is not valid; the error says where.</exception>
    public static ResponsesRequest Read(ReadOnlyMemory<byte> body) => OpenAiBody.Read(body, ReadCreate);

    /// <summary>Reads a request to compact a context.</summary>
    /// <exception cref="RunException">It is not valid; the error says where.</exception>
    public static ResponsesRequest ReadCompact(ReadOnlyMemory<byte> body) => OpenAiBody.Read(body, static root =>
    {
        root.RequiredString("model", "");
        var request = Read(root);
        return request.Input.Count > 0 || request.PreviousResponseId is not null ? request : throw OpenAiJson.Missing("input");
    });

    /// <summary>Reads a request to count the tokens of what would be asked.</summary>
    /// <exception cref="RunException">It is not valid; the error says where.</exception>
    public static ResponsesRequest ReadInputTokens(ReadOnlyMemory<byte> body) => OpenAiBody.Read(body, Read);

    internal static ResponsesRequest ReadCreate(JsonElement root)
    {
        var request = Read(root);
        if (request is { Background: true, Store: false }) throw OpenAiJson.Invalid("background", "Background responses must be stored: 'background' needs 'store'.");
        if (request.Input.Count == 0 && request.Agent is null && request.PreviousResponseId is null && request.Conversation is null && !root.TryGet("prompt", out _))
            throw OpenAiJson.Missing("input");
        return request;
    }

    private static ResponsesRequest Read(JsonElement root)
    {
        var (conversation, previous) = (ReadConversation(root), root.OptionalString("previous_response_id", ""));
        if (conversation is not null && previous is not null)
            throw OpenAiJson.Invalid("previous_response_id", "'previous_response_id' and 'conversation' exclude each other. Send one of them.", "mutually_exclusive_parameters");
        if (root.TryGet("stream_options", out var options)) options.AsObject("stream_options").OptionalBool("include_obfuscation", "stream_options");
        return new ResponsesRequest
        {
            Model = root.OptionalString("model", ""),
            Agent = ReadAgent(root, "agent_reference") ?? ReadAgent(root, "agent"),
            Stream = root.OptionalBool("stream") ?? false,
            Background = root.OptionalBool("background") ?? false,
            Store = root.OptionalBool("store") ?? true,
            Input = root.TryGet("input", out var input) ? ResponsesInputReader.Read(input) : default,
            Conversation = conversation,
            PreviousResponseId = previous,
            Metadata = OpenAiBody.ReadMetadata(root),
            Include = ReadInclude(root),
            Request = ReadModelRequest(root),
            Echo = ResponsesEcho.Of(root),
        };
    }

    private static ModelRequest ReadModelRequest(JsonElement root) => new()
    {
        Model = root.OptionalString("model", ""),
        Instructions = root.OptionalString("instructions", ""),
        Tools = ResponsesTools.ReadFunctions(root),
        ToolChoice = ResponsesTools.ReadChoice(root),
        ParallelToolCalls = root.OptionalBool("parallel_tool_calls"),
        Temperature = root.OptionalDouble("temperature"),
        TopP = root.OptionalDouble("top_p"),
        FrequencyPenalty = root.OptionalDouble("frequency_penalty"),
        PresencePenalty = root.OptionalDouble("presence_penalty"),
        MaxOutputTokens = root.OptionalInteger("max_output_tokens") is not { } most ? null
            : most > 0 ? most : throw OpenAiJson.Invalid("max_output_tokens", $"Invalid 'max_output_tokens': {most} is less than 1.", "integer_below_min_value"),
        ResponseFormat = ResponsesFormat.Read(root),
        ReasoningEffort = root.TryGet("reasoning", out var reasoning) ? reasoning.AsObject("reasoning").OptionalString("effort", "reasoning") : null,
        Parameters = root.TryGet("structured_inputs", out var inputs) ? inputs.AsObject("structured_inputs").ToRawJson() : null,
        User = root.OptionalString("user", ""),
        Leftover = OpenAiBody.ReadLeftover(root, Protocol.Responses, IsKnown),
    };

    private static bool IsKnown(JsonProperty member) => member.Name switch
    {
        "tools" => ResponsesTools.AreFunctions(member.Value),
        "tool_choice" => ResponsesTools.IsCommon(member.Value),
        "text" => member.Value.EnumerateObject().All(part => part.Name == "format"),
        "reasoning" => member.Value.EnumerateObject().All(part => part.Name == "effort"),
        _ => Known.Contains(member.Name),
    };

    // A string, or from OpenAI's .NET client an object.
    private static string? ReadConversation(JsonElement root)
    {
        if (!root.TryGet("conversation", out var value)) return null;
        return value.ValueKind == JsonValueKind.Object ? value.RequiredString("id", "conversation") : value.AsString("conversation");
    }

    private static AgentRef? ReadAgent(JsonElement root, string name)
    {
        if (!root.TryGet(name, out var agent)) return null;
        var type = agent.AsObject(name).OptionalString("type", name);
        if (type is not (null or "agent_reference" or "agent_id")) throw OpenAiJson.Invalid($"{name}.type", $"Invalid value: '{type}'. Supported values are: 'agent_reference'.");
        return new AgentRef(agent.RequiredString("name", name), agent.OptionalString("version", name));
    }

    private static ValueList<string> ReadInclude(JsonElement root)
        => root.TryGet("include", out var include) ? include.AsArray("include").EnumerateArray().Select((one, index) => one.AsString($"include[{index}]")).ToValueList() : default;
}
