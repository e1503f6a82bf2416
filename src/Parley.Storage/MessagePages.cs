using System.Collections.Concurrent;
using System.Globalization;
using System.Numerics;
using Parley.Conversations;
using Parley.Runs;

namespace Parley.Storage;

/// <summary>
/// Pages of a path. Whatever kinds are asked for, a page reads about as many index entries as it has messages (times the kinds), in
/// either order and from any cursor; it is not flat in the branches that lie between the tip and the page.
/// </summary>
internal static class MessagePages
{
    private static readonly ConcurrentDictionary<(MessageKinds Kinds, bool Up), Sql> Statements = [];

    private static readonly Sql OfRun = new(
        """
        select branch, position, kind, data from messages
        where run = @run and conversation = @conversation and deleted = 0 and position between @first and @last order by position
        """);

    private static readonly Sql TreeUp = new(
        """
        select m.data from branches b join messages m on m.branch = b.id where b.conversation = @conversation order by m.id >> 3, m.id desc limit @take
        """);

    private static readonly Sql TreeDown = new(TreeUp.Text.Replace("m.id >> 3, m.id desc", "m.id >> 3 desc, m.id", StringComparison.Ordinal));

    private static readonly Sql OfRunDown = new(OfRun.Text + " desc");

    /// <summary>The page.</summary>
    /// <exception cref="RunException">The conversation, the tip or a cursor is absent.</exception>
    public static Page<Message> Read(SqlSession session, MessageQuery query)
    {
        var row = ConversationRows.Find(session, query.Owner, query.Conversation) ?? throw Refusals.NoConversation();
        if (query.WholeTree) return ReadTree(session, query);
        var tip = query.Tip.IsNone
            ? Tree.HeadOf(session, row)
            : MessageRows.FindPlace(session, query.Conversation, query.Tip) ?? throw Refusals.NoMessage("tip");
        var after = FindCursor(session, query, query.After, tip, "after");
        var before = FindCursor(session, query, query.Before, tip, "before");
        var (first, last) = (1L, tip.Position);
        if (query.SectionOnly) first = query.Tip.IsNone && row.Conversation.Section != tip.Section ? last + 1 : Math.Max(tip.Stretch, 1);
        var (low, high) = query.Ascending ? (after, before) : (before, after);
        if (low is { } above) first = Math.Max(first, above.Position + 1);
        if (high is { } below) last = Math.Min(last, below.Position - 1);

        // A page that ends just before a cursor is read from the cursor backwards.
        var backwards = before is not null && after is null;
        var take = Math.Max(query.Take, 0);
        var up = query.Ascending != backwards;
        var found = query.Runs is null
            ? ReadPieces(session, query.Kinds, tip, first, last, take + 1L, up)
            : ReadRuns(session, query, tip, first, last, take + 1L, up);
        var more = found.Count > take;
        if (more) found.RemoveAt(take);
        if (backwards) found.Reverse();
        return new Page<Message>(found, more);
    }

    // Sorted by the database: ids say nothing about the place in a branch, and few trees have more messages than are read at once. The facet of a
    // reasoning makes its id larger than that of the answer behind it.
    private static Page<Message> ReadTree(SqlSession session, MessageQuery query)
    {
        var take = Math.Max(query.Take, 0);
        var found = session.All(query.Ascending ? TreeUp : TreeDown, MessageRows.Read, query.Conversation.Value, take + 1L);
        var more = found.Count > take;
        if (more) found.RemoveAt(take);
        return new Page<Message>(found, more);
    }

    private static Place? FindCursor(SqlSession session, MessageQuery query, Id cursor, Place tip, string name)
    {
        if (cursor.IsNone) return null;
        var place = MessageRows.FindPlace(session, query.Conversation, cursor);
        return place is { } found && TreePath.Holds(session, tip, found) ? found : throw Refusals.NoMessage(name);
    }

    private static List<Message> ReadPieces(SqlSession session, MessageKinds kinds, Place tip, long first, long last, long take, bool up)
    {
        var found = new List<Message>();
        if (first > last || (kinds & MessageKinds.All) == 0) return found;
        var statement = Statements.GetOrAdd((kinds & MessageKinds.All, up), key => new Sql(Text(key.Kinds, key.Up)));
        var pieces = Within(TreePath.Climb(session, tip), first, last);
        foreach (var piece in up ? pieces.Reverse() : pieces)
        {
            using var rows = session.Query(statement, piece.Branch, Math.Max(first, piece.First), Math.Min(last, piece.Last), take - found.Count);
            while (rows.Read()) found.Add(CanonicalJson.Read<Message>(rows.GetString(1)));
            if (found.Count == take) break;
        }

        return found;
    }

    private static IEnumerable<Piece> Within(IEnumerable<Piece> pieces, long first, long last)
    {
        foreach (var piece in pieces)
        {
            if (piece.First <= last) yield return piece;
            if (piece.First <= first) yield break;
        }
    }

    // A run has few messages, and they are near each other: its own index finds them, wherever on the path they are.
    private static List<Message> ReadRuns(SqlSession session, MessageQuery query, Place tip, long first, long last, long take, bool up)
    {
        if (first > last) return [];
        var ends = TreePath.Climb(session, tip).ToDictionary(piece => piece.Branch, piece => piece.Last);
        var found = new List<(long Position, Message Message)>();
        foreach (var run in query.Runs!.Distinct())
        {
            using var rows = session.Query(up ? OfRun : OfRunDown, run.Value, query.Conversation.Value, first, last);
            for (var taken = 0L; taken < take && rows.Read();)
            {
                if (!ends.TryGetValue(rows.GetInt64(0), out var end) || rows.GetInt64(1) > end || ((MessageKinds)rows.GetInt64(2) & query.Kinds) == 0) continue;
                found.Add((rows.GetInt64(1), CanonicalJson.Read<Message>(rows.GetString(3))));
                taken++;
            }
        }

        var ordered = up ? found.OrderBy(each => each.Position) : found.OrderByDescending(each => each.Position);
        return [.. ordered.Select(each => each.Message).Take((int)Math.Min(take, int.MaxValue))];
    }

    // One index range a kind, merged: a filter then costs nothing for what it leaves out.
    private static string Text(MessageKinds kinds, bool up)
    {
        var order = up ? "order by position" : "order by position desc";
        const string Range = "branch = @branch and deleted = 0 and position between @first and @last";
        if (kinds == MessageKinds.All) return $"select position, data from messages where {Range} {order} limit @take";
        var parts = new List<string>();
        for (var rest = (uint)kinds; rest != 0; rest &= rest - 1)
            parts.Add($"select position, data from messages where {Range} and kind = {(1 << BitOperations.TrailingZeroCount(rest)).ToString(CultureInfo.InvariantCulture)}");
        return $"{string.Join(" union all ", parts)} {order} limit @take";
    }
}
