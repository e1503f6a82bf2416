using Microsoft.Extensions.AI;
using Parley.Protocols.Clients;
using Parley.Runs;

namespace Parley.Extensions.AI;

/// <summary>Writes a run's events as updates of a chat client.</summary>
internal sealed class UpdateWriter(ChatStream answer)
{
    /// <summary>An update; null where there is nothing to tell.</summary>
    /// <exception cref="RunException">The run failed, or was cancelled at its server.</exception>
    public ChatResponseUpdate? Write(RunEvent @event)
    {
        switch (@event)
        {
            case RunStarted started:
                return new ChatResponseUpdate { Role = ChatRole.Assistant, ModelId = started.Model, ConversationId = answer.Conversation, RawRepresentation = started };
            case PartDelta delta:
                return Of(delta.Item, DeltaOf(delta), @event);
            case PartStarted { Media: { } media } started when HeadOf(started.Item) is MessageItem:
                return Of(started.Item, MediaContents.Write(media), @event);
            case PartAnnotated annotated when HeadOf(annotated.Item) is MessageItem:
                return Of(annotated.Item, new TextContent("") { Annotations = [CitationOf(annotated.Annotation)] }, @event);
            case ItemCompleted { Status: ItemStatus.Completed } completed:
                return Of(completed.Item, WholeOf(answer.State.Items[completed.Item]), @event);
            case RunEnded ended:
                return EndOf(ended);
            default:
                return null;
        }
    }

    private Item HeadOf(int item) => answer.State.Items[item].Head;

    private ChatResponseUpdate? Of(int item, AIContent? content, RunEvent @event)
    {
        if (content is null) return null;
        content.RawRepresentation = @event;
        return new ChatResponseUpdate(HeadOf(item) is ToolResultItem ? ChatRole.Tool : ChatRole.Assistant, [content])
        {
            MessageId = answer.State.Items[item].Id.ToString(),
            RawRepresentation = @event,
        };
    }

    // What is said beside the answer, such as a suggestion, is no part of it.
    private AIContent? DeltaOf(PartDelta delta) => (HeadOf(delta.Item), answer.State.Items[delta.Item].Parts[delta.Part].Kind) switch
    {
        (MessageItem, PartKind.Text or PartKind.Refusal) => new TextContent(delta.Text),
        (ReasoningItem, PartKind.ReasoningText or PartKind.ReasoningSummary) => new TextReasoningContent(delta.Text),
        _ => null,
    };

    private static AIContent? WholeOf(ItemState item) => item.Head switch
    {
        ToolCallItem call => CallOf(item, call),
        ToolResultItem result => new FunctionResultContent(result.CallId, item.Text),
        ReasoningItem { Encrypted: { } encrypted } => new TextReasoningContent("") { ProtectedData = encrypted },
        ApprovalRequestItem request => new ToolApprovalRequestContent(item.SourceId ?? item.Id.ToString(), new McpServerToolCallContent(item.Id.ToString(), request.Name, request.Server) { Arguments = AiJson.ReadCall(item.Input, "", request.Name).Arguments }),

        // A message of JSON alone, such as a workflow's output, is that JSON.
        MessageItem when item.Text.Length == 0 && item.Parts.FirstOrDefault(part => part.Kind == PartKind.Data)?.Data is { } data => new TextContent(data.Text),
        _ => null,
    };

    private static FunctionCallContent CallOf(ItemState item, ToolCallItem call)
    {
        var content = AiJson.ReadCall(item.Input, call.CallId, call.Name);
        content.InformationalOnly = call.RunBy == RunBy.Server;
        return content;
    }

    private static CitationAnnotation CitationOf(Annotation note) => new()
    {
        Title = note.Source.Title,
        Url = Uri.TryCreate(note.Source.Url, UriKind.Absolute, out var url) ? url : null,
        Snippet = note.Source.Text,
        AnnotatedRegions = note.Start is null && note.End is null ? null : [new TextSpanAnnotatedRegion { StartIndex = note.Start, EndIndex = note.End }],
    };

    private ChatResponseUpdate EndOf(RunEnded ended)
    {
        var finish = ended switch
        {
            RunFailed failed => throw new RunException(failed.Error),
            RunCancelled => throw new RunException(new RunError(ErrorSide.Agent, ErrorCause.Cancelled, "The run was cancelled at the agent's server.", true)),
            RunSuspended { Required: var required } => required.Any(action => action is CallFunction) ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop,
            RunCompleted completed => new ChatFinishReason(completed.Finish.Value),
            _ => ChatFinishReason.Stop,
        };
        return new ChatResponseUpdate
        {
            Role = ChatRole.Assistant,
            MessageId = answer.State.Items.LastOrDefault(item => item.Head is not ToolResultItem)?.Id.ToString(),
            FinishReason = finish,
            ConversationId = answer.Conversation,
            Contents = ended.Usage is { } usage ? [new UsageContent(UsageOf(usage))] : [],
            RawRepresentation = answer.State,
        };
    }

    private static UsageDetails UsageOf(Usage usage) => new()
    {
        InputTokenCount = usage.Input,
        OutputTokenCount = usage.Output,
        TotalTokenCount = usage.Sum,
        CachedInputTokenCount = usage.CachedInput,
        ReasoningTokenCount = usage.Reasoning,
    };
}
