using Microsoft.Extensions.AI;
using Parley.Runs;

namespace Parley.Extensions.AI;

/// <summary>Reads a chat client's updates as run events.</summary>
/// <param name="request">What was asked: calls of its tools are its client's to run.</param>
internal sealed class UpdateReader(ModelRequest request)
{
    /// <summary>The code of an error that is a refusal, as other chat clients say it.</summary>
    public const string Refusal = "Refusal";

    private readonly HashSet<string> _tools = new(request.Tools.Select(tool => tool.Name), StringComparer.Ordinal);
    private readonly Dictionary<string, int> _calls = new(StringComparer.Ordinal);
    private readonly HashSet<int> _open = [];
    private bool _started;
    private int _items;
    private int _parts;
    private Item? _head;
    private PartKind? _kind;
    private string? _message;
    private string? _conversation;
    private string? _begunIn;
    private ChatFinishReason? _finish;
    private RunError? _error;

    /// <summary>What has been used, as far as it was told.</summary>
    public Usage? Spent { get; private set; }

    /// <summary>Adds what an update means.</summary>
    public void Read(ChatResponseUpdate update, List<RunEvent> into)
    {
        _conversation = update.ConversationId ?? _conversation;
        Start(update.ModelId, into);
        _finish = update.FinishReason ?? _finish;
        if (update.MessageId is { } message && message != _message)
        {
            if (_message is not null) EndItem(into);
            _message = message;
        }

        foreach (var content in update.Contents) Read(content, into);
    }

    /// <summary>Adds the end.</summary>
    public void End(List<RunEvent> into)
    {
        Start(null, into);
        EndItem(into);
        var finish = _finish is null || _finish == ChatFinishReason.ToolCalls ? FinishReason.Stop : new FinishReason(_finish.Value.Value);
        into.Add(_error is not null ? new RunFailed(_error, Spent)
            : _open.Count > 0 && !finish.IsIncomplete ? new RunSuspended(_open.Order().Select(RequiredAction (item) => new CallFunction(item)).ToValueList(), Spent, ConversationState.Write(_conversation))
            : new RunCompleted(finish, Spent, _conversation == _begunIn ? null : ConversationState.Write(_conversation)));
    }

    /// <summary>Adds the end of an answer that broke off.</summary>
    public void Fail(RunError error, List<RunEvent> into)
    {
        // Whether it was accepted is told by what came before.
        if (_head is not null) EndItem(into, ItemStatus.Incomplete);
        into.Add(new RunFailed(error, Spent));
    }

    private void Start(string? model, List<RunEvent> into)
    {
        if (_started) return;
        (_started, _begunIn) = (true, _conversation);
        into.Add(new RunStarted(model, ConversationState.Write(_conversation)));
    }

    private void Read(AIContent content, List<RunEvent> into)
    {
        switch (content)
        {
            case TextContent text:
                Say(new MessageItem(Role.Assistant), PartKind.Text, text.Text, into);
                foreach (var note in text.Annotations?.OfType<CitationAnnotation>() ?? []) Annotate(note, into);
                break;
            case TextReasoningContent thought:
                Say(new ReasoningItem(), PartKind.ReasoningText, thought.Text, into);
                if (thought.ProtectedData is { } encrypted) EndItem(into, revised: new ReasoningItem(encrypted));
                break;
            case FunctionCallContent call:
                ReadCall(call, into);
                break;
            case FunctionResultContent result:
                ReadResult(result, into);
                break;
            case UsageContent { Details: var details }:
                Spent = Usage.Add(Spent, UsageOf(details));
                break;
            case ErrorContent { ErrorCode: Refusal } refusal:
                Say(new MessageItem(Role.Assistant), PartKind.Refusal, refusal.Message, into);
                break;
            case ErrorContent error:
                _error = new RunError(ErrorSide.Agent, ErrorCause.Unavailable, error.Message, Code: error.ErrorCode);
                break;
            case ToolApprovalRequestContent:
                throw new RunException(new RunError(ErrorSide.Agent, ErrorCause.Rejected, "The agent asks for leave to call a tool, which cannot be passed on.", true, "approval_unsupported"));
            default:
                if (MediaContents.Read(content) is { Media: var media }) Show(media, into);
                break;
        }
    }

    private void Say(Item head, PartKind kind, string text, List<RunEvent> into)
    {
        if (_head?.GetType() != head.GetType()) Begin(head, into);
        if (_kind != kind)
        {
            EndPart(into);
            into.Add(new PartStarted(_items - 1, _parts++, kind));
            _kind = kind;
        }

        if (text.Length > 0) into.Add(new PartDelta(_items - 1, _parts - 1, text));
    }

    private void Show(Media? media, List<RunEvent> into)
    {
        if (_head is not MessageItem) Begin(new MessageItem(Role.Assistant), into);
        EndPart(into);
        into.Add(new PartStarted(_items - 1, _parts, PartKind.Media, media));
        into.Add(new PartCompleted(_items - 1, _parts++));
    }

    private void Annotate(CitationAnnotation note, List<RunEvent> into)
    {
        var region = note.AnnotatedRegions?.OfType<TextSpanAnnotatedRegion>().FirstOrDefault();
        into.Add(new PartAnnotated(_items - 1, _parts - 1, new Annotation("url_citation", region?.StartIndex, region?.EndIndex, new Source(note.Title, note.Url?.OriginalString, note.Snippet))));
    }

    private void ReadCall(FunctionCallContent call, List<RunEvent> into)
    {
        var runBy = !call.InformationalOnly && _tools.Contains(call.Name) ? RunBy.Client : RunBy.Server;
        Begin(new ToolCallItem(call.CallId, call.Name, runBy), into);
        Say(_head!, PartKind.Input, AiJson.Write(call.Arguments), into);
        _calls[call.CallId] = _items - 1;
        if (runBy == RunBy.Client) _open.Add(_items - 1);
        EndItem(into);
    }

    private void ReadResult(FunctionResultContent result, List<RunEvent> into)
    {
        int? within = _calls.TryGetValue(result.CallId, out var call) ? call : null;
        if (within is { } answered) _open.Remove(answered);
        Begin(new ToolResultItem(result.CallId, result.Exception is not null), into, within);
        Say(_head!, PartKind.Text, AiJson.TextOf(result.Result), into);
        EndItem(into);
    }

    private void Begin(Item head, List<RunEvent> into, int? within = null)
    {
        EndItem(into);
        into.Add(new ItemStarted(_items++, head, Within: within));
        _head = head;
    }

    private void EndItem(List<RunEvent> into, ItemStatus status = ItemStatus.Completed, Item? revised = null)
    {
        if (_head is null) return;
        EndPart(into);
        into.Add(new ItemCompleted(_items - 1, status, revised));
        (_head, _parts) = (null, 0);
    }

    private void EndPart(List<RunEvent> into)
    {
        if (_kind is not null) into.Add(new PartCompleted(_items - 1, _parts - 1));
        _kind = null;
    }

    private static Usage UsageOf(UsageDetails told) => new(
        told.InputTokenCount ?? 0, told.OutputTokenCount ?? 0, told.TotalTokenCount is { } total && total != told.InputTokenCount + told.OutputTokenCount ? total : null,
        told.CachedInputTokenCount, told.ReasoningTokenCount);
}
