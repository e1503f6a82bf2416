namespace Parley.Runs;

/// <summary>
/// Appends what an agent says to the run's log, and keeps it within the grammar: a start, items with their parts, one end. It mints
/// ids and times, closes what was left open, and decides whether a run that ends with open calls is suspended.
/// </summary>
/// <param name="run">The run's header.</param>
/// <param name="append">Takes the next event; false if it takes no more.</param>
/// <param name="ids">Where ids come from.</param>
/// <param name="time">The clock.</param>
/// <param name="state">The fold of what there is already.</param>
internal sealed class RunAppender(Run run, Func<RunEvent, DateTimeOffset, bool> append, IdSource ids, TimeProvider time, RunState? state = null)
{
    // The agent's own flow appends, and whoever ends the run without waiting for it.
    private readonly Lock _lock = new();
    private Id _reasoningBase;
    private HashSet<string>? _callIds;
    private volatile bool _ended;

    /// <summary>The fold of what was appended.</summary>
    public RunState State { get; } = state ?? new();

    /// <summary>What could not be expressed, by name.</summary>
    public List<string> Losses { get; } = [];

    /// <summary>True when the log takes no more: the run has ended.</summary>
    public bool HasEnded => _ended;

    /// <summary>Appends what an event means.</summary>
    /// <exception cref="RunException">The agent broke the grammar.</exception>
    public void Accept(RunEvent @event)
    {
        lock (_lock) AcceptNext(@event);
    }

    /// <summary>Ends the run, whatever is open. False if it had ended.</summary>
    public bool End(RunEnded end)
    {
        lock (_lock)
        {
            if (HasEnded) return false;
            EndNow(end);
            return true;
        }
    }

    private void AcceptNext(RunEvent @event)
    {
        if (HasEnded) return;
        switch (@event)
        {
            case PartDelta delta:
                if (delta.Text.Length == 0) return;
                OpenPart(delta.Item, delta.Part);
                AppendPieces(delta);
                break;
            case RunStarted started:
                if (State.Started) throw Broken("a second start");
                Append(started);
                break;
            case RunEnded ended:
                EndNow(ended);
                break;
            default:
                if (!State.Started) Append(new RunStarted());
                AcceptItem(@event);
                break;
        }
    }

    private void EndNow(RunEnded end)
    {
        if (end is RunSuspended { Required: var required } && required.Any(action => !MayWait(action))) throw Broken("it waits for something that it did not ask for");
        if (end is RunCompleted or RunSuspended && !State.Started) Append(new RunStarted());
        if (end is RunCompleted completed && !completed.Finish.IsIncomplete && OpenCalls() is { Count: > 0 } calls)
            end = new RunSuspended(calls, completed.Usage, completed.Upstream) { Leftover = completed.Leftover };
        var waiting = end is RunSuspended suspended ? suspended.Required.Where(required => required is not CallFunction).Select(required => required.Item).ToHashSet() : [];
        var status = end is RunSuspended || (end is RunCompleted { Finish.IsIncomplete: false }) ? ItemStatus.Completed : ItemStatus.Incomplete;
        foreach (var item in State.Items)
        {
            if (item.Status is not null) continue;
            CloseParts(item);
            // The actions around one that waits are not done either.
            if (!waiting.Contains(item.Ordinal) && !(end is RunSuspended && item.Head is WorkflowActionItem)) Append(new ItemCompleted(item.Ordinal, status));
        }

        Append(end);
        _ended = true;
    }

    private void AcceptItem(RunEvent @event)
    {
        switch (@event)
        {
            case ItemStarted started:
                if (started.Item != State.Items.Count) throw Broken($"item {started.Item} where {State.Items.Count} was due");
                Append(Named(started));
                break;
            case ItemCompleted completed:
                CloseParts(OpenItem(completed.Item));
                Append(completed);
                break;
            case PartStarted started:
                if (started.Part != OpenItem(started.Item).Parts.Count) throw Broken($"part {started.Part} out of order");
                Append(started);
                break;
            case PartAnnotated annotated:
                OpenPart(annotated.Item, annotated.Part);
                Append(annotated);
                break;
            case PartCompleted completed:
                Close(completed, OpenPart(completed.Item, completed.Part));
                break;
            default:
                Append(@event);
                break;
        }
    }

