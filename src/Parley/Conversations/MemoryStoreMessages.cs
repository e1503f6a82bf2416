using Parley.Runs;

namespace Parley.Conversations;

// The tree of messages: each knows its parent, and a path is walked from its tip.
public sealed partial class MemoryStore
{
    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Message>> AppendMessagesAsync(string owner, Id conversation, IReadOnlyList<Message> messages, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var thread = Find(owner, conversation) ?? throw NoConversation();
            if (IsBusy(conversation)) throw new RunException(new RunError(ErrorSide.Client, ErrorCause.Busy, "A run is active in this conversation.", true, Param: "conversation_id"));
            var stored = Append(thread, thread.Header.Head, thread.Header.Section, messages);
            MoveHead(thread, stored);
            if (stored.Count > 0) Touch(thread, stored[^1].UpdatedAt);
            return new(stored);
        }
    }

    /// <inheritdoc/>
    public ValueTask<Message?> FindMessageAsync(string owner, Id conversation, Id message, CancellationToken cancellationToken)
    {
        lock (_lock) return new(Find(owner, conversation, message));
    }

    /// <inheritdoc/>
    public ValueTask<Message?> UpdateMessageAsync(string owner, Id conversation, Id message, MessagePatch patch, DateTimeOffset at, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (Find(owner, conversation, message) is not { } found) return new((Message?)null);
            var thread = _threads[conversation];
            Touch(thread, at);
            return new(thread.Messages[message] = found.With(patch, at));
        }
    }

    /// <inheritdoc/>
    public ValueTask<Message?> DeleteMessageAsync(string owner, Id conversation, Id message, DateTimeOffset at, bool withRun, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (Find(owner, conversation, message) is not { } found) return new((Message?)null);
            var thread = _threads[conversation];
            var said = withRun && !found.IsInput && !found.Run.IsNone;
            foreach (var each in thread.Messages.Values.ToList())
            {
                if (each.Id == message || (said && !each.IsInput && each.Run == found.Run)) thread.Messages[each.Id] = each.ToTombstone(at);
            }

            Touch(thread, at);
            return new(found);
        }
    }

    /// <inheritdoc/>
    public ValueTask<Page<Message>> ListMessagesAsync(MessageQuery query, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var thread = Find(query.Owner, query.Conversation) ?? throw NoConversation();
            if (query.WholeTree)
            {
                // The facet of a reasoning makes its id larger than that of the answer behind it.
                var tree = thread.Messages.Values.OrderBy(message => message.Id.Entity).ThenByDescending(message => message.Id).ToList();
                if (!query.Ascending) tree.Reverse();
                return new(new Page<Message>([.. tree.Take(Math.Max(query.Take, 0))], tree.Count > query.Take));
            }

            if (!query.Tip.IsNone && !thread.Messages.ContainsKey(query.Tip)) throw NoMessage("tip");
            var path = PathOf(thread, query.Tip.IsNone ? thread.Header.Head : query.Tip);
            var section = query.Tip.IsNone ? thread.Header.Section : path[0].Section;
            var stretch = query.SectionOnly ? path.TakeWhile(message => message.Section == section).Count() : path.Count;

            // From here on in the order asked for; the stretch at the tip is its head or its tail.
            if (query.Ascending) path.Reverse();
            var (first, end) = query.Ascending ? (path.Count - stretch, path.Count) : (0, stretch);
            if (!query.After.IsNone) first = Math.Max(first, IndexOf(path, query.After, "after") + 1);
            if (!query.Before.IsNone) end = Math.Min(end, IndexOf(path, query.Before, "before"));
            var asked = path.Take(end).Skip(first).Where(message => !message.Deleted && (message.Kind & query.Kinds) != 0 && query.Runs?.Contains(message.Run) != false).ToList();
            var take = Math.Max(query.Take, 0);
            var endsAtCursor = !query.Before.IsNone && query.After.IsNone;
            return new(new Page<Message>([.. endsAtCursor ? asked.TakeLast(take) : asked.Take(take)], asked.Count > take));
        }
    }

    private Message? Find(string owner, Id conversation, Id message)
        => Find(owner, conversation)?.Messages.GetValueOrDefault(message) is { Deleted: false } found ? found : null;

    // Tip first. A parent that has expired ends the path.
    private static List<Message> PathOf(Thread thread, Id tip)
    {
        var path = new List<Message>();
        for (var at = tip; thread.Messages.TryGetValue(at, out var message); at = message.Parent) path.Add(message);
        return path;
    }

    private static int IndexOf(List<Message> path, Id cursor, string name)
        => path.FindIndex(message => message.Id == cursor) is var index and >= 0 ? index : throw NoMessage(name);

    private static IReadOnlyList<Message> Append(Thread thread, Id under, Id section, IReadOnlyList<Message> messages)
    {
        if (messages.Any(message => thread.Messages.ContainsKey(message.Id))) throw Taken();
        var stored = Chain(thread.Header.Id, under, section, messages);
        foreach (var message in stored) thread.Messages.Add(message.Id, message);
        return stored;
    }

    private static List<Message> Chain(Id conversation, Id under, Id section, IReadOnlyList<Message> messages)
        => [.. messages.Select((message, i) => message with { Conversation = conversation, Section = section, Parent = i == 0 ? under : messages[i - 1].Id })];

    private static void MoveHead(Thread thread, IReadOnlyList<Message> added)
    {
        if (added.Count > 0) thread.Header = thread.Header with { Head = added[^1].Id };
    }

    private static RunException NoConversation() => new(RunError.NotFound("The conversation does not exist.", "conversation_id", "conversation"));

    private static RunException NoMessage(string name) => new(RunError.NotFound("The message does not exist on this path of the conversation.", name, "message"));
}
