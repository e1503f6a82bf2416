using Microsoft.Extensions.AI;
using Parley.Protocols.Clients;
using Parley.Runs;

namespace Parley.Extensions.AI;

/// <summary>Reads the messages of a chat client's caller: a call, a result and a thought are each an item of their own.</summary>
internal static class MessageReader
{
    public static ValueList<InputItem> Read(IEnumerable<ChatMessage> messages)
    {
        var items = new List<InputItem>();
        foreach (var message in messages) Read(message, items);
        return items.ToValueList();
    }

    private static void Read(ChatMessage message, List<InputItem> into)
    {
        var said = new List<Content>();
        foreach (var content in message.Contents)
        {
            if (content is TextContent text) said.Add(new Content(PartKind.Text, text.Text));
            else if (content is ErrorContent { ErrorCode: UpdateReader.Refusal } refusal) said.Add(new Content(PartKind.Refusal, refusal.Message));
            else if (MediaContents.Read(content) is { } media) said.Add(media);
            else if (ItemOf(content) is { } item)
            {
                EndMessage(message.Role, said, into);
                into.Add(item);
            }
        }

        EndMessage(message.Role, said, into);
    }

    private static void EndMessage(ChatRole role, List<Content> said, List<InputItem> into)
    {
        if (said.Count == 0) return;
        into.Add(new InputItem(new MessageItem(new Role(role.Value)), said.ToValueList()));
        said.Clear();
    }

    // Usage and other errors of earlier answers say nothing to an agent.
    private static InputItem? ItemOf(AIContent content) => content switch
    {
        // Whether it was informational says nothing here: who runs functions sets it too, when it has run one.
        FunctionCallContent call => new InputItem(new ToolCallItem(call.CallId, call.Name, RunBy.Client), [new Content(PartKind.Input, AiJson.Write(call.Arguments))]),
        FunctionResultContent result => InputItem.Output(result.CallId, AiJson.TextOf(result.Result), result.Exception is not null),
        TextReasoningContent { ProtectedData: { } encrypted } thought => new InputItem(
            new ReasoningItem(encrypted), thought.Text.Length > 0 ? [new Content(PartKind.ReasoningSummary, thought.Text)] : []),
        ToolApprovalResponseContent reply => ClientRequest.Approval(reply.RequestId, reply.Approved, reply.Reason),
        HostedFileContent file => throw new RunException(RunError.Rejected($"The file \"{file.FileId}\" is only named: send its data or its address.", "messages", "unsupported_media")),
        _ => null,
    };
}
