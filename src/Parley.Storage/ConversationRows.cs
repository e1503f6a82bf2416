using System.Data.Common;
using Parley.Conversations;

namespace Parley.Storage;

/// <summary>The table of conversations.</summary>
internal static class ConversationRows
{
    public const string Columns = "data, section, head, head_branch, head_position, updated_at";

    private static readonly Sql InsertRow = new(
        """
        insert into conversations (id, owner, agent, external_id, created_at, updated_at, section, head, head_branch, head_position, data)
        values (@id, @owner, @agent, @external, @created, @updated, @section, 0, 0, 0, @data)
        """);

    private static readonly Sql FindRow = new($"select {Columns} from conversations where id = @id and owner = @owner");
    private static readonly Sql FindByExternalId = new($"select {Columns} from conversations where owner = @owner and external_id = @external");
    private static readonly Sql FindSectionOfAnyOwner = new("select section from conversations where id = @id");
    private static readonly Sql ListDown = List("owner = @owner", "desc");
    private static readonly Sql ListUp = List("owner = @owner", "asc");
    private static readonly Sql ListDownByAgent = List("owner = @owner and agent = @agent", "desc");
    private static readonly Sql ListUpByAgent = List("owner = @owner and agent = @agent", "asc");
    private static readonly Sql UpdateRow = new("update conversations set section = @section, updated_at = @updated, data = @data where id = @id");

    private static readonly Sql MoveHeadRow = new(
        """
        update conversations set head = @head, head_branch = @branch, head_position = @position, section = @section,
          updated_at = case when updated_at < @at then @at else updated_at end
        where id = @id
        """);

    private static readonly Sql TouchRow = new("update conversations set updated_at = @at where id = @id and updated_at < @at");
    private static readonly Sql DeleteRow = new("delete from conversations where id = @id and owner = @owner");

    public static void Insert(SqlSession session, Conversation conversation)
        => session.Execute(
            InsertRow, conversation.Id.Value, conversation.Owner, conversation.Agent, conversation.ExternalId, conversation.CreatedAt.UtcTicks, conversation.UpdatedAt.UtcTicks,
            conversation.Section.Value, CanonicalJson.Write(conversation));

    public static ConversationRow? Find(SqlSession session, string owner, Id conversation) => session.One(FindRow, Read, conversation.Value, owner);

    /// <summary>Whether there is a conversation already with the external id that another is to have.</summary>
    public static bool IsNameTaken(SqlSession session, Conversation conversation)
        => conversation.ExternalId is { } name && session.One(FindByExternalId, Read, conversation.Owner, name) is not null;

    /// <summary>The current section; null if the conversation is gone. For what a run does, which has proved its owner when it began.</summary>
    public static Id? FindSection(SqlSession session, Id conversation) => session.Number(FindSectionOfAnyOwner, conversation.Value) is { } section ? new Id(section) : null;

    public static Page<Conversation> ListPage(SqlSession session, ConversationQuery query)
    {
        if (query.ExternalId is { } name) return new Page<Conversation>(session.All(FindByExternalId, ReadConversation, query.Owner, name), false);
        if (!query.After.IsNone || !query.Before.IsNone) return ConversationPages.Read(session, query);
        var take = Math.Max(query.Take, 0);
        // One more than asked for tells whether there are more.
        var rows = query.Agent is null
            ? session.All(query.Ascending ? ListUp : ListDown, Read, query.Owner, take + 1L, Math.Max(query.Skip, 0))
            : session.All(query.Ascending ? ListUpByAgent : ListDownByAgent, Read, query.Owner, query.Agent, take + 1L, Math.Max(query.Skip, 0));
        return new Page<Conversation>([.. rows.Take(take).Select(row => row.Conversation)], rows.Count > take);
    }

    public static void Update(SqlSession session, Conversation conversation)
        => session.Execute(UpdateRow, conversation.Section.Value, conversation.UpdatedAt.UtcTicks, CanonicalJson.Write(conversation), conversation.Id.Value);

    /// <summary>Something was added, which is a change too.</summary>
    public static void MoveHead(SqlSession session, Id conversation, Place head, Id section, DateTimeOffset at)
        => session.Execute(MoveHeadRow, head.Message.Value, head.Branch, head.Position, section.Value, at.UtcTicks, conversation.Value);

    /// <summary>Something in it has changed.</summary>
    public static void Touch(SqlSession session, Id conversation, DateTimeOffset at) => session.Execute(TouchRow, at.UtcTicks, conversation.Value);

    public static bool Delete(SqlSession session, string owner, Id conversation) => session.Execute(DeleteRow, conversation.Value, owner) > 0;

    private static Sql List(string where, string order)
        => new($"select {Columns} from conversations where {where} order by created_at {order}, id {order} limit @take offset @skip");

    public static Conversation ReadConversation(DbDataReader row) => Read(row).Conversation;

    private static ConversationRow Read(DbDataReader row)
    {
        var conversation = CanonicalJson.Read<Conversation>(row.GetString(0)) with
        {
            Section = new Id(row.GetInt64(1)),
            Head = new Id(row.GetInt64(2)),
            UpdatedAt = new DateTimeOffset(row.GetInt64(5), TimeSpan.Zero),
        };
        return new ConversationRow(conversation, row.GetInt64(3), row.GetInt64(4));
    }
}

/// <summary>A conversation and where its head is, which outlives the head message itself.</summary>
internal sealed record ConversationRow(Conversation Conversation, long HeadBranch, long HeadPosition);
