using Parley.Runs;

namespace Parley.Cli.Inspection;

/// <summary>The items of a stream with the ends of their texts so far.</summary>
internal sealed class InspectedItems
{
    // More than any terminal shows on a line.
    private const int Kept = 1000;

    private readonly Dictionary<int, (string Label, string Text)> _items = [];

    /// <summary>The item that the last event concerned, with its text; empty if it concerned none.</summary>
    public (string Label, string Text) Last { get; private set; } = ("", "");

    /// <summary>Whether any item has text.</summary>
    public bool HasText { get; private set; }

    /// <summary>A frame begins.</summary>
    public void Begin() => Last = ("", "");

    /// <summary>Takes the next event of the frame.</summary>
    public void Apply(RunEvent @event)
    {
        switch (@event)
        {
            case ItemStarted started:
                Set(started.Item, ($"{started.Item} {NameOf(started.Head)}", ""));
                break;
            case PartStarted { Media: { } media } part:
                Add(part.Item, $"[{media.Name ?? media.Url ?? media.MediaType}]");
                break;
            case PartDelta delta:
                Add(delta.Item, delta.Text);
                HasText = true;
                break;
            case PartCompleted { Text: { } text } completed:
                Set(completed.Item, (_items.GetValueOrDefault(completed.Item).Label, text));
                break;
            case ItemCompleted completed when Last.Label.Length == 0:
                Last = _items.GetValueOrDefault(completed.Item);
                break;
            case Extension extension:
                Last = ($"({extension.Name})", extension.Json.Text);
                break;
        }
    }

    private void Add(int item, string text)
    {
        var (label, before) = _items.GetValueOrDefault(item);
        var all = before + text;
        Set(item, (label, all.Length > Kept ? all[^Kept..] : all));
    }

    private void Set(int item, (string, string) value) => Last = _items[item] = value;

    private static string NameOf(Item head) => head switch
    {
        MessageItem message => message.Role == Role.Assistant ? "message" : message.Role.Value,
        ReasoningItem => "reasoning",
        ToolCallItem call => call.Name,
        ToolResultItem => "result",
        ApprovalRequestItem => "approval",
        WorkflowActionItem action => action.Kind,
        SuggestionItem => "suggestion",
        RecallItem => "recall",
        OpaqueItem opaque => opaque.Type,
        _ => "item",
    };
}
