using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>The ids of OpenAI's dialect: a prefix that says what it is, and the conversation in their middle.</summary>
public static class ResponsesIds
{
    /// <summary>The prefix of a conversation.</summary>
    public const string Conversation = "conv_";

    /// <summary>The prefix of a response.</summary>
    public const string Response = "resp_";

    /// <summary>The prefix of a response that a workflow gave.</summary>
    public const string WorkflowResponse = "wfresp_";

    /// <summary>A conversation's id.</summary>
    public static string OfConversation(Id conversation) => PrefixedId.Render(Conversation, conversation, conversation);

    /// <summary>A run's id, as a response.</summary>
    public static string OfRun(Run run) => PrefixedId.Render(IsWorkflow(run.Agent) ? WorkflowResponse : Response, run.Conversation, run.Id);

    /// <summary>The number of a response's first event: Foundry numbers a workflow's from 1, OpenAI from 0.</summary>
    public static int FirstNumberOf(string response) => response.StartsWith(WorkflowResponse, StringComparison.Ordinal) ? 1 : 0;

    /// <summary>An item's id.</summary>
    public static string OfItem(Item head, Id conversation, Id item) => PrefixedId.Render(PrefixOf(head), conversation, item);

    /// <summary>Whether it is a workflow, which Foundry shows in its own way.</summary>
    public static bool IsWorkflow(AgentRef agent) => agent.Kind == "workflow";

    private static string PrefixOf(Item head) => head switch
    {
        MessageItem => "msg_",
        ReasoningItem => "rs_",
        ToolCallItem { RunBy: RunBy.Server } => "mcp_",
        ToolCallItem { Freeform: true } => "ctc_",
        ToolCallItem => "fc_",
        ToolResultItem => "fco_",
        ApprovalRequestItem or ApprovalReplyItem => "mcpr_",
        WorkflowActionItem => "wfa_",
        OpaqueItem { Type: "web_search_call" } => "ws_",
        OpaqueItem { Type: "file_search_call" } => "fs_",
        OpaqueItem { Type: "code_interpreter_call" } => "ci_",
        OpaqueItem { Type: "image_generation_call" } => "ig_",
        OpaqueItem { Type: "compaction" } => "cmp_",
        _ => "item_",
    };
}
