using Microsoft.Data.Sqlite;
using Parley.Conversations;
using Parley.Runs;
using Parley.Storage.Sqlite;

namespace Parley.Storage;

/// <summary>Conversations, messages, runs and events in a SQL database.</summary>
public sealed class SqlStore(SqliteDatabase database) : IConversationStore
{
    /// <inheritdoc/>
    public async ValueTask CreateConversationAsync(Conversation conversation, IReadOnlyList<Message> messages, CancellationToken cancellationToken)
        => await database.WriteAsync(
            session =>
            {
                if (ConversationRows.IsNameTaken(session, conversation)) throw Refusals.NameTaken();
                ConversationRows.Insert(session, conversation);
                var (_, last) = Tree.Append(session, conversation.Id, Place.Root, conversation.Section, messages);
                if (messages.Count > 0) ConversationRows.MoveHead(session, conversation.Id, last, conversation.Section, conversation.UpdatedAt);
                return true;
            },
            cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<Conversation?> FindConversationAsync(string owner, Id conversation, CancellationToken cancellationToken)
        => await database.ReadAsync(session => ConversationRows.Find(session, owner, conversation)?.Conversation, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<Page<Conversation>> ListConversationsAsync(ConversationQuery query, CancellationToken cancellationToken)
        => await database.ReadAsync(session => ConversationRows.ListPage(session, query), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<Conversation?> UpdateConversationAsync(string owner, Id conversation, ConversationPatch patch, DateTimeOffset at, CancellationToken cancellationToken)
        => await database.WriteAsync(
            session =>
            {
                if (ConversationRows.Find(session, owner, conversation)?.Conversation is not { } found) return null;
                var changed = found.With(patch, at);
                ConversationRows.Update(session, changed);
                return changed;
            },
            cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<bool> DeleteConversationAsync(string owner, Id conversation, CancellationToken cancellationToken)
    {
        var found = await database.WriteAsync(session => Removal.Drop(session, owner, conversation), cancellationToken).ConfigureAwait(false);
        if (!found) return false;

        // Gone for everybody from here on. The rows go in steps, so that others can write between them.
        for (var step = 0; step < Removal.StepsAtOnce; step++)
        {
            var removed = await database.WriteAsync(session => Removal.ClearDropped(session, conversation, Removal.Step), CancellationToken.None).ConfigureAwait(false);
            if (removed == 0) break;
        }

        return true;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Message>> AppendMessagesAsync(string owner, Id conversation, IReadOnlyList<Message> messages, CancellationToken cancellationToken)
        => await database.WriteAsync(
            session =>
            {
                var row = ConversationRows.Find(session, owner, conversation) ?? throw Refusals.NoConversation();
                if (RunRows.IsBusy(session, conversation)) throw Refusals.Busy();
                var (stored, last) = Tree.Append(session, conversation, Tree.HeadOf(session, row), row.Conversation.Section, messages);
                if (stored.Count == 0) return stored;
                ConversationRows.MoveHead(session, conversation, last, row.Conversation.Section, stored[^1].UpdatedAt);
                return stored;
            },
            cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<Message?> FindMessageAsync(string owner, Id conversation, Id message, CancellationToken cancellationToken)
        => await database.ReadAsync(session => Find(session, owner, conversation, message), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<Page<Message>> ListMessagesAsync(MessageQuery query, CancellationToken cancellationToken)
        => await database.ReadAsync(session => MessagePages.Read(session, query), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<Message?> UpdateMessageAsync(string owner, Id conversation, Id message, MessagePatch patch, DateTimeOffset at, CancellationToken cancellationToken)
        => await database.WriteAsync(
            session =>
            {
                if (Find(session, owner, conversation, message) is not { } found) return null;
                var changed = found.With(patch, at);
                MessageRows.Update(session, changed);
                ConversationRows.Touch(session, conversation, at);
                return changed;
            },
            cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<Message?> DeleteMessageAsync(string owner, Id conversation, Id message, DateTimeOffset at, bool withRun, CancellationToken cancellationToken)
        => await database.WriteAsync(
            session =>
            {
                if (Find(session, owner, conversation, message) is not { } found) return null;
                MessageRows.Bury(session, found, at, withRun);
                ConversationRows.Touch(session, conversation, at);
                return found;
            },
            cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<RunStartResult> StartRunAsync(RunStart start, CancellationToken cancellationToken)
        => await database.WriteAsync(session => RunTurns.Start(session, start), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask CommitAsync(IReadOnlyList<RunWrite> writes, CancellationToken cancellationToken)
    {
        try
        {
            await WriteAsync(writes, cancellationToken).ConfigureAwait(false);
        }
        catch (RunException refused) when (writes.Count > 1 && IsRefusal(refused))
        {
            // A write that the database refuses must not take the others with it; the caller still learns of it.
            await WriteEachAsync(writes, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<Run?> FindRunAsync(string owner, Id run, CancellationToken cancellationToken)
        => await database.ReadAsync(session => RunRows.Find(session, owner, run), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Run>> ListChatAsync(string owner, Id chat, CancellationToken cancellationToken)
        => await database.ReadAsync(session => RunRows.ListChat(session, owner, chat), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<Page<Run>> ListRunsAsync(RunQuery query, CancellationToken cancellationToken)
        => await database.ReadAsync(session => RunPages.Read(session, query), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<RunSegment>> ReadSegmentsAsync(Id run, long from, int maxBytes, CancellationToken cancellationToken)
        => await database.ReadAsync(session => Segments.Read(session, run, from, maxBytes), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<Run?> FindByOpenCallAsync(string owner, string callId, CancellationToken cancellationToken)
        => await database.ReadAsync(session => RunRows.FindByOpenCall(session, owner, callId), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Run>> ListActiveRunsAsync(CancellationToken cancellationToken)
    {
        // What another process is executing now, a dead process did not leave.
        var all = await database.ReadAsync(RunRows.ListAllActive, cancellationToken).ConfigureAwait(false);
        return [.. all.Where(run => !database.IsOfAnotherProcess(run.Id))];
    }

    /// <inheritdoc/>
    public async ValueTask RemoveRunAsync(Id run, CancellationToken cancellationToken)
        => await database.WriteAsync(session => RunRows.Remove(session, run, int.MaxValue), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<int> SweepAsync(SweepLimits limits, CancellationToken cancellationToken)
        => await database.WriteAsync(session => Removal.Sweep(session, limits), cancellationToken).ConfigureAwait(false);

    private static Message? Find(SqlSession session, string owner, Id conversation, Id message)
        => ConversationRows.Find(session, owner, conversation) is null ? null : MessageRows.Find(session, conversation, message);

    private static bool IsRefusal(RunException failure) => failure.InnerException is SqliteException cause && SqliteFailure.IsRefusal(cause);

    private Task WriteAsync(IReadOnlyList<RunWrite> writes, CancellationToken cancellationToken)
        => database.WriteAsync(
            session =>
            {
                foreach (var write in writes)
                {
                    if (write.Ending is not null) RunTurns.End(session, write);
                    else if (write.Segment is { } segment) Segments.Write(session, segment);
                }

                return true;
            },
            cancellationToken);

    private async Task WriteEachAsync(IReadOnlyList<RunWrite> writes, CancellationToken cancellationToken)
    {
        RunException? refused = null;
        foreach (var write in writes)
        {
            try
            {
                await WriteAsync([write], cancellationToken).ConfigureAwait(false);
            }
            catch (RunException failure) when (IsRefusal(failure))
            {
                refused = failure;
            }
        }

        if (refused is not null) throw refused;
    }
}