    // A reasoning's id is derived from a base which the message that follows it gets: in Coze both are one message. A message that begins
    // while the reasoning goes on may end before it, and so is one of its own.
    private ItemStarted Named(ItemStarted started)
    {
        var follows = _reasoningBase;
        _reasoningBase = default;
        var id = started.Head is MessageItem && !follows.IsNone && State.Items[^1].Status is not null ? follows : ids.Next();
        if (started.Head is ReasoningItem)
        {
            _reasoningBase = id;
            id = id.WithFacet(1);
        }

        var head = started.Head;
        if (head is ToolCallItem call && (call.CallId.Length is 0 or > 64 || !(_callIds ??= []).Add(call.CallId)))
            head = call with { CallId = PrefixedId.Render("call_", run.Conversation, id) };
        return started with { Id = id, Head = head };
    }

    // The completed text is authoritative. Where the deltas are its beginning, the rest is one more delta; where they are not, it stands beside
    // them, and the difference is a loss in dialects that have only deltas.
    private void Close(PartCompleted completed, PartState part)
    {
        if (completed.Text is { } text)
        {
            var streamed = part.Text;
            if (text.StartsWith(streamed, StringComparison.Ordinal))
            {
                if (text.Length > streamed.Length) AppendPieces(new PartDelta(completed.Item, completed.Part, text[streamed.Length..]));
                completed = completed with { Text = null };
            }
            else if (!Losses.Contains(RunGuard.TextDiffers))
            {
                Losses.Add(RunGuard.TextDiffers);
            }
        }

        Append(completed);
    }

    private void CloseParts(ItemState item)
    {
        for (var part = 0; part < item.Parts.Count; part++)
            if (!item.Parts[part].IsCompleted) Append(new PartCompleted(item.Ordinal, part));
    }

    private ValueList<RequiredAction> OpenCalls()
    {
        var answered = State.Items.Where(item => item.Head is ToolResultItem)
            .Select(item => (item.Within, ((ToolResultItem)item.Head).CallId)).ToHashSet();
        return State.Items
            .Where(item => item is { Head: ToolCallItem { RunBy: RunBy.Client }, Status: null or ItemStatus.Completed }
                && !answered.Any(result => result.Within == item.Ordinal || result.CallId == ((ToolCallItem)item.Head).CallId))
            .Select(RequiredAction (item) => new CallFunction(item.Ordinal))
            .ToValueList();
    }

    private bool MayWait(RequiredAction action)
        => (uint)action.Item < (uint)State.Items.Count && (action is not CallFunction || State.Items[action.Item].Head is ToolCallItem);

    private ItemState OpenItem(int item)
        => (uint)item < (uint)State.Items.Count && State.Items[item].Status is null ? State.Items[item] : throw Broken($"item {item} is not open");

    private PartState OpenPart(int item, int part)
    {
        var parts = OpenItem(item).Parts;
        return (uint)part < (uint)parts.Count && !parts[part].IsCompleted ? parts[part] : throw Broken($"part {part} of item {item} is not open");
    }

    private void AppendPieces(PartDelta delta)
    {
        if (delta.Text.Length <= DeltaPieces.Longest) Append(delta);
        else foreach (var piece in DeltaPieces.Of(delta)) Append(piece);
    }

    private void Append(RunEvent @event)
    {
        var at = time.GetUtcNow();
        if (HasEnded || !append(@event, at))
        {
            _ended = true;
            return;
        }

        State.Apply(@event, at);
    }

    private static RunException Broken(string what) => new(new RunError(ErrorSide.Agent, ErrorCause.Malformed, $"The agent broke the order of events: {what}."));
}
