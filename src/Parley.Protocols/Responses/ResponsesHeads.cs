using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>What an item of the wire is, read from its object: all but what streams.</summary>
internal static class ResponsesHeads
{
    /// <summary>What items of all types have. Identities and makers are of the response that an item came in.</summary>
    public static readonly HashSet<string> OfAllItems = ["type", "id", "created_by", "agent_reference", "response_id", "agent"];

    /// <summary>
    /// The head of an item. A type without a word of its own is carried as it is. A call that the server ran has no id of a call on the wire: it gets one
    /// by its ordinal.
    /// </summary>
    public static Item Read(JsonElement item, string type, int ordinal) => type switch
    {
        "message" => new MessageItem(new Role(Text(item, "role") is { Length: > 0 } role ? role : "assistant")),
        "reasoning" => new ReasoningItem(Text(item, "encrypted_content")),
        "function_call" => new ToolCallItem(Text(item, "call_id") ?? "", Text(item, "name") ?? "", RunBy.Client),
        "custom_tool_call" => new ToolCallItem(Text(item, "call_id") ?? "", Text(item, "name") ?? "", RunBy.Client, Freeform: true),
        "mcp_call" => new ToolCallItem(string.Create(CultureInfo.InvariantCulture, $"call_{ordinal}"), Text(item, "name") ?? "", RunBy.Server, Text(item, "server_label") is { Length: > 0 } label ? label : null),
        "function_call_output" or "custom_tool_call_output" => new ToolResultItem(Text(item, "call_id") ?? ""),
        "mcp_approval_request" => new ApprovalRequestItem(Text(item, "name") ?? "", Text(item, "server_label") is { Length: > 0 } label ? label : null),
        "workflow_action" => new WorkflowActionItem(Text(item, "kind") ?? "", Text(item, "action_id") ?? "", Text(item, "parent_action_id"), Text(item, "previous_action_id")),
        _ => new OpaqueItem(Protocol.Responses, type, Members(item, OfAllItems)),
    };

    /// <summary>The members of a message that this dialect may grow by, such as <c>phase</c>.</summary>
    public static Leftover? LeftoverOf(JsonElement item, Item head) => head is MessageItem
        ? OpenAiBody.ReadLeftover(item, Protocol.Responses, static member => member.Name is "role" or "content" or "status" || OfAllItems.Contains(member.Name))
        : null;

    /// <summary>How an item ended.</summary>
    public static ItemStatus StatusOf(JsonElement item) => Text(item, "status") switch
    {
        "incomplete" => ItemStatus.Incomplete,
        "failed" => ItemStatus.Failed,
        "cancelled" => ItemStatus.Cancelled,
        _ => ItemStatus.Completed,
    };

    /// <summary>The whole input of a call; null if the object does not tell it.</summary>
    public static string? InputOf(JsonElement item, Item head) => head switch
    {
        ToolCallItem { Freeform: true } => Text(item, "input"),
        ToolCallItem or ApprovalRequestItem => Text(item, "arguments"),
        _ => null,
    };

    /// <summary>The members of an object but these, as compact JSON.</summary>
    public static RawJson Members(JsonElement element, HashSet<string> without)
        => OpenAiBody.ReadMembers(element, member => without.Contains(member.Name)) ?? new RawJson("{}");

    /// <summary>An integer member; null if it is absent or no integer.</summary>
    public static int? Number(JsonElement element, string name)
        => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null;

    /// <summary>A string member; null if it is absent or no string.</summary>
    public static string? Text(JsonElement element, string name)
        => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? Text(value) : null;

    /// <summary>A string; null if it is none. Half a surrogate pair, which the framework throws on, is borne.</summary>
    public static string? Text(JsonElement value)
        => value.ValueKind == JsonValueKind.String ? JsonText.ReadTolerant(JsonMarshal.GetRawUtf8Value(value)[1..^1]) : null;
}
