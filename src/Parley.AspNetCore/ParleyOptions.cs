using Parley.Agents;
using Parley.AspNetCore.Configuration;

namespace Parley.AspNetCore;

/// <summary>What an embedder of Parley chooses; everything has a default.</summary>
public sealed class ParleyOptions
{
    /// <summary>The directory with the database. Null: everything is in memory, is lost with the process, and there are no keys.</summary>
    public string? Data { get; set; }

    /// <summary>The directory with the agents' files, reloaded when they change. Null: only <see cref="Agents"/>.</summary>
    public string? AgentFiles { get; set; }

    /// <summary>Agents made in code. An agent file with the name of one of them is not used.</summary>
    public IList<Agent> Agents { get; } = [];

    /// <summary>The settings.</summary>
    public ParleySettings Settings { get; set; } = new();
}
