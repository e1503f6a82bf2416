namespace Parley.Runs;

/// <summary>A rule that a stream broke. It tells nothing of what was said.</summary>
/// <param name="At">The number of the event, from 0; the number of events if something was missing at the end.</param>
/// <param name="Rule">What is wrong, a part of a sentence.</param>
public sealed record Violation(long At, string Rule)
{
    /// <inheritdoc/>
    public override string ToString() => $"event {At}: {Rule}";
}

/// <summary>
/// Checks that a run's events obey the grammar: one start, items with their parts, one end. It finds the first violation, and looks no
/// further. It trusts nobody: what the runner ensures is checked as if it had not. Not safe for concurrent use.
/// </summary>
public sealed class RunGuard
{
    /// <summary>The loss of a run whose authoritative text is another than the one that was streamed.</summary>
    public const string TextDiffers = "text-differs";

    private readonly HashSet<Id> _ids = [];

    /// <summary>The first violation; null if there is none so far.</summary>
    public Violation? Broken { get; private set; }

    /// <summary>The fold of the events before the violation.</summary>
    public RunState State { get; } = new();

    /// <summary>Checks the next event.</summary>
    public void Check(in Logged logged)
    {
        if (Broken is not null) return;
        var at = State.Count;
        var rule = logged.Sequence != at ? $"it has the number {logged.Sequence}" : RuleBrokenBy(logged.Event);
        if (rule is null) State.Apply(logged);
        else Broken = new Violation(at, rule);
    }

    /// <summary>Nothing more comes.</summary>
    /// <param name="losses">What the run says that could not be expressed.</param>
    public void End(ValueList<string> losses)
    {
        if (Broken is not null) return;
        if (State.End is null) Broken = new Violation(State.Count, "there is no end");
        else if (!losses.Contains(TextDiffers) && State.Items.Any(item => item.Parts.Any(part => part.TextDiffers)))
            Broken = new Violation(State.Count, "a text is not what was streamed, and the run does not say so");
    }

    private string? RuleBrokenBy(RunEvent @event)
    {
        if (State.End is not null) return "it comes after the end";
        switch (@event)
        {
            case PartDelta delta:
                return NotOpen(delta.Item, delta.Part);
            case RunStarted:
                return State.Started ? "the run starts twice" : null;
            case RunFailed or RunCancelled when !State.Started:
                return State.Items.Count > 0 ? "the run has items and no start" : null;
            case var _ when !State.Started:
                return "the run has not started";
            case ItemStarted started:
                return RuleBrokenBy(started);
            case ItemCompleted completed:
                return NotOpen(completed.Item) ?? (OpenPartOf(State.Items[completed.Item]) is { } part ? $"part {part} of item {completed.Item} is still open" : null);
            case PartStarted started:
                return NotOpen(started.Item) ?? (started.Part != State.Items[started.Item].Parts.Count ? $"part {started.Part} of item {started.Item} is out of order" : null);
            case PartAnnotated annotated:
                return NotOpen(annotated.Item, annotated.Part);
            case PartCompleted completed:
                return NotOpen(completed.Item, completed.Part) ?? RuleBrokenBy(completed);
            case Extension { Item: { } item }:
                return Exists(item) ? null : $"item {item} does not exist";
            case RunSuspended suspended:
                return RuleBrokenBy(suspended) ?? LeftOpen(suspended.Required);
            case RunEnded ended:
                return LeftOpen([], ended);
            default:
                return null;
        }
    }

    private string? RuleBrokenBy(ItemStarted started)
    {
        if (started.Item != State.Items.Count) return $"item {started.Item} is out of order";
        if (started.Id.IsNone) return $"item {started.Item} has no id";
        if (started.Within is { } within && !Exists(within)) return $"item {started.Item} belongs to one that does not exist";
        return _ids.Add(started.Id) ? null : $"item {started.Item} has the id of another";
    }

    // Where the deltas are the text's beginning, the rest comes as a delta, and the end repeats nothing.
    private string? RuleBrokenBy(PartCompleted completed)
        => completed.Text is { } text && text.StartsWith(State.Items[completed.Item].Parts[completed.Part].Text, StringComparison.Ordinal)
            ? $"part {completed.Part} of item {completed.Item} repeats what was streamed"
            : null;

    private string? RuleBrokenBy(RunSuspended suspended)
    {
        if (suspended.Required.Count == 0) return "the run waits for nothing";
        foreach (var required in suspended.Required)
        {
            if (!Exists(required.Item)) return $"the run waits for item {required.Item}, which does not exist";
            if (required is CallFunction && State.Items[required.Item].Head is not ToolCallItem) return $"the run waits for item {required.Item}, which is no call";
        }

        return null;
    }

    // What is waited for may stay open, and the actions around it. What the store failed ends as it stood: what would have closed it was never durable.
    private string? LeftOpen(ValueList<RequiredAction> required, RunEnded? end = null)
    {
        if (end is RunFailed { Error: { Side: ErrorSide.Store } or { Side: ErrorSide.Server, Cause: ErrorCause.Malformed } }) return null;
        foreach (var item in State.Items)
        {
            if (item.Status is not null) continue;
            if (OpenPartOf(item) is { } part) return $"part {part} of item {item.Ordinal} is left open";
            if (!required.Any(action => action.Item == item.Ordinal) && !(required.Count > 0 && item.Head is WorkflowActionItem)) return $"item {item.Ordinal} is left open";
        }

        return null;
    }

    private bool Exists(int item) => (uint)item < (uint)State.Items.Count;

    private string? NotOpen(int item) => !Exists(item) ? $"item {item} has not started" : State.Items[item].Status is not null ? $"item {item} has ended" : null;

    private string? NotOpen(int item, int part)
    {
        if (NotOpen(item) is { } rule) return rule;
        var parts = State.Items[item].Parts;
        return (uint)part >= (uint)parts.Count ? $"part {part} of item {item} has not started" : parts[part].IsCompleted ? $"part {part} of item {item} has ended" : null;
    }

    private static int? OpenPartOf(ItemState item)
    {
        for (var part = 0; part < item.Parts.Count; part++)
            if (!item.Parts[part].IsCompleted) return part;
        return null;
    }
}
