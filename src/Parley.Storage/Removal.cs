using Parley.Conversations;

namespace Parley.Storage;

/// <summary>Removes what was deleted or has expired, a bounded number of rows at a time.</summary>
internal static class Removal
{
    /// <summary>How many rows a step of a deletion removes: a few milliseconds of the one writer's time.</summary>
    public const int Step = 250;

    /// <summary>How many steps whoever deletes a conversation waits for; the sweep does the rest.</summary>
    public const int StepsAtOnce = 20;

    private static readonly Sql RememberDropped = new("insert into dropped (conversation) values (@conversation)");
    private static readonly Sql ForgetDropped = new("delete from dropped where conversation = @conversation");
    private static readonly Sql FirstDropped = new("select min(conversation) from dropped");
    private static readonly Sql DeleteBranchMessages = new("delete from messages where id in (select id from messages where branch = @branch limit @take)");
    private static readonly Sql FirstBranch = new("select min(id) from branches where conversation = @conversation");
    private static readonly Sql DeleteBranch = new("delete from branches where id = @branch");
    private static readonly Sql RunsOfConversation = new("select id from runs where conversation = @conversation and detached = 0 limit @take");

    private static readonly Sql DeleteHiddenRun = new("delete from runs where id = @run and stored = 0");
    private static readonly Sql OldRuns = new("select id from runs where ended_at < @before order by ended_at limit @take");

    private static readonly Sql DeleteOldMessages = new(
        "delete from messages where id in (select id from messages where created_at < @before order by created_at limit @take)");

    private static readonly Sql EmptyConversations = new(
        """
        select id from conversations c where updated_at < @before
        and not exists (select 1 from branches b join messages m on m.branch = b.id where b.conversation = c.id)
        and not exists (select 1 from runs r where r.conversation = c.id and r.status < 2)
        order by updated_at limit @take
        """);

    private static readonly Sql DeleteConversation = new("delete from conversations where id = @id");

    /// <summary>Makes a conversation invisible at once; false if it is absent.</summary>
    public static bool Drop(SqlSession session, string owner, Id conversation)
    {
        if (!ConversationRows.Delete(session, owner, conversation)) return false;
        session.Execute(RememberDropped, conversation.Value);
        return true;
    }

    /// <summary>Removes some rows of a dropped conversation; returns how many, zero when none is left.</summary>
    public static int ClearDropped(SqlSession session, Id conversation, int rows)
    {
        var removed = 0;
        foreach (var run in session.All(RunsOfConversation, row => new Id(row.GetInt64(0)), conversation.Value, (long)rows))
        {
            removed += RunRows.Remove(session, run, rows - removed);
            if (removed >= rows) return removed;
        }

        while (removed < rows && session.Number(FirstBranch, conversation.Value) is { } branch)
        {
            var messages = session.Execute(DeleteBranchMessages, branch, (long)(rows - removed));
            removed += messages;
            if (messages == 0) removed += session.Execute(DeleteBranch, branch);
        }

        if (removed == 0) session.Execute(ForgetDropped, conversation.Value);
        return removed;
    }

    /// <summary>One step; returns how many rows went.</summary>
    public static int Sweep(SqlSession session, SweepLimits limits)
    {
        var removed = 0;
        while (removed < limits.Rows && session.Number(FirstDropped) is { } dropped) removed += ClearDropped(session, new Id(dropped), limits.Rows - removed);
        if (removed < limits.Rows) removed += SweepEvents(session, limits.EventsBefore, limits.Rows - removed);
        if (removed < limits.Rows) removed += session.Execute(DeleteOldMessages, limits.MessagesBefore.UtcTicks, (long)(limits.Rows - removed));
        if (removed < limits.Rows) removed += SweepRuns(session, limits.MessagesBefore, limits.Rows - removed);
        if (removed < limits.Rows) removed += SweepConversations(session, limits.MessagesBefore, limits.Rows - removed);
        return removed;
    }

    private static int SweepEvents(SqlSession session, DateTimeOffset before, int rows)
    {
        var removed = 0;
        foreach (var run in Segments.Old(session, before, rows))
        {
            removed += Segments.Remove(session, run, rows - removed);
            if (removed >= rows) break;
            removed++;
            // One that was not to be kept, left by a process that died before it could remove it.
            removed += session.Execute(DeleteHiddenRun, run.Value);
        }

        return removed;
    }

    private static int SweepRuns(SqlSession session, DateTimeOffset before, int rows)
    {
        var removed = 0;
        foreach (var run in session.All(OldRuns, row => new Id(row.GetInt64(0)), before.UtcTicks, (long)rows))
        {
            removed += RunRows.Remove(session, run, rows - removed);
            if (removed >= rows) break;
        }

        return removed;
    }

    private static int SweepConversations(SqlSession session, DateTimeOffset before, int rows)
    {
        var removed = 0;
        foreach (var conversation in session.All(EmptyConversations, row => row.GetInt64(0), before.UtcTicks, (long)rows))
        {
            session.Execute(DeleteConversation, conversation);
            session.Execute(RememberDropped, conversation);
            removed++;
        }

        return removed;
    }
}
