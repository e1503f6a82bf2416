using Parley.Agents;
using Parley.AspNetCore.Configuration;

namespace Parley.AspNetCore;

/// <summary>
/// What an embedder of Parley chooses; everything has a default. Agents made in code keep their names: an agent file with the name of one of them is reported and not used,
/// and one that a client has made is not found.
/// </summary>
public sealed class ParleyOptions : ServedAgents
{
    /// <summary>The directory with the database. Null: everything is in memory, is lost with the process, and there are no keys.</summary>
    public string? Data { get; set; }

    /// <summary>The directory with the agents' files, reloaded when they change. Null: only <see cref="ServedAgents.Agents"/>.</summary>
    public string? AgentFiles { get; set; }

    /// <summary>The settings.</summary>
    public ParleySettings Settings { get; set; } = new();
}
