using System.Runtime.CompilerServices;
using Parley.Conversations;
using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.PowerFx;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Actions;

/// <summary><c>RetrieveConversationMessages</c>: puts a page of a conversation's messages into a variable, a table; the newest first unless it says otherwise.</summary>
internal sealed class RetrieveConversationMessages : IWorkflowAction
{
    private const int MostMessages = 100;

    private readonly WorkflowValue _conversation;
    private readonly VariablePath _messages;
    private readonly WorkflowValue? _limit;
    private readonly WorkflowValue? _after;
    private readonly WorkflowValue? _before;
    private readonly bool _ascending;

    private RetrieveConversationMessages(WorkflowNode node)
    {
        (_conversation, _messages, _limit) = (node.RequiredValue("conversationId"), node.RequiredVariable("messages"), node.Value("limit"));
        (_after, _before) = (node.Value("messageAfter"), node.Value("messageBefore"));
        _ascending = node.Choice("sortOrder", "NewestFirst", "OldestFirst") == "OldestFirst";
    }

    public static IWorkflowAction Read(WorkflowNode node) => new RetrieveConversationMessages(node);

    public async IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var conversation = ConversationItems.NameOf(turn, _conversation);
        var run = turn.Request.Run;
        var query = new MessageQuery
        {
            Owner = run.Owner,
            Conversation = WorkflowConversations.IdOf(conversation),

            // In the workflow's own the message that it answers is the last: the conversation moves on only when the run ends.
            Tip = ConversationItems.IsOwn(turn, conversation) && run.Input.Count > 0 ? run.Input[^1] : default,
            Ascending = _ascending,
            Take = LimitOf(turn.Scope),
            After = CursorOf(turn.Scope, _after, "messageAfter"),
            Before = CursorOf(turn.Scope, _before, "messageBefore"),
            Kinds = MessageKinds.Message,
        };
        var page = await WorkflowConversations.ListAsync(turn, conversation, query, cancellationToken).ConfigureAwait(false);
        var records = page.Items.Select(MessageRecord.Of);
        turn.Memory.Set(_messages, FxTable.Of(ConversationItems.IsOwn(turn, conversation) ? WithSaid(turn, query, page, records) : records));
        yield break;
    }

    // What this run has said stands behind what is stored, and has no ids yet to be a cursor.
    private IEnumerable<FxRecord> WithSaid(WorkflowTurn turn, MessageQuery query, Page<Message> stored, IEnumerable<FxRecord> records)
    {
        var said = turn.Memory.Said.Select(one => ConversationItems.ToRecord(turn, InputItem.Said(one.Role, one.Text)));
        if (_ascending) return stored.HasMore || !query.Before.IsNone ? records : records.Concat(said).Take(query.Take);
        return query.After.IsNone ? said.Reverse().Concat(records).Take(query.Take) : records;
    }

    private int LimitOf(FxScope scope) => _limit?.Evaluate(scope) switch
    {
        null or FxBlank => MostMessages,
        FxNumber { Value: >= 1 and <= MostMessages and var number } => (int)number,
        _ => throw new WorkflowException($"limit must be a number from 1 to {MostMessages}"),
    };

    private static Id CursorOf(FxScope scope, WorkflowValue? cursor, string name)
    {
        var text = cursor?.Evaluate(scope).ToString() ?? "";
        return text.Length == 0 ? default : AnyId.TryParse(text, out var id) ? id : throw new WorkflowException($"{name}: there is no message {text}", "message_not_found");
    }
}
