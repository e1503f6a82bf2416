using Parley.Runs;

namespace Parley.Agents;

/// <summary>An agent: its name in every protocol, what is told about it, and what it does.</summary>
/// <param name="Name">1 to 64 of <c>A-Z a-z 0-9 . _ -</c>.</param>
/// <param name="Behaviour">What it does.</param>
public sealed record Agent(string Name, IAgent Behaviour)
{
    /// <summary>Other names, such as a numeric bot id.</summary>
    public ValueList<string> Aliases { get; init; }

    /// <summary>Its version, where it has one.</summary>
    public string? Version { get; init; }

    /// <summary>What sort of agent it is to clients that tell sorts apart, such as <c>workflow</c>; null for one that just answers.</summary>
    public string? Kind { get; init; }

    /// <summary>As runs name it.</summary>
    public AgentRef Reference => new(Name, Version, Kind);

    /// <summary>For people.</summary>
    public string Description { get; init; } = "";

    /// <summary>It answers where a request may leave the agent open.</summary>
    public bool IsDefault { get; init; }

    /// <summary>It continues a conversation of its peer's, and so is told how far that peer has come.</summary>
    public bool IsStateful { get; init; }

    /// <summary>How many messages of history it is given at most, the input not counted.</summary>
    public int History { get; init; } = 100;

    /// <summary>Tools offered for protocols whose requests carry none.</summary>
    public ValueList<ToolDefinition> Tools { get; init; }

    /// <summary>What it says before a conversation begins.</summary>
    public string Prologue { get; init; } = "";

    /// <summary>What a user might ask first.</summary>
    public ValueList<string> Questions { get; init; }

    /// <summary>Its standing instructions, where it has any.</summary>
    public string Instructions { get; init; } = "";

    /// <summary>The model behind it, where it is known.</summary>
    public string Model { get; init; } = "";

    /// <summary>What becomes of its runs when their clients go, where the request does not say; null: what is usual in the request's protocol.</summary>
    public DisconnectPolicy? OnDisconnect { get; init; }

    /// <summary>When its definition was last changed.</summary>
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>How an agent may be called, in words.</summary>
    public const string NameRule = "1 to 64 of A-Z a-z 0-9 . _ -";

    /// <summary>Whether an agent may be called so.</summary>
    public static bool IsName(string text)
        => text.Length is >= 1 and <= 64 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-');

    /// <summary>The id that Coze's bot lists show: the first numeric alias, else the name.</summary>
    public string BotId
    {
        get
        {
            foreach (var alias in Aliases)
                if (alias.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0) return alias;
            return Name;
        }
    }
}
