using Microsoft.Extensions.Hosting;
using Parley.Runs;

namespace Parley.AspNetCore.Hosting;

/// <summary>Ends the runs that a dead process left under way, before the first request is served.</summary>
internal sealed class Recovery(Runner runner) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => runner.RecoverAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
