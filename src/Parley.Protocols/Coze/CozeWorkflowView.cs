using System.Buffers;
using System.Text;
using System.Text.Json;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>An execution of a workflow as Coze shows it: the runs from its start over every interrupt to where it stands.</summary>
/// <param name="Runs">The runs, oldest first.</param>
/// <param name="States">Their folds.</param>
public sealed record CozeWorkflowView(IReadOnlyList<Run> Runs, IReadOnlyList<RunState> States)
{
    /// <summary>Its id: that of the first run.</summary>
    public string ExecuteId => DecimalId.Render(Runs[^1].Chat);

    /// <summary>How it ended, or why it waits; null while it runs.</summary>
    public RunEnded? End => States[^1].End;

    /// <summary>Its output, as JSON; while it waits with what it asks for.</summary>
    public string Output => OutputOf(States[^1].Items, States, End is RunSuspended suspended ? WaitPrompt.Of(suspended, States[^1].Items) : null);

    internal string? DebugUrl => UrlOf(Runs[^1]);

    internal Usage? Spent => States.Aggregate((Usage?)null, (sum, state) => Usage.Add(sum, state.End?.Usage));

    internal CozeInterrupt? Interrupt
    {
        get
        {
            if (End is not RunSuspended suspended) return null;
            var item = States[^1].Items[suspended.Required[0].Item];
            return CozeInterrupt.Of(Runs[^1], suspended.Required[0], item);
        }
    }

    /// <summary>Whether it has a node with this id.</summary>
    public bool HasNode(string id) => Nodes.Any(node => DecimalId.Render(node.Item.Id) == id);

    /// <summary>What nodes said, and those that said nothing, with their titles, in order.</summary>
    internal IEnumerable<(string Title, ItemState Item)> Nodes
        => States.SelectMany(state => NodesOf(state).Select(item => (TitleOf(item, state), item)));

    /// <summary>Where a run can be looked at; null if it is not known.</summary>
    internal static string? UrlOf(Run run) => CozeRendering.Of(run).DebugUrl?
        .Replace("{chat}", DecimalId.Render(run.Chat), StringComparison.Ordinal).Replace("{conversation}", DecimalId.Render(run.Conversation), StringComparison.Ordinal);

    /// <summary>What a node gave as data is the output; else all that was said.</summary>
    internal static string OutputOf(IReadOnlyList<ItemState> last, IEnumerable<RunState> states, string? prompt = null)
    {
        for (var i = last.Count - 1; i >= 0; i--)
            if (last[i].Head is MessageItem && last[i].Parts.LastOrDefault(part => part is { Kind: PartKind.Data, Data: not null })?.Data is { } data) return data.Text;
        var buffer = new ArrayBufferWriter<byte>();
        var said = states.SelectMany(state => state.Items).Where(IsSaid).Select(item => item.Text);
        CozeWriter.Line(buffer).Object().Name(CozeWorkflowEvents.Output).String(string.Join("\n\n", prompt is null ? said : said.Append(prompt))).EndObject();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static IEnumerable<ItemState> NodesOf(RunState state)
    {
        var speaking = state.Items.Where(IsSaid).Select(item => item.Within).ToHashSet();
        return state.Items.Where(item => IsSaid(item) || (item.Head is WorkflowActionItem && !speaking.Contains(item.Ordinal)));
    }

    private static bool IsSaid(ItemState item) => item.Head is MessageItem && item.Text.Length > 0;

    /// <summary>The title of the node that an item is or came from: as its server gave it, or that of the action around it.</summary>
    internal static string TitleOf(ItemState item, RunState state)
    {
        if (item.Leftover is { } leftover && leftover.Protocol == Protocol.CozeWorkflowRun)
            return CozeChatFrames.TextOf(JsonElement.Parse(leftover.Members.Text), "node_title") ?? CozeWorkflowEvents.Answer;
        return (item.Within is { } within && item.Head is MessageItem ? state.Items[within] : item).Head is WorkflowActionItem action ? action.Title ?? action.ActionId : CozeWorkflowEvents.Answer;
    }
}
