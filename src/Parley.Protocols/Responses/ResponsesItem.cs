using System.Runtime.InteropServices;
using System.Text.Json;
using Parley.Conversations;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>An item as this dialect shows it: of a run, or of a conversation.</summary>
internal sealed record ResponsesItem
{
    public required string Id { get; init; }

    public required Item Head { get; init; }

    /// <summary>How it ended; null while it is open.</summary>
    public ItemStatus? Status { get; init; }

    public ValueList<Content> Content { get; init; }

    /// <summary>What the tool gave back: a call that the server ran is one item with its result.</summary>
    public ResponsesResult? Result { get; init; }

    public Leftover? Leftover { get; init; }

    /// <summary>Who made it, where that is shown.</summary>
    public ResponsesMaker? Maker { get; init; }

    public bool HidesEncrypted { get; init; }

    /// <summary>Without the members that only models' answers have.</summary>
    public bool IsPlain { get; init; }

    /// <summary>Whether this dialect has a word for it. A result of a call that the server ran is shown within the call.</summary>
    public static bool IsShown(Item head) => head switch
    {
        MessageItem or ReasoningItem or ToolCallItem or ApprovalRequestItem or ApprovalReplyItem or WorkflowActionItem => true,
        OpaqueItem opaque => opaque.Protocol == Protocol.Responses,
        _ => false,
    };

    /// <summary>A stored message. Its result, if it is a call that the server ran, is the next message.</summary>
    public static ResponsesItem Of(Message message, Message? next) => new()
    {
        Id = ResponsesIds.OfItem(message.Head, message.Conversation, message.Id),
        Head = message.Head,
        Status = message.Status,
        Content = message.Content,
        Leftover = message.Leftover,
        HidesEncrypted = true,
        Result = message.Head is ToolCallItem { RunBy: RunBy.Server } call && next?.Head is ToolResultItem result && result.CallId == call.CallId
            ? new ResponsesResult(next.Text, result.IsError)
            : null,
    };

    public static ResponsesResult? ResultOf(ItemState? result)
        => result?.Head is ToolResultItem head ? new ResponsesResult(Contents.TextOf(result.ToContent()), head.IsError) : null;

    /// <summary>Writes it as a value.</summary>
    public void Write(JsonLine json)
    {
        json.Object();
        switch (Head)
        {
            case MessageItem message:
                Begin(json, "message");
                json.String("status"u8, StatusWord).String("role"u8, message.Role.Value);
                ResponsesContent.Write(json.Name("content"u8), Content, message.Role, IsPlain);
                break;
            case ReasoningItem reasoning:
                Begin(json, "reasoning");
                WriteReasoning(json, reasoning);
                break;
            case ToolCallItem { RunBy: RunBy.Server } call:
                Begin(json, "mcp_call");
                json.String("server_label"u8, call.Server ?? "").String("name"u8, call.Name).String("arguments"u8, Joined);
                WriteResult(json);
                json.String("status"u8, Status == ItemStatus.Failed || Result is { IsError: true } ? "failed" : StatusWord).Name("approval_request_id"u8).Null();
                break;
            case ToolCallItem call:
                Begin(json, call.Freeform ? "custom_tool_call" : "function_call");
                json.String("call_id"u8, call.CallId).String("name"u8, call.Name)
                    .String(call.Freeform ? "input"u8 : "arguments"u8, Joined).String("status"u8, StatusWord);
                break;
            case ToolResultItem result:
                Begin(json, "function_call_output");
                json.String("call_id"u8, result.CallId);
                ResponsesContent.WriteOutput(json.Name("output"u8), Content);
                json.String("status"u8, StatusWord);
                break;
            case ApprovalRequestItem request:
                Begin(json, "mcp_approval_request");
                json.String("server_label"u8, request.Server ?? "").String("name"u8, request.Name).String("arguments"u8, Joined);
                break;
            case ApprovalReplyItem reply:
                Begin(json, "mcp_approval_response");
                json.String("approval_request_id"u8, Request(reply)).Name("approve"u8).Bool(reply.Approved);
                json.StringOrNull("reason"u8, reply.Reason);
                break;
            case WorkflowActionItem action:
                Begin(json, "workflow_action");
                json.String("kind"u8, action.Kind).String("action_id"u8, action.ActionId);
                if (action.Parent is not null) json.String("parent_action_id"u8, action.Parent);
                if (action.Previous is not null) json.String("previous_action_id"u8, action.Previous);
                json.String("status"u8, StatusWord);
                break;
            case OpaqueItem opaque:
                Begin(json, opaque.Type);
                WriteMembers(json, opaque.Members);
                break;
        }

        if (Head is not OpaqueItem) WriteLeftover(json, Leftover);
        if (Maker is not null)
        {
            ResponsesAgentRef.Write(json.Name("agent_reference"u8), Maker.Agent, "agent_reference");
            json.String("response_id"u8, Maker.Response);
        }

        json.EndObject();
    }

