using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Parley.AspNetCore.Configuration;
using Parley.Conversations;
using Parley.Storage;

namespace Parley.AspNetCore.Hosting;

/// <summary>Removes what is older than the settings allow, in small steps, so that requests are served in between.</summary>
internal sealed class Sweep(IConversationStore store, ParleySettings settings, TimeProvider time, ILogger<Sweep> logger, FileStore? files = null) : BackgroundService
{
    private static readonly TimeSpan BetweenSteps = TimeSpan.FromMilliseconds(200);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(settings.Retention.Sweep, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await TrySweepAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server ends, perhaps without having been stopped first.
        }
    }

    // Whatever happens here must not take the server with it.
    private async Task TrySweepAsync(CancellationToken stoppingToken)
    {
        try
        {
            await SweepAsync(stoppingToken);
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            logger.LogWarning(e, "The sweep failed and is tried again at its next turn.");
        }
    }

    private async Task SweepAsync(CancellationToken stoppingToken)
    {
        var now = time.GetUtcNow();
        var limits = new SweepLimits(now - settings.Retention.Events, now - settings.Retention.Messages);
        var removed = await RepeatAsync(() => store.SweepAsync(limits, stoppingToken), stoppingToken);
        if (files is not null) removed += await RepeatAsync(() => new(files.SweepAsync(now - settings.Retention.Files, stoppingToken)), stoppingToken);
        if (removed > 0) logger.LogInformation("{Rows} rows that were too old were removed.", removed);
    }

    private async Task<long> RepeatAsync(Func<ValueTask<int>> step, CancellationToken stoppingToken)
    {
        var removed = 0L;
        while (await step() is var rows and > 0)
        {
            removed += rows;
            await Task.Delay(BetweenSteps, time, stoppingToken);
        }

        return removed;
    }
}
