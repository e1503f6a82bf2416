using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Parley.AspNetCore.Configuration.Agents;

/// <summary>Reloads the agents when their files change: at once where the system says so, else at the next look.</summary>
internal sealed class AgentWatcher(AgentDirectory agents, TimeProvider time, ILogger<AgentWatcher> logger) : BackgroundService
{
    // Editors write a file in several steps: wait until they are through.
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(100);

    // Network drives, containers and exhausted watches say nothing.
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(3);

    private readonly Channel<bool> _hints = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // The first request finds the agents.
        await agents.RefreshAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var watcher = Watch();
        while (!stoppingToken.IsCancellationRequested)
        {
            await WaitAsync(stoppingToken);
            await Task.Delay(Settle, time, stoppingToken);
            while (_hints.Reader.TryRead(out _)) { }
            await RefreshAsync(stoppingToken);
        }
    }

    // A file that goes while it is looked at must not take the server with it; the next look comes soon.
    private async Task RefreshAsync(CancellationToken stoppingToken)
    {
        try
        {
            await agents.RefreshAsync(stoppingToken);
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            logger.LogWarning("The agents in {Directory} cannot be read: {Reason}", agents.Path, e.Message);
        }
    }

    private async Task WaitAsync(CancellationToken stoppingToken)
    {
        using var look = new CancellationTokenSource(Look, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(look.Token, stoppingToken);
        try
        {
            await _hints.Reader.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            // Nobody said anything: look all the same.
        }
    }

    private FileSystemWatcher? Watch()
    {
        try
        {
            var watcher = new FileSystemWatcher(agents.Path) { NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite | NotifyFilters.Size };
            watcher.Changed += Hint;
            watcher.Created += Hint;
            watcher.Deleted += Hint;
            watcher.Renamed += Hint;
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            logger.LogWarning("Changes of {Directory} are seen only every {Seconds} s: {Reason}", agents.Path, Look.TotalSeconds, e.Message);
            return null;
        }
    }

    private void Hint(object sender, FileSystemEventArgs change) => _hints.Writer.TryWrite(true);
}
