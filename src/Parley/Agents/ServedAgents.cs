namespace Parley.Agents;

/// <summary>The agents that a program makes for whoever serves them.</summary>
public abstract class ServedAgents
{
    /// <summary>They, in order of adding.</summary>
    public IList<Agent> Agents { get; } = [];

    /// <summary>Adds an agent.</summary>
    /// <param name="name">Its name in every protocol: 1 to 64 of <c>A-Z a-z 0-9 . _ -</c>.</param>
    /// <param name="behaviour">What it does.</param>
    /// <exception cref="ArgumentException">The name has another form, or another agent has it.</exception>
    public void AddAgent(string name, IAgent behaviour) => AddAgent(new Agent(name, behaviour));

    /// <summary>Adds an agent with all that is to be told about it.</summary>
    /// <exception cref="ArgumentException">A name or an alias has another form, or another agent has it.</exception>
    public void AddAgent(Agent agent)
    {
        foreach (var name in agent.Aliases.Prepend(agent.Name))
        {
            if (!Agent.IsName(name)) throw new ArgumentException($"Names and aliases must be {Agent.NameRule}, not \"{name}\".", nameof(agent));
            if (Agents.Any(other => other.Name == name || other.Aliases.Contains(name))) throw new ArgumentException($"There is an agent \"{name}\" already.", nameof(agent));
        }

        Agents.Add(agent);
    }
}
