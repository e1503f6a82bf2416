using Parley.Workflows.Actions;
using Parley.Workflows.Reading;

namespace Parley.Workflows;

/// <summary>Makes an action of its properties; what is wrong with them becomes findings.</summary>
internal delegate IWorkflowAction ActionReader(WorkflowNode node);

/// <summary>All kinds of actions, one line each, and those that are refused by name.</summary>
internal static class ActionTable
{
    /// <summary>The kinds that are executed. Groups and loops, which hold others, are read by <see cref="ProgramBuilder"/>.</summary>
    public static IReadOnlyDictionary<string, ActionReader> All { get; } = new Dictionary<string, ActionReader>(StringComparer.OrdinalIgnoreCase)
    {
        ["SetVariable"] = SetVariable.Read,
        ["SetTextVariable"] = SetTextVariable.Read,
        ["SetMultipleVariables"] = SetMultipleVariables.Read,
        ["ResetVariable"] = ResetVariable.Read,
        ["ClearAllVariables"] = ClearAllVariables.Read,
        ["EditTable"] = EditTable.Read,
        ["EditTableV2"] = EditTable.ReadV2,
        ["SendActivity"] = SendActivity.Read,
        ["SendMessage"] = SendActivity.ReadMessage,
        ["Question"] = Question.Read,
        ["RequestExternalInput"] = RequestExternalInput.Read,
        ["BreakLoop"] = BreakLoop.Read,
        ["ContinueLoop"] = ContinueLoop.Read,
        ["GotoAction"] = GotoAction.Read,
        ["EndConversation"] = EndWorkflow.Read,
        ["EndWorkflow"] = EndWorkflow.Read,
        ["EndDialog"] = EndWorkflow.Read,
        ["CancelWorkflow"] = EndWorkflow.Read,
        ["CancelAllDialogs"] = EndWorkflow.Read,
        ["CancelDialog"] = EndWorkflow.Read,
        ["InvokeAzureAgent"] = InvokeAzureAgent.Read,
        ["InvokeFunctionTool"] = InvokeFunctionTool.Read,
        ["InvokeMcpTool"] = InvokeMcpTool.Read,
        ["HttpRequestAction"] = HttpRequestAction.Read,
        ["ParseValue"] = ParseValue.Read,
        ["CreateConversation"] = CreateConversation.Read,
        ["AddConversationMessage"] = AddConversationMessage.Read,
        ["CopyConversationMessages"] = CopyConversationMessages.Read,
        ["RetrieveConversationMessage"] = RetrieveConversationMessage.Read,
        ["RetrieveConversationMessages"] = RetrieveConversationMessages.Read,
    };

    /// <summary>Kinds that exist elsewhere and are not executed here, with the reason.</summary>
    public static string? WhyRefused(string kind) => kind switch
    {
        "AdaptiveCardPrompt" or "OAuthInput" or "CSATQuestion" => "it needs a client that shows cards, which no protocol here has; ask with Question",
        "AnswerQuestionWithAI" or "RecognizeIntent" or "SearchAndSummarizeContent" or "SearchAndSummarizeWithCustomModel" or "SearchKnowledgeSources" or "CreateSearchQuery"
            or "InvokeAIBuilderModelAction" or "InvokeCustomModelAction" or "InvokeAzureResponse" => "it needs a model of the platform; ask an agent with InvokeAzureAgent",
        "InvokeConnectorAction" or "InvokeFlowAction" or "InvokeSkillAction" or "WaitForConnectorTrigger" => "it needs a service of the platform; call one with HttpRequestAction or InvokeMcpTool",
        "BeginDialog" or "RepeatDialog" or "ReplaceDialog" => "workflows have no dialogs; use GotoAction or InvokeAzureAgent",
        "TransferConversation" or "TransferConversationV2" or "SignOutUser" or "DeleteConversation" or "EmitEvent" or "LogCustomTelemetryEvent" or "UpdateActivity" or "DeleteActivity"
            or "GetConversationMembers" or "GetActivityMembers" or "ActivateTrigger" or "DisableTrigger" => "it has no meaning outside of the platform",
        "SetValue" or "If" or "RequestHumanInput" or "WaitForHumanInput" or "AppendValue" or "TryCatch" or "EmitMessage" => "it is of the Python dialect, which is another language under the same name; use "
            + kind switch { "SetValue" => "SetVariable", "If" => "ConditionGroup", _ => "Question" },
        _ => null,
    };
}
