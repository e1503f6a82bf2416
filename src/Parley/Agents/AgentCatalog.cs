namespace Parley.Agents;

/// <summary>The agents that are served: an immutable snapshot, replaced as a whole.</summary>
public sealed class AgentCatalog
{
    private volatile Snapshot _snapshot = new([]);

    /// <param name="agents">The agents to begin with.</param>
    public AgentCatalog(params IEnumerable<Agent> agents) => Replace(agents);

    /// <summary>All agents, by name.</summary>
    public IReadOnlyList<Agent> All => _snapshot.Agents;

    /// <summary>The agent that answers where a request leaves it open: the one marked so, else the first by name.</summary>
    public Agent? Default => _snapshot.Default;

    /// <summary>The agent with this name or alias, or null.</summary>
    public Agent? Find(string name) => _snapshot.ByName.GetValueOrDefault(name);

    /// <summary>Serves these agents from now on. Of two with the same name or alias the first is found.</summary>
    public void Replace(IEnumerable<Agent> agents) => _snapshot = new([.. agents.OrderBy(agent => agent.Name, StringComparer.Ordinal)]);

    private sealed class Snapshot
    {
        public Snapshot(IReadOnlyList<Agent> agents)
        {
            Agents = agents;
            Default = agents.FirstOrDefault(agent => agent.IsDefault) ?? agents.FirstOrDefault();
            foreach (var agent in agents) ByName.TryAdd(agent.Name, agent);
            foreach (var agent in agents)
                foreach (var alias in agent.Aliases) ByName.TryAdd(alias, agent);
        }

        public IReadOnlyList<Agent> Agents { get; }

        public Agent? Default { get; }

        public Dictionary<string, Agent> ByName { get; } = new(StringComparer.Ordinal);
    }
}
