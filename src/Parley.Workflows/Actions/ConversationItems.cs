using Parley.Conversations;
using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.PowerFx;

namespace Parley.Workflows.Actions;

/// <summary>Messages that an action adds to a conversation. In the workflow's own, where a run is under way, they are said by the run.</summary>
internal static class ConversationItems
{
    /// <summary>Whether a conversation is the workflow's own.</summary>
    public static bool IsOwn(WorkflowTurn turn, string conversation) => conversation.Length > 0 && conversation == turn.Memory.System["ConversationId"].ToString();

    /// <summary>The conversation that a property names.</summary>
    /// <exception cref="WorkflowException">It names none.</exception>
    public static string NameOf(WorkflowTurn turn, WorkflowValue conversation)
        => conversation.Evaluate(turn.Scope).ToString() is { Length: > 0 } name ? name : throw new WorkflowException("conversationId is blank", "conversation_not_found");

    /// <summary>Adds what a tool or a server answered, if there is a conversation to add it to: an answer of the agent's.</summary>
    public static async ValueTask<IEnumerable<RunEvent>> AddAsync(WorkflowTurn turn, WorkflowValue? conversation, string text, CancellationToken cancellationToken)
    {
        var name = conversation?.Evaluate(turn.Scope).ToString() ?? "";
        if (name.Length == 0 || text.Length == 0) return [];
        if (IsOwn(turn, name)) return turn.Say(text);
        await WorkflowConversations.AppendAsync(turn, name, [InputItem.Said(Role.Assistant, text)], cancellationToken).ConfigureAwait(false);
        return [];
    }

    /// <summary>Adds messages; what is not said by the run is kept, and told as it is kept.</summary>
    public static async ValueTask<(IReadOnlyList<RunEvent> Said, IReadOnlyList<FxRecord> Records)> AddAsync(
        WorkflowTurn turn, string conversation, IReadOnlyList<InputItem> items, CancellationToken cancellationToken)
    {
        if (!IsOwn(turn, conversation))
        {
            var kept = await WorkflowConversations.AppendAsync(turn, conversation, items, cancellationToken).ConfigureAwait(false);
            return ([], [.. kept.Select(MessageRecord.Of)]);
        }

        var said = new List<RunEvent>();
        for (var i = 0; i < items.Count; i++) Say(turn, items[i], i, said);

        return (said, [.. items.Select(item => ToRecord(turn, item))]);
    }

    /// <summary>A message that the run says, as formulas see it. Its id is given when it is said, and not told to who said it.</summary>
    public static FxRecord ToRecord(WorkflowTurn turn, InputItem item)
        => MessageRecord.Of(item.ToMessage(default, default, default, turn.Services.Time.GetUtcNow())).With("Id", FxBlank.Value);

    private static void Say(WorkflowTurn turn, InputItem message, int item, List<RunEvent> said)
    {
        var role = ((MessageItem)message.Head).Role;
        turn.Memory.Said.Add((role, Contents.TextOf(message.Content)));
        said.Add(new ItemStarted(item, message.Head));
        for (var part = 0; part < message.Content.Count; part++)
        {
            var content = message.Content[part];
            said.Add(new PartStarted(item, part, content.Kind, content.Media));
            if (content.Text.Length > 0) said.Add(new PartDelta(item, part, content.Text));
            said.Add(new PartCompleted(item, part));
        }

        said.Add(new ItemCompleted(item));
    }
}
