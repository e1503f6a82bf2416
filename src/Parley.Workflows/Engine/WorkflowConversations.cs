using Parley.Conversations;
using Parley.Runs;

namespace Parley.Workflows.Engine;

/// <summary>Conversations beside a workflow's own: kept like any other, and of the same owner.</summary>
internal static class WorkflowConversations
{
    private const int MostMessages = 100;

    /// <summary>Makes one, and tells how formulas call it.</summary>
    public static async ValueTask<string> CreateAsync(WorkflowTurn turn, CancellationToken cancellationToken)
    {
        var (store, ids, now) = (StoreOf(turn), IdsOf(turn), turn.Services.Time.GetUtcNow());
        var id = ids.Next();
        await store.CreateConversationAsync(
            new Conversation { Id = id, Owner = turn.Request.Run.Owner, Section = id, Agent = turn.Request.Run.Agent.Name, CreatedAt = now, UpdatedAt = now }, [], cancellationToken).ConfigureAwait(false);
        return PrefixedId.Render("conv_", id, id);
    }

    /// <summary>The messages of one, oldest first, at most the last hundred.</summary>
    public static async ValueTask<IReadOnlyList<Message>> PathAsync(WorkflowTurn turn, string conversation, CancellationToken cancellationToken)
        => [.. (await ListAsync(turn, conversation, new MessageQuery { Owner = turn.Request.Run.Owner, Conversation = IdOf(conversation), Take = MostMessages, Kinds = MessageKinds.Context }, cancellationToken).ConfigureAwait(false)).Items.Reverse()];

    /// <summary>A page of one.</summary>
    /// <exception cref="WorkflowException">It does not exist, or a cursor does not.</exception>
    public static async ValueTask<Page<Message>> ListAsync(WorkflowTurn turn, string conversation, MessageQuery query, CancellationToken cancellationToken)
    {
        try
        {
            return await StoreOf(turn).ListMessagesAsync(query, cancellationToken).ConfigureAwait(false);
        }
        catch (RunException e) when (e.Error.Cause == ErrorCause.NotFound)
        {
            throw new WorkflowException($"there is no conversation {conversation}, or no such message in it", "conversation_not_found", e);
        }
    }

    /// <summary>Adds messages to one, and tells them as they are kept.</summary>
    /// <exception cref="WorkflowException">It does not exist, or a run is under way in it.</exception>
    public static async ValueTask<IReadOnlyList<Message>> AppendAsync(WorkflowTurn turn, string conversation, IReadOnlyList<InputItem> items, CancellationToken cancellationToken)
    {
        if (items.Count == 0) return [];
        var (ids, now, id) = (IdsOf(turn), turn.Services.Time.GetUtcNow(), IdOf(conversation));
        try
        {
            return await StoreOf(turn).AppendMessagesAsync(
                turn.Request.Run.Owner, id, [.. items.Select(item => item.ToMessage(ids.Next(), id, default, now))], cancellationToken).ConfigureAwait(false);
        }
        catch (RunException e) when (e.Error.Cause is ErrorCause.NotFound or ErrorCause.Busy)
        {
            throw new WorkflowException(e.Error.Cause == ErrorCause.Busy ? $"a run is under way in conversation {conversation}" : $"there is no conversation {conversation}", "conversation_not_found", e);
        }
    }

    /// <summary>One message.</summary>
    /// <exception cref="WorkflowException">It does not exist.</exception>
    public static async ValueTask<Message> FindAsync(WorkflowTurn turn, string conversation, string message, CancellationToken cancellationToken)
        => AnyId.TryParse(message, out var id) && await StoreOf(turn).FindMessageAsync(turn.Request.Run.Owner, IdOf(conversation), id, cancellationToken).ConfigureAwait(false) is { } found
            ? found
            : throw new WorkflowException($"there is no message {message} in conversation {conversation}", "message_not_found");

    /// <summary>The id of a conversation.</summary>
    /// <exception cref="WorkflowException">It is none.</exception>
    public static Id IdOf(string conversation) => AnyId.TryParse(conversation, out var id) ? id : throw new WorkflowException($"there is no conversation {conversation}", "conversation_not_found");

    private static IConversationStore StoreOf(WorkflowTurn turn) => turn.Services.Store ?? throw new WorkflowException("conversations are not kept here", "no_store");

    private static IdSource IdsOf(WorkflowTurn turn) => turn.Services.Ids ?? throw new WorkflowException("conversations are not kept here", "no_store");
}
