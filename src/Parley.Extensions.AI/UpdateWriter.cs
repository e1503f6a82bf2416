using Microsoft.Extensions.AI;
using Parley.Protocols.Clients;
using Parley.Runs;

namespace Parley.Extensions.AI;

/// <summary>Writes a run's events as updates of a chat client.</summary>
/// <param name="answer">The run.</param>
/// <param name="isWhole">Texts come at their end, as they are then: a server may have taken back what it streamed.</param>
internal sealed class UpdateWriter(ChatStream answer, bool isWhole = false)
{
    /// <summary>An update; null where there is nothing to tell.</summary>
    /// <exception cref="RunException">The run failed, or was cancelled at its server.</exception>
    public ChatResponseUpdate? Write(RunEvent @event)
    {
        if (Of(@event) is not { } update) return null;
        (update.ResponseId, update.CreatedAt) = (answer.Id.ToString(), answer.State.Started ? answer.State.StartedAt : null);
        return update;
    }

    private ChatResponseUpdate? Of(RunEvent @event)
    {
        switch (@event)
        {
            case RunStarted started:
                return new ChatResponseUpdate { Role = ChatRole.Assistant, ModelId = started.Model, ConversationId = answer.Conversation, RawRepresentation = started };
            case PartDelta delta:
                var streamed = PartOf(delta.Item, delta.Part).Kind;
                return isWhole || streamed == PartKind.Refusal ? null : Of(delta.Item, TextOf(delta.Item, streamed, delta.Text), @event);
            case PartCompleted completed:
                var part = PartOf(completed.Item, completed.Part);
                return isWhole || part.Kind == PartKind.Refusal ? Of(completed.Item, WholeOf(completed.Item, part), @event) : null;
            case PartStarted { Media: { } media } started when HeadOf(started.Item) is MessageItem:
                return Of(started.Item, MediaContents.Write(media), @event);
            case PartAnnotated annotated when !isWhole && HeadOf(annotated.Item) is MessageItem:
                return Of(annotated.Item, new TextContent("") { Annotations = [CitationOf(annotated.Annotation)] }, @event);
            case ItemCompleted { Status: ItemStatus.Completed } completed:
                return Of(completed.Item, WholeOf(answer.State.Items[completed.Item]), @event);
            case RunEnded ended:
                return EndOf(ended);
            default:
                return null;
        }
    }

    private PartState PartOf(int item, int part) => answer.State.Items[item].Parts[part];

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
    private AIContent? TextOf(int item, PartKind kind, string text) => (HeadOf(item), kind) switch
    {
        (MessageItem, PartKind.Text) => new TextContent(text),
        (MessageItem, PartKind.Refusal) => new ErrorContent(text) { ErrorCode = UpdateReader.Refusal },
        (ReasoningItem, PartKind.ReasoningText or PartKind.ReasoningSummary) => new TextReasoningContent(text),
        _ => null,
    };

    private AIContent? WholeOf(int item, PartState part)
    {
        if (part.Text.Length == 0 && part.Notes.Count == 0) return null;
        var content = TextOf(item, part.Kind, part.Text);
        if (part.Notes.Count > 0 && content is not null) content.Annotations = [.. part.Notes.Select(CitationOf)];
        return content;
    }

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
            // Without a role and an id it belongs to the message before.
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
