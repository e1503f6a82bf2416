using System.Text.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>Reads the items of an input list: what is said, and what earlier responses had in their output and clients send back.</summary>
internal static class ResponsesInputReader
{
    /// <summary>The most items that a list may have.</summary>
    public const int Limit = 10_000;

    private const int CallIdLimit = 64;

    // What servers make that have these tools, and nobody else understands: carried, so that a client may send back all that it got.
    private static readonly HashSet<string> OfServers =
    [
        "a2a_preview_call", "a2a_preview_call_output", "additional_tools", "apply_patch_call", "apply_patch_call_output", "azure_ai_search_call", "azure_ai_search_call_output",
        "azure_function_call", "azure_function_call_output", "bing_custom_search_preview_call", "bing_custom_search_preview_call_output", "bing_grounding_call",
        "bing_grounding_call_output", "browser_automation_preview_call", "browser_automation_preview_call_output", "code_interpreter_call", "computer_call",
        "computer_call_output", "fabric_dataagent_preview_call", "fabric_dataagent_preview_call_output", "file_search_call", "image_generation_call", "local_shell_call",
        "local_shell_call_output", "mcp_list_tools", "memory_search_call", "oauth_consent_request", "openapi_call", "openapi_call_output", "program", "program_output",
        "sharepoint_grounding_preview_call", "sharepoint_grounding_preview_call_output", "shell_call", "shell_call_output", "structured_outputs", "tool_search_call",
        "tool_search_output", "web_search_call", "workflow_action",
    ];

    /// <summary>Reads a list, or a text that stands for one message of the user.</summary>
    public static ValueList<ResponsesInput> Read(JsonElement input)
    {
        const string path = "input";
        if (input.ValueKind == JsonValueKind.String) return [new ResponsesInput([InputItem.Said(Role.User, input.AsString(path))])];
        if (input.ValueKind != JsonValueKind.Array) throw OpenAiJson.WrongType(path, "a string or an array of items", input);
        return ReadList(input, path, Limit);
    }

    /// <summary>Reads a list of at most so many items.</summary>
    public static ValueList<ResponsesInput> ReadList(JsonElement items, string path, int limit)
    {
        var count = items.AsArray(path).GetArrayLength();
        if (count > limit) throw OpenAiJson.Invalid(path, $"Invalid '{path}': {count} items, the limit is {limit}.", "array_above_max_length");
        var list = new List<ResponsesInput>(count);
        foreach (var item in items.EnumerateArray())
        {
            var read = ReadItem(item, $"{path}[{list.Count}]", list.Count);

            // A compacted context has in it all that stood before it.
            if (read.Compacted)
                for (var i = 0; i < list.Count; i++) list[i] = new ResponsesInput(default);
            list.Add(read.Input);
        }

        return list.ToValueList();
    }

    /// <summary>
    /// Reads an item that was packed here. Other protocols bear what this one refuses, such as a file at an address that is not of the web: such an item
    /// is told as it stands, an output under its call.
    /// </summary>
    public static ValueList<InputItem> ReadPacked(JsonElement item, string path, int index)
    {
        try
        {
            return ReadItem(item, path, index).Input.Items;
        }
        catch (RunException)
        {
            var text = item.ToRawJson().Text;
            return [ResponsesHeads.Text(item, "call_id") is { Length: > 0 and <= CallIdLimit } call ? InputItem.Output(call, text) : InputItem.Said(Role.User, text)];
        }
    }

    private static (ResponsesInput Input, bool Compacted) ReadItem(JsonElement item, string path, int index)
    {
        var id = item.AsObject(path).OptionalString("id", path);
        var type = item.OptionalString("type", path) ?? (item.TryGet("role", out _) ? "message" : id is not null ? "item_reference" : throw OpenAiJson.Missing($"{path}.type"));
        if (type == "compaction" && ResponsesCompaction.Read(item.RequiredString("encrypted_content", path), $"{path}.encrypted_content") is { } context) return (new(context), true);
        return (new(ReadItem(item, type, path, index), type == "item_reference" ? id ?? throw OpenAiJson.Missing($"{path}.id") : id), false);
    }

