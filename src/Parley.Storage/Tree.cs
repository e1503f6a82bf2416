using Parley.Conversations;

namespace Parley.Storage;

/// <summary>Grows the tree of a conversation. Below the tip of a branch a message prolongs the branch; anywhere else it begins a new one.</summary>
internal static class Tree
{
    private static readonly Sql InsertBranch = new("insert into branches (id, conversation, parent, fork, tip) values (@id, @conversation, @parent, @fork, @tip)");
    private static readonly Sql MoveTip = new("update branches set tip = @tip where id = @id and tip = @under");

    /// <summary>
    /// Where the head is. The message itself may have expired: what is added then still follows it, but is the first of its stretch.
    /// </summary>
    public static Place HeadOf(SqlSession session, ConversationRow row)
    {
        var conversation = row.Conversation;
        if (conversation.Head.IsNone) return Place.Root;
        return MessageRows.FindPlace(session, conversation.Id, conversation.Head)
            ?? new Place(conversation.Head, row.HeadBranch, row.HeadPosition, Id.None, 0);
    }

    /// <summary>Adds a chain of messages under a place. Returns them as stored and the place of the last (<paramref name="under"/> if there are none).</summary>
    public static (IReadOnlyList<Message> Stored, Place Last) Append(SqlSession session, Id conversation, Place under, Id section, IReadOnlyList<Message> messages)
    {
        if (messages.Count == 0) return ([], under);
        var last = under.Position + messages.Count;
        var branch = under.Branch;
        if (branch == 0 || session.Execute(MoveTip, last, branch, under.Position) == 0)
        {
            branch = messages[0].Id.Value;
            session.Execute(InsertBranch, branch, conversation.Value, under.Branch, under.Position, last);
        }

        var stored = new Message[messages.Count];
        var place = under;
        for (var i = 0; i < stored.Length; i++)
        {
            stored[i] = messages[i] with { Conversation = conversation, Section = section, Parent = place.Message };
            var position = place.Position + 1;
            place = new Place(messages[i].Id, branch, position, section, section == place.Section ? place.Stretch : position);
            MessageRows.Insert(session, stored[i], place);
        }

        return (stored, place);
    }
}
