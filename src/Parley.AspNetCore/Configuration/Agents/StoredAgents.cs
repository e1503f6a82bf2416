using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Parley.Agents;
using Parley.Protocols.Responses;
using Parley.Runs;
using Parley.Storage;
using Parley.Workflows;
using Parley.Workflows.Reading;

namespace Parley.AspNetCore.Configuration.Agents;

/// <summary>The agents that clients have made: kept in the store, and served like those in files. All callers see them; whoever made one may change it.</summary>
internal sealed class StoredAgents(AgentStore store, AgentCatalog catalog, WorkflowServices workflows, ILogger<StoredAgents> logger) : IHostedService, IDisposable
{
    // What the environment holds is the operator's: workflows that clients make do not see it.
    private readonly WorkflowServices _workflows = workflows with { Environment = default };
    private readonly SemaphoreSlim _change = new(1);
    private volatile IReadOnlyList<StoredAgentVersion> _all = [];
    private Dictionary<(string Agent, string Version), Lazy<Agent?>> _made = [];

    /// <summary>Serves what is kept.</summary>
    public async Task StartAsync(CancellationToken cancellationToken) => Serve(await store.ListAsync(cancellationToken));

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _change.Dispose();

    /// <summary>The versions of an agent, oldest first; none if no client made it.</summary>
    public IReadOnlyList<StoredAgentVersion> Find(string name) => [.. _all.Where(version => version.Agent == name)];

    /// <summary>Adds a version, and the agent if it is new.</summary>
    /// <exception cref="RunException">The agent is another owner's.</exception>
    public async Task<StoredAgentVersion> AddAsync(string owner, string name, AgentDraft draft, CancellationToken cancellationToken)
    {
        await _change.WaitAsync(cancellationToken);
        try
        {
            var added = await store.AddAsync(owner, name, draft.Description, draft.Metadata, draft.Json, CancellationToken.None) ?? throw OfAnother(name);
            Serve([.. _all, added]);
            return added;
        }
        finally
        {
            _change.Release();
        }
    }

    /// <summary>Removes an agent, or one version of it.</summary>
    /// <exception cref="RunException">The agent is another owner's.</exception>
    public async Task RemoveAsync(string owner, string name, long? version, CancellationToken cancellationToken)
    {
        if (Find(name).Any(known => known.Owner != owner)) throw OfAnother(name);
        await _change.WaitAsync(cancellationToken);
        try
        {
            await (version is { } number ? store.RemoveAsync(name, number, CancellationToken.None) : store.RemoveAsync(name, CancellationToken.None));
            Serve([.. _all.Where(known => known.Agent != name || (version is not null && known.Version != version))]);
        }
        finally
        {
            _change.Release();
        }
    }

    // The versions of an agent are in order; the last one answers under its name alone.
    private void Serve(IReadOnlyList<StoredAgentVersion> all)
    {
        var made = all.ToDictionary(KeyOf, version => _made.GetValueOrDefault(KeyOf(version)) ?? new Lazy<Agent?>(() => AgentOf(version)));
        catalog.ReplaceStored([.. all.GroupBy(version => version.Agent, StringComparer.Ordinal).OrderBy(versions => versions.Key, StringComparer.Ordinal).Select(versions => made[KeyOf(versions.Last())].Value).OfType<Agent>()], made);
        (_all, _made) = (all, made);
    }

    private static (string Agent, string Version) KeyOf(StoredAgentVersion version) => (version.Agent, version.Version.ToString(CultureInfo.InvariantCulture));

    private Agent? AgentOf(StoredAgentVersion version)
    {
        try
        {
            var agent = AgentReader.ReadDefinition(version.Definition) switch
            {
                WorkflowAgentDefinition workflow => WorkflowFile.AgentOf(version.Agent, WorkflowReader.Read(workflow.Text).Definition ?? throw new InvalidDataException("the workflow has errors"), _workflows),
                PromptAgentDefinition prompt => new Agent(version.Agent, new PromptAgent(prompt, catalog)) { Kind = PromptAgent.Kind, Model = prompt.Model, Instructions = prompt.Instructions, Tools = prompt.Request.Tools },
                _ => throw new InvalidDataException("the kind is unknown"),
            };
            return agent with
            {
                Version = version.Version.ToString(CultureInfo.InvariantCulture),
                Description = version.Description.Length > 0 ? version.Description : agent.Description,
                Aliases = default,
                IsDefault = false,
                UpdatedAt = version.CreatedAt,
            };
        }
        catch (Exception e) when (e is RunException or InvalidDataException)
        {
            logger.LogWarning("Agent {Agent}, version {Version}, cannot be used: {Reason}", version.Agent, version.Version, e.Message);
            return null;
        }
    }

    private static RunException OfAnother(string name) => new(RunError.Rejected($"The agent '{name}' was made by somebody else.", "name", "agent_of_another"));
}
