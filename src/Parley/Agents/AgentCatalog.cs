namespace Parley.Agents;

/// <summary>The agents that are served: an immutable snapshot, replaced as a whole.</summary>
public sealed class AgentCatalog
{
    private readonly Lock _lock = new();
    private volatile Snapshot _snapshot = new([], [], Snapshot.NoVersions);

    /// <param name="agents">The agents to begin with.</param>
    public AgentCatalog(params IEnumerable<Agent> agents) => Replace(agents);

    /// <summary>All agents, by name.</summary>
    public IReadOnlyList<Agent> All => _snapshot.Agents;

    /// <summary>The agent that answers where a request leaves it open: the one marked so, else the first by name.</summary>
    public Agent? Default => _snapshot.Default;

    /// <summary>The agent with this name or alias, or with <c>name:version</c>; null if there is none.</summary>
    public Agent? Find(string name)
    {
        if (_snapshot.ByName.TryGetValue(name, out var agent)) return agent;
        var colon = name.LastIndexOf(':');
        return colon < 0 ? null : Find(name[..colon], name[(colon + 1)..]);
    }

    /// <summary>A version of an agent; without one, the latest. One that tells no version has only the first.</summary>
    public Agent? Find(string name, string? version)
    {
        if (version is null) return Find(name);
        var snapshot = _snapshot;
        if (!snapshot.ByName.TryGetValue(name, out var latest) || version == (latest.Version ?? "1")) return latest;
        return snapshot.Made.Contains(latest) ? null : snapshot.Versions.GetValueOrDefault((latest.Name, version))?.Value;
    }

    /// <summary>Whether the agent with this name is one that a client has made.</summary>
    public bool IsStored(string name) => _snapshot is var snapshot && snapshot.ByName.TryGetValue(name, out var agent) && snapshot.Stored.Contains(agent);

    /// <summary>Serves these agents from now on. Of two with the same name or alias the first is found.</summary>
    public void Replace(IEnumerable<Agent> agents)
    {
        lock (_lock) _snapshot = new(agents, _snapshot.Stored, _snapshot.Versions);
    }

    /// <summary>Serves these too, where no other agent has their names: agents that clients have made, with all their versions.</summary>
    public void ReplaceStored(IReadOnlyList<Agent> latest, IReadOnlyDictionary<(string Name, string Version), Lazy<Agent?>> versions)
    {
        lock (_lock) _snapshot = new(_snapshot.Made, latest, versions);
    }

    private sealed class Snapshot
    {
        public static readonly Dictionary<(string Name, string Version), Lazy<Agent?>> NoVersions = [];

        public Snapshot(IEnumerable<Agent> made, IReadOnlyList<Agent> stored, IReadOnlyDictionary<(string Name, string Version), Lazy<Agent?>> versions)
        {
            Made = [.. made.OrderBy(agent => agent.Name, StringComparer.Ordinal)];
            (Stored, Versions) = (stored, versions);
            foreach (var agent in Made) ByName.TryAdd(agent.Name, agent);
            foreach (var agent in Made)
                foreach (var alias in agent.Aliases) ByName.TryAdd(alias, agent);
            var visible = stored.Where(agent => !ByName.ContainsKey(agent.Name)).ToList();
            foreach (var agent in visible) ByName.Add(agent.Name, agent);
            foreach (var agent in visible)
                foreach (var alias in agent.Aliases) ByName.TryAdd(alias, agent);
            Agents = [.. Made.Concat(visible).OrderBy(agent => agent.Name, StringComparer.Ordinal)];
            Default = Agents.FirstOrDefault(agent => agent.IsDefault) ?? Agents.FirstOrDefault();
        }

        public IReadOnlyList<Agent> Made { get; }

        public IReadOnlyList<Agent> Stored { get; }

        public IReadOnlyDictionary<(string Name, string Version), Lazy<Agent?>> Versions { get; }

        public IReadOnlyList<Agent> Agents { get; }

        public Agent? Default { get; }

        public Dictionary<string, Agent> ByName { get; } = new(StringComparer.Ordinal);
    }
}
