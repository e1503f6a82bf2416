using Parley.Conversations;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>Stored messages as the items of lists.</summary>
public static class ResponsesItems
{
    /// <summary>The kinds of messages that may be items here.</summary>
    public const MessageKinds Kinds = MessageKinds.All & ~(MessageKinds.Suggestion | MessageKinds.Recall);

    /// <summary>Whether this dialect has a word for the message. A result of a call that a server ran is told within the call, which is not looked at here.</summary>
    public static bool IsShown(Message message) => message.Head is ToolResultItem || ResponsesItem.IsShown(message.Head);

    /// <summary>The item's id.</summary>
    public static string IdOf(Message message) => ResponsesIds.OfItem(message.Head, message.Conversation, message.Id);

    /// <summary>Writes a message as an item.</summary>
    /// <param name="message">The message.</param>
    /// <param name="result">What the tool gave back, if it is a call that a server ran.</param>
    /// <param name="withEncrypted">Whether encrypted reasoning is told.</param>
    /// <param name="json">Where it goes.</param>
    public static void Write(Message message, Message? result, bool withEncrypted, JsonLine json)
        => (ResponsesItem.Of(message, result) with { HidesEncrypted = !withEncrypted }).Write(json);

    /// <summary>The items of a path, root first: calls that a server ran with their results, which are no items of their own.</summary>
    public static IEnumerable<(Message Item, Message? Result)> Pair(IReadOnlyList<Message> path)
    {
        var told = new HashSet<Id>();
        for (var i = 0; i < path.Count; i++)
        {
            if (!IsShown(path[i]) || told.Contains(path[i].Id)) continue;
            Message? result = null;
            if (path[i].Head is ToolCallItem { RunBy: RunBy.Server } call)
            {
                for (var j = i + 1; j < path.Count && result is null; j++)
                    if (path[j].Head is ToolResultItem given && given.CallId == call.CallId && told.Add(path[j].Id)) result = path[j];
            }

            yield return (path[i], result);
        }
    }
}
