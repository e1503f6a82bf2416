namespace Parley.Storage;

/// <summary>A version of an agent that a client has made. It never changes.</summary>
/// <param name="Agent">The agent's name.</param>
/// <param name="Version">Its number, from 1.</param>
/// <param name="Owner">Who made the agent, and may change it.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="Description">For people.</param>
/// <param name="Metadata">The client's own key-value pairs.</param>
/// <param name="Definition">What the agent is, as the client sent it.</param>
public sealed record StoredAgentVersion(
    string Agent, long Version, string Owner, DateTimeOffset CreatedAt, string Description, ValueList<KeyValuePair<string, string>> Metadata, RawJson Definition);

/// <summary>The version of an agent in a file.</summary>
/// <param name="Name">The agent's name.</param>
/// <param name="Version">Its number, from 1.</param>
/// <param name="Hash">Of the text that has this version.</param>
public sealed record AgentFileVersion(string Name, long Version, string Hash);
