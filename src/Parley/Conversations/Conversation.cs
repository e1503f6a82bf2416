namespace Parley.Conversations;

/// <summary>A conversation: a tree of messages with a head.</summary>
public sealed record Conversation
{
    /// <summary>Its id.</summary>
    public required Id Id { get; init; }

    /// <summary>Whose it is.</summary>
    public required string Owner { get; init; }

    /// <summary>A name for people.</summary>
    public string Name { get; init; } = "";

    /// <summary>The client's own key-value pairs.</summary>
    public ValueList<KeyValuePair<string, string>> Metadata { get; init; }

    /// <summary>The name of the agent it was made for, by which Coze lists conversations.</summary>
    public string? Agent { get; init; }

    /// <summary>The current section; the first one's id is the conversation's. The history given to an agent begins with it.</summary>
    public required Id Section { get; init; }

    /// <summary>The last message of the current path; none in an empty conversation. The store moves it.</summary>
    public Id Head { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Members that only one dialect knows.</summary>
    public Leftover? Leftover { get; init; }

    /// <summary>The id by which the client calls it, where clients choose ids; no two of an owner have the same.</summary>
    public string? ExternalId { get; init; }

    /// <summary>The conversation as the patch leaves it.</summary>
    public Conversation With(ConversationPatch patch, DateTimeOffset at) => this with
    {
        Name = patch.Name ?? Name,
        Metadata = patch.Metadata ?? Metadata,
        Section = patch.Section ?? Section,
        UpdatedAt = at,
    };
}

/// <summary>What to change in a conversation; null leaves a member as it is.</summary>
public sealed record ConversationPatch(string? Name = null, ValueList<KeyValuePair<string, string>>? Metadata = null, Id? Section = null);

/// <summary>Which conversations to list, by time of making.</summary>
/// <param name="Owner">Whose.</param>
/// <param name="Agent">Only those made for this agent.</param>
/// <param name="Ascending">Oldest first.</param>
/// <param name="Skip">How many to pass over.</param>
/// <param name="Take">How many at most.</param>
/// <param name="After">Only what follows this one in the chosen order.</param>
/// <param name="Before">Only what precedes this one in the chosen order: the page that ends just before it, unless <paramref name="After"/> is given too.</param>
/// <param name="ExternalId">Only the one that has this external id; nothing else of the query then matters.</param>
public sealed record ConversationQuery(
    string Owner, string? Agent = null, bool Ascending = false, int Skip = 0, int Take = 50, Id After = default, Id Before = default, string? ExternalId = null);
