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
    private Dictionary<StoredAgentVersion, Lazy<Agent?>> _made = [];

    public Task StartAsync(CancellationToken cancellationToken) => LoadAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _change.Dispose();

    /// <summary>The versions of an agent, oldest first; none if no client made it.</summary>
    public IReadOnlyList<StoredAgentVersion> Find(string name) => [.. _all.Where(version => version.Agent == name)];

    /// <summary>Adds a version, and the agent if it is new.</summary>
    /// <exception cref="RunException">The agent is another owner's.</exception>
    public async Task<StoredAgentVersion> AddAsync(string owner, string name, AgentDraft draft, CancellationToken cancellationToken)
    {
        StoredAgentVersion? added = null;
        await ChangeAsync(async () => added = await store.AddAsync(owner, name, draft.Description, draft.Metadata, draft.Json, CancellationToken.None), cancellationToken);
        return added ?? throw OfAnother(name);
    }

    /// <summary>Removes an agent, or one version of it.</summary>
    /// <exception cref="RunException">The agent is another owner's.</exception>
    public async Task RemoveAsync(string owner, string name, long? version, CancellationToken cancellationToken)
    {
        if (Find(name).Any(known => known.Owner != owner)) throw OfAnother(name);
        await ChangeAsync(() => version is { } number ? store.RemoveAsync(name, number, CancellationToken.None) : store.RemoveAsync(name, CancellationToken.None), cancellationToken);
    }

    /// <summary>Serves what is kept.</summary>
    public Task LoadAsync(CancellationToken cancellationToken) => ChangeAsync(() => Task.CompletedTask, cancellationToken);

    // One at a time, and what is served is what is kept.
    private async Task ChangeAsync(Func<Task> change, CancellationToken cancellationToken)
    {
        await _change.WaitAsync(cancellationToken);
        try
        {
            await change();
            _all = await store.ListAsync(CancellationToken.None);
            Serve();
        }
        finally
        {
            _change.Release();
        }
    }

    private void Serve()
    {
        _made = _all.ToDictionary(version => version, version => _made.GetValueOrDefault(version) ?? new Lazy<Agent?>(() => AgentOf(version)));
        catalog.ReplaceStored(
            [.. _all.GroupBy(version => version.Agent, StringComparer.Ordinal).Select(versions => _made[versions.Last()].Value).OfType<Agent>()],
            _made.ToDictionary(made => (made.Key.Agent, made.Key.Version.ToString(CultureInfo.InvariantCulture)), made => made.Value));
    }

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
