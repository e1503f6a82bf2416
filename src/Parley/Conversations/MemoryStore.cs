using Parley.Runs;

namespace Parley.Conversations;

/// <summary>A store in memory, for embedders and tests: nothing outlives the process, and a page costs as much as its path is long.</summary>
public sealed partial class MemoryStore : IConversationStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Id, Thread> _threads = [];
    private readonly Dictionary<Id, Entry> _runs = [];

    // By conversation the last exclusive run, active or not.
    private readonly Dictionary<Id, Id> _holders = [];

    /// <inheritdoc/>
    public ValueTask CreateConversationAsync(Conversation conversation, IReadOnlyList<Message> messages, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_threads.ContainsKey(conversation.Id)) throw Taken();
            if (IsNameTaken(conversation)) throw new RunException(RunError.Rejected("There is a conversation of this name already.", "external_id"));
            var thread = new Thread(conversation with { Head = default });
            _threads.Add(conversation.Id, thread);
            MoveHead(thread, Append(thread, default, conversation.Section, messages));
        }

        return default;
    }

    /// <inheritdoc/>
    public ValueTask<Conversation?> FindConversationAsync(string owner, Id conversation, CancellationToken cancellationToken)
    {
        lock (_lock) return new(Find(owner, conversation)?.Header);
    }

    /// <inheritdoc/>
    public ValueTask<Page<Conversation>> ListConversationsAsync(ConversationQuery query, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (query.ExternalId is { } name) return new(new Page<Conversation>([.. Headers().Where(header => header.Owner == query.Owner && header.ExternalId == name)], false));
            var all = Headers()
                .Where(header => header.Owner == query.Owner)
                .OrderBy(header => query.Ascending ? header.CreatedAt.UtcTicks : -header.CreatedAt.UtcTicks).ThenBy(header => query.Ascending ? header.Id.Value : -header.Id.Value).ToList();
            var (first, end) = (query.After.IsNone ? 0 : IndexOf(query.After, "after") + 1, query.Before.IsNone ? all.Count : IndexOf(query.Before, "before"));
            var asked = all.Take(end).Skip(first).Where(header => query.Agent is null || header.Agent == query.Agent).Skip(query.Skip).ToList();
            var take = Math.Max(query.Take, 0);
            return new(new Page<Conversation>([.. !query.Before.IsNone && query.After.IsNone ? asked.TakeLast(take) : asked.Take(take)], asked.Count > take));

            int IndexOf(Id cursor, string name) => all.FindIndex(header => header.Id == cursor) is var index and >= 0 ? index : throw NoMessage(name);
        }
    }

    /// <inheritdoc/>
    public ValueTask<Conversation?> UpdateConversationAsync(string owner, Id conversation, ConversationPatch patch, DateTimeOffset at, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (Find(owner, conversation) is not { } thread) return new((Conversation?)null);
            return new(thread.Header = thread.Header.With(patch, at));
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> DeleteConversationAsync(string owner, Id conversation, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (Find(owner, conversation) is null) return new(false);
            _threads.Remove(conversation);
            _holders.Remove(conversation);
            foreach (var run in _runs.Values.Where(entry => entry.Run.Conversation == conversation && !entry.Run.Detached).ToList()) _runs.Remove(run.Run.Id);
            return new(true);
        }
    }

    /// <inheritdoc/>
    public ValueTask<int> SweepAsync(SweepLimits limits, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var removed = 0;
            foreach (var entry in _runs.Values.Where(entry => entry.Run.EndedAt < limits.EventsBefore).ToList())
            {
                if (entry.Run.KeepsEvents && entry.Run.EndedAt >= limits.MessagesBefore) continue;
                removed += entry.Segments.Count;
                entry.Segments.Clear();
                if (entry.Run.Stored && entry.Run.EndedAt >= limits.MessagesBefore) continue;
                _runs.Remove(entry.Run.Id);
                removed++;
            }

            foreach (var thread in _threads.Values.ToList())
            {
                foreach (var message in thread.Messages.Values.Where(message => message.CreatedAt < limits.MessagesBefore).ToList())
                {
                    thread.Messages.Remove(message.Id);
                    removed++;
                }

                if (thread.Messages.Count > 0 || thread.Header.UpdatedAt >= limits.MessagesBefore) continue;
                if (Runs().Any(run => run.Conversation == thread.Header.Id && !run.HasEnded)) continue;
                _threads.Remove(thread.Header.Id);
                removed++;
            }

            return new(removed);
        }
    }

    private Thread? Find(string owner, Id conversation)
        => _threads.TryGetValue(conversation, out var thread) && thread.Header.Owner == owner ? thread : null;

    private bool IsNameTaken(Conversation conversation)
        => conversation.ExternalId is { } name && Headers().Any(header => header.Owner == conversation.Owner && header.ExternalId == name);

    private IEnumerable<Conversation> Headers() => _threads.Values.Select(thread => thread.Header);

    private static void Touch(Thread thread, DateTimeOffset at)
    {
        if (thread.Header.UpdatedAt < at) thread.Header = thread.Header with { UpdatedAt = at };
    }

    private static RunException Taken() => new(new RunError(ErrorSide.Store, ErrorCause.Rejected, "Something with this id exists."));

    /// <summary>A conversation with its tree.</summary>
    private sealed class Thread(Conversation header)
    {
        public Conversation Header { get; set; } = header;

        public Dictionary<Id, Message> Messages { get; } = [];
    }

    /// <summary>A run with its log.</summary>
    private sealed class Entry(Run run)
    {
        public Run Run { get; set; } = run;

        public SortedList<long, RunSegment> Segments { get; } = [];

        public HashSet<string> OpenCalls { get; } = [];
    }
}
