using System.Data.Common;
using Parley.Runs;

namespace Parley.Storage;

/// <summary>The tables of runs and of the calls they wait for.</summary>
internal static class RunRows
{
    // A run of a conversation that is gone is gone, though its row may still wait for removal.
    private const string Visible = "r.stored = 1 and (r.detached = 1 or exists (select 1 from conversations c where c.id = r.conversation))";

    // The unique index says who is first; nothing is inserted for the others.
    private static readonly Sql InsertRow = new(
        """
        insert into runs (id, owner, conversation, chat, agent, status, exclusive, detached, stored, created_at, ended_at, data)
        values (@id, @owner, @conversation, @chat, @agent, @status, @exclusive, @detached, @stored, @created, null, @data)
        on conflict (conversation) where exclusive = 1 and status < 2 do nothing
        """);

    private static readonly Sql FindActiveExclusive = new("select id from runs where conversation = @conversation and exclusive = 1 and status < 2");
    private static readonly Sql EndRow = new("update runs set status = @status, ended_at = @ended, data = @data where id = @id and status < 2");
    private static readonly Sql FindRow = new($"select r.data from runs r where r.id = @id and r.owner = @owner and {Visible}");
    private static readonly Sql ListByChat = new($"select r.data from runs r where r.chat = @chat and r.owner = @owner and {Visible} order by r.created_at, r.id");
    private static readonly Sql ListActive = new("select data from runs where status < 2 order by id");
    private static readonly Sql DeleteRow = new("delete from runs where id = @id");
    private static readonly Sql InsertCall = new("insert into open_calls (owner, call_id, run) values (@owner, @call, @run) on conflict do nothing");
    private static readonly Sql CloseCalls = new("delete from open_calls where run = @run and owner = @owner");
    private static readonly Sql DeleteCalls = new("delete from open_calls where run = @run");

    private static readonly Sql FindByCall = new(
        $"select r.data from open_calls o join runs r on r.id = o.run where o.owner = @owner and o.call_id = @call and {Visible} order by o.run desc limit 1");

    /// <summary>False if it is exclusive and another exclusive run is active.</summary>
    public static bool Insert(SqlSession session, Run run)
    {
        var inserted = session.Execute(
            InsertRow, run.Id.Value, run.Owner, run.Conversation.Value, run.Chat.Value, run.Agent.Name, (int)run.Status, run.Exclusive, run.Detached, run.Stored,
            run.CreatedAt.UtcTicks, CanonicalJson.Write(run)) > 0;
        if (inserted) Segments.Open(session, run.Id);
        return inserted;
    }

    public static bool IsBusy(SqlSession session, Id conversation) => session.Number(FindActiveExclusive, conversation.Value) is not null;

    /// <summary>False if it has ended or is gone.</summary>
    public static bool End(SqlSession session, Run run, DateTimeOffset at)
        => session.Execute(EndRow, (int)run.Status, at.UtcTicks, CanonicalJson.Write(run), run.Id.Value) > 0;

    public static Run? Find(SqlSession session, string owner, Id run) => session.One(FindRow, Read, run.Value, owner);

    public static List<Run> ListChat(SqlSession session, string owner, Id chat) => session.All(ListByChat, Read, chat.Value, owner);

    public static List<Run> ListAllActive(SqlSession session) => session.All(ListActive, Read);

    public static Run? FindByOpenCall(SqlSession session, string owner, string callId) => session.One(FindByCall, Read, owner, callId);

    public static void OpenCall(SqlSession session, Run run, string callId) => session.Execute(InsertCall, run.Owner, callId, run.Id.Value);

    /// <summary>What the run waited for has come. False if it had come before.</summary>
    public static bool CloseOpenCalls(SqlSession session, string owner, Id run) => session.Execute(CloseCalls, run.Value, owner) > 0;

    /// <summary>Removes a run with its events, or only some of these if there are more than <paramref name="take"/>; returns how many rows went.</summary>
    public static int Remove(SqlSession session, Id run, int take)
    {
        var removed = Segments.Remove(session, run, take);
        return removed == take ? removed : removed + session.Execute(DeleteCalls, run.Value) + session.Execute(DeleteRow, run.Value);
    }

    private static Run Read(DbDataReader row) => CanonicalJson.Read<Run>(row.GetString(0));
}
