using Microsoft.Extensions.Hosting;
using Parley.Agents;
using Parley.Runs;

namespace Parley.AspNetCore.Hosting;

/// <summary>Ends the runs that a dead process left under way, or lets them go on, before the first request is served.</summary>
internal sealed class Recovery(Runner runner, AgentCatalog agents) : IHostedService
{
    // The files of agents have been read: their watcher starts before.
    public Task StartAsync(CancellationToken cancellationToken) => runner.RecoverAsync(agents.Find, cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