    private static ValueList<InputItem> ReadItem(JsonElement item, string type, string path, int index) => type switch
    {
        "message" => [ReadMessage(item, path)],
        "item_reference" => default,
        "function_call" => [ReadCall(item, path, "arguments", isFreeform: false)],
        "custom_tool_call" => [ReadCall(item, path, "input", isFreeform: true)],
        "function_call_output" or "custom_tool_call_output" => [new(new ToolResultItem(ReadCallId(item, path)), ResponsesInputContent.ReadOutput(item, path))],
        "reasoning" => [ReadReasoning(item, path)],
        "mcp_call" => ReadServerCall(item, path, index),
        "mcp_approval_request" => [new(new ApprovalRequestItem(item.RequiredString("name", path), item.OptionalString("server_label", path)), [new Content(PartKind.Input, item.OptionalString("arguments", path) ?? "")])],
        "mcp_approval_response" => [ReadApproval(item, path)],
        _ when OfServers.Contains(type) || type == "compaction" => [new(new OpaqueItem(Protocol.Responses, type, MembersOf(item)), default)],
        _ => throw OpenAiJson.Invalid($"{path}.type", $"Invalid value: '{type}'. It is no type of an item that this server knows."),
    };

    private static InputItem ReadMessage(JsonElement message, string path)
    {
        var role = message.RequiredString("role", path);
        if (role is not ("user" or "assistant" or "system" or "developer"))
            throw OpenAiJson.Invalid($"{path}.role", $"Invalid value: '{role}'. Supported values are: 'assistant', 'system', 'developer', and 'user'.");
        var head = new MessageItem(new Role(role));
        return new InputItem(head, ResponsesInputContent.ReadMessage(message, path, isAnswer: role == "assistant"))
        {
            Leftover = ResponsesHeads.LeftoverOf(message, head),
        };
    }

    private static InputItem ReadCall(JsonElement call, string path, string input, bool isFreeform)
        => new(new ToolCallItem(ReadCallId(call, path), call.RequiredString("name", path), RunBy.Client, Freeform: isFreeform), [new Content(PartKind.Input, call.RequiredString(input, path))]);

    private static string ReadCallId(JsonElement item, string path)
    {
        var id = item.RequiredString("call_id", path);
        return id.Length switch
        {
            0 => throw OpenAiJson.Invalid($"{path}.call_id", $"Invalid '{path}.call_id': empty string.", "empty_string"),
            > CallIdLimit => throw OpenAiJson.Invalid($"{path}.call_id", $"Invalid '{path}.call_id': {id.Length} characters, the limit is {CallIdLimit}.", "string_above_max_length"),
            _ => id,
        };
    }

    private static InputItem ReadReasoning(JsonElement reasoning, string path)
    {
        var content = new List<Content>();
        ResponsesInputContent.ReadReasoning(reasoning, $"{path}.summary", "summary", PartKind.ReasoningSummary, content);
        ResponsesInputContent.ReadReasoning(reasoning, $"{path}.content", "content", PartKind.ReasoningText, content);
        return new InputItem(new ReasoningItem(reasoning.OptionalString("encrypted_content", path)), content.ToValueList());
    }

    // The wire has call and result in one, and no id of the call.
    private static ValueList<InputItem> ReadServerCall(JsonElement call, string path, int index)
    {
        var id = call.OptionalString("id", path) is { Length: > 0 and <= CallIdLimit } own ? own : $"call_{index}";
        var head = new ToolCallItem(id, call.RequiredString("name", path), RunBy.Server, call.OptionalString("server_label", path));
        var error = call.TryGet("error", out var failed) ? failed.ValueKind == JsonValueKind.String ? failed.AsString(path) : failed.ToRawJson().Text : null;
        return
        [
            new(head, [new Content(PartKind.Input, call.OptionalString("arguments", path) ?? "")]),
            InputItem.Output(id, error ?? call.OptionalString("output", path) ?? "", isError: error is not null),
        ];
    }

    private static InputItem ReadApproval(JsonElement reply, string path)
    {
        var request = reply.RequiredString("approval_request_id", path);
        return PrefixedId.TryParse(request, out _, out var id)
            ? new InputItem(new ApprovalReplyItem(id, reply.OptionalBool("approve", path) ?? throw OpenAiJson.Missing($"{path}.approve"), reply.OptionalString("reason", path)), default)
            : throw OpenAiJson.Invalid($"{path}.approval_request_id", $"There is no approval request '{request}'.");
    }

    private static RawJson MembersOf(JsonElement item)
        => OpenAiBody.ReadLeftover(item, Protocol.Responses, static member => ResponsesHeads.OfAllItems.Contains(member.Name))?.Members ?? new RawJson("{}");
}
