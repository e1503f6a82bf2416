using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Parley.AspNetCore.Configuration;
using Parley.Runs;

namespace Parley.AspNetCore.Hosting;

/// <summary>
/// When the server is asked to stop, runs may go on for a while; then they are cancelled, so that their clients are told instead
/// of cut off. The web server, which stops accepting at once, waits meanwhile.
/// </summary>
internal sealed class Drain(Runner runner, LimitOptions limits, TimeProvider time, ILogger<Drain> logger) : IHostedLifecycleService
{
    /// <summary>What is left for cancelled runs to be saved and told.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _stopped = new();

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        // Not awaited: the web server must stop accepting now.
        if (runner.ActiveCount > 0) _ = CancelLaterAsync();
        return Task.CompletedTask;
    }

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await _stopped.CancelAsync();

        // Runs whose clients had gone are still at it; what they need to end is about to be disposed.
        await runner.CancelAllAsync();
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task CancelLaterAsync()
    {
        try
        {
            logger.LogInformation("Waiting up to {Seconds} s for {Count} runs.", limits.Shutdown.TotalSeconds, runner.ActiveCount);
            await Task.Delay(limits.Shutdown, time, _stopped.Token);
            await runner.CancelAllAsync();
        }
        catch (OperationCanceledException)
        {
            // All had ended in time.
        }
    }
}
