using System.Data.Common;
using Parley.Conversations;

namespace Parley.Storage;

/// <summary>The table of messages: single rows.</summary>
internal static class MessageRows
{
    private static readonly Sql InsertRow = new(
        """
        insert into messages (id, conversation, branch, position, stretch, section, run, is_input, kind, deleted, created_at, data)
        values (@id, @conversation, @branch, @position, @stretch, @section, @run, @input, @kind, 0, @created, @data)
        """);

    private static readonly Sql FindRow = new("select data from messages where id = @id and conversation = @conversation and deleted = 0");
    private static readonly Sql FindPlaceRow = new("select id, branch, position, section, stretch from messages where id = @id and conversation = @conversation");
    private static readonly Sql UpdateRow = new("update messages set data = @data where id = @id");
    private static readonly Sql ListSaidByRun = new("select data from messages where run = @run and conversation = @conversation and is_input = 0 and deleted = 0");
    private static readonly Sql BuryRow = new("update messages set deleted = 1, data = @data where id = @id");

    public static void Insert(SqlSession session, Message message, Place place)
        => session.Execute(
            InsertRow, message.Id.Value, message.Conversation.Value, place.Branch, place.Position, place.Stretch, place.Section.Value,
            message.Run.IsNone ? null : message.Run.Value, message.IsInput, (int)message.Kind, message.CreatedAt.UtcTicks, CanonicalJson.Write(message));

    public static Message? Find(SqlSession session, Id conversation, Id message) => session.One(FindRow, Read, message.Value, conversation.Value);

    /// <summary>Where a message is, a tombstone too; null if it is absent.</summary>
    public static Place? FindPlace(SqlSession session, Id conversation, Id message)
    {
        using var row = session.Query(FindPlaceRow, message.Value, conversation.Value);
        return row.Read() ? new Place(new Id(row.GetInt64(0)), row.GetInt64(1), row.GetInt64(2), new Id(row.GetInt64(3)), row.GetInt64(4)) : null;
    }

    public static void Update(SqlSession session, Message message) => session.Execute(UpdateRow, CanonicalJson.Write(message), message.Id.Value);

    /// <summary>Leaves a tombstone: the place stays, what was said goes. With something that a run made goes all that it made, if asked.</summary>
    public static void Bury(SqlSession session, Message message, DateTimeOffset at, bool withRun)
    {
        IReadOnlyList<Message> all = !withRun || message.IsInput || message.Run.IsNone
            ? [message]
            : session.All(ListSaidByRun, Read, message.Run.Value, message.Conversation.Value);
        foreach (var each in all) session.Execute(BuryRow, CanonicalJson.Write(each.ToTombstone(at)), each.Id.Value);
    }

    public static Message Read(DbDataReader row) => CanonicalJson.Read<Message>(row.GetString(0));
}
