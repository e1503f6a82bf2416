using Parley.Conversations;

namespace Parley.Storage;

/// <summary>Pages of conversations that begin or end at a cursor.</summary>
internal static class ConversationPages
{
    private static readonly Sql FindAge = new("select created_at from conversations where id = @id and owner = @owner");
    private static readonly Sql Up = List("", "asc");
    private static readonly Sql Down = List("", "desc");
    private static readonly Sql UpByAgent = List("and agent = @agent", "asc");
    private static readonly Sql DownByAgent = List("and agent = @agent", "desc");

    public static Page<Conversation> Read(SqlSession session, ConversationQuery query)
    {
        var (above, below) = query.Ascending ? (query.After, query.Before) : (query.Before, query.After);
        var (aboveAge, belowAge) = (AgeOf(session, query, above, long.MinValue), AgeOf(session, query, below, long.MaxValue));
        var backwards = !query.Before.IsNone && query.After.IsNone;
        var up = query.Ascending != backwards;
        var take = Math.Max(query.Take, 0);
        var found = query.Agent is null
            ? session.All(up ? Up : Down, ConversationRows.ReadConversation, query.Owner, aboveAge, above.Value, belowAge, below.Value, take + 1L)
            : session.All(up ? UpByAgent : DownByAgent, ConversationRows.ReadConversation, query.Owner, query.Agent, aboveAge, above.Value, belowAge, below.Value, take + 1L);
        var more = found.Count > take;
        if (more) found.RemoveAt(take);
        if (backwards) found.Reverse();
        return new Page<Conversation>(found, more);
    }

    private static long AgeOf(SqlSession session, ConversationQuery query, Id cursor, long otherwise)
        => cursor.IsNone ? otherwise : session.Number(FindAge, cursor.Value, query.Owner) ?? throw Refusals.NoMessage(cursor == query.After ? "after" : "before");

    private static Sql List(string where, string order)
        => new($"""
            select {ConversationRows.Columns} from conversations
            where owner = @owner {where} and (created_at, id) > (@above_age, @above) and (created_at, id) < (@below_age, @below)
            order by created_at {order}, id {order} limit @take
            """);
}
