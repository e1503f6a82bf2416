using Parley.Conversations;
using Parley.Runs;

namespace Parley.Storage;

/// <summary>Pages of runs, by their ids, which are by age.</summary>
internal static class RunPages
{
    private const string Visible = "owner = @owner and stored = 1 and detached = 0 and exists (select 1 from conversations c where c.id = runs.conversation)";

    private static readonly Sql[] Lists =
    [
        List("", "asc"), List("", "desc"),
        List("and agent = @agent", "asc"), List("and agent = @agent", "desc"),
        List("and conversation = @conversation", "asc"), List("and conversation = @conversation", "desc"),
    ];

    public static Page<Run> Read(SqlSession session, RunQuery query)
    {
        var (above, below) = query.Ascending ? (query.After, query.Before) : (query.Before, query.After);
        var backwards = !query.Before.IsNone && query.After.IsNone;
        var up = query.Ascending != backwards;
        var last = below.IsNone ? long.MaxValue : below.Value;
        var direction = up ? 0 : 1;
        using var rows = !query.Conversation.IsNone ? session.Query(Lists[4 + direction], query.Owner, query.Conversation.Value, above.Value, last)
            : query.Agent is { } agent ? session.Query(Lists[2 + direction], query.Owner, agent, above.Value, last)
            : session.Query(Lists[direction], query.Owner, above.Value, last);

        // Of an agent's versions, and of a conversation's agents, there are few: rows are read until there are enough.
        var found = new List<Run>();
        while (found.Count <= query.Take && rows.Read())
            if (CanonicalJson.Read<Run>(rows.GetString(0)) is var run && query.IsByAgent(run)) found.Add(run);
        var more = found.Count > query.Take;
        if (more) found.RemoveAt(query.Take);
        if (backwards) found.Reverse();
        return new Page<Run>(found, more);
    }

    private static Sql List(string where, string order) => new($"select data from runs where {Visible} {where} and id > @above and id < @below order by id {order}");
}