    // Where an item is cut off only actions and calls have a word for why.
    private string StatusWord => Status switch
    {
        null => "in_progress",
        ItemStatus.Completed => "completed",
        ItemStatus.Failed when Head is WorkflowActionItem => "failed",
        ItemStatus.Cancelled when Head is WorkflowActionItem => "cancelled",
        _ => "incomplete",
    };

    private string Joined => Content.Count == 1 ? Content[0].Text : string.Concat(Content.Select(part => part.Text));

    private void Begin(JsonLine json, string type)
    {
        json.String("type"u8, type).String("id"u8, Id);
        if (Maker is null) return;
        json.Name("created_by"u8).Object();
        ResponsesAgentRef.Write(json.Name("agent"u8), Maker.Agent, "agent_id");
        json.String("response_id"u8, Maker.Response).EndObject();
    }

    private string Request(ApprovalReplyItem reply)
        => PrefixedId.TryParse(Id, out var conversation, out _) ? PrefixedId.Render("mcpr_", conversation, reply.Request) : reply.Request.ToString();

    private void WriteReasoning(JsonLine json, ReasoningItem reasoning)
    {
        json.Name("summary"u8).Array();
        foreach (var part in Content.Where(part => part.Kind == PartKind.ReasoningSummary)) json.Object().String("type"u8, "summary_text").String("text"u8, part.Text).EndObject();
        json.EndArray();
        if (Content.Any(part => part.Kind == PartKind.ReasoningText))
        {
            json.Name("content"u8).Array();
            foreach (var part in Content.Where(part => part.Kind == PartKind.ReasoningText)) json.Object().String("type"u8, "reasoning_text").String("text"u8, part.Text).EndObject();
            json.EndArray();
        }

        if (reasoning.Encrypted is { } encrypted && !HidesEncrypted) json.String("encrypted_content"u8, encrypted);
        json.String("status"u8, StatusWord);
    }

    private void WriteResult(JsonLine json)
    {
        json.StringOrNull("output"u8, Result is { IsError: false } good ? good.Text : null);
        json.StringOrNull("error"u8, Result is { IsError: true } bad ? bad.Text : null);
    }

    /// <summary>Writes the members that only this dialect knows.</summary>
    public static void WriteLeftover(JsonLine json, Leftover? leftover)
    {
        if (leftover is not null && leftover.Protocol == Protocol.Responses) WriteMembers(json, leftover.Members);
    }

    /// <summary>Writes the members of an object.</summary>
    public static void WriteMembers(JsonLine json, RawJson members)
    {
        using var document = JsonDocument.Parse(members.Text, OpenAiJson.Deep);
        foreach (var member in document.RootElement.EnumerateObject()) json.Name(member.Name.AsSpan()).Raw(JsonMarshal.GetRawUtf8Value(member.Value));
    }
}

/// <summary>What a tool gave back, or its error.</summary>
internal sealed record ResponsesResult(string Text, bool IsError);

/// <summary>An agent by name and version.</summary>
internal static class ResponsesAgentRef
{
    public static void Write(JsonLine json, AgentRef agent, string type)
        => json.Object().String("type"u8, type).String("name"u8, agent.Name).String("version"u8, agent.Version ?? "1").EndObject();
}
