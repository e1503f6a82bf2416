using System.Diagnostics;

namespace Parley.IntegrationTests.Servers;

/// <summary>How long the slowest health check took while something else was going on: a machine that answers nothing in time does nothing in time.</summary>
internal sealed class Probe : IDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly Task<TimeSpan> _slowest;

    public Probe(HttpClient client) => _slowest = RunAsync(client);

    /// <summary>Fails if it took a second, and what the slowest health check took, or more. Gives both times.</summary>
    public async Task<(TimeSpan Took, TimeSpan Slowest)> AssertWithinASecondAsync()
    {
        var took = _watch.Elapsed;
        await _end.CancelAsync();
        var slowest = await _slowest;
        Assert.True(took < TimeSpan.FromSeconds(1) + slowest, $"It took {took}; the slowest health check {slowest}.");
        return (took, slowest);
    }

    public void Dispose() => _end.Dispose();

    private async Task<TimeSpan> RunAsync(HttpClient client)
    {
        var slowest = TimeSpan.Zero;
        do
        {
            var watch = Stopwatch.StartNew();
            using var answer = await client.GetAsync("/health/live");
            if (watch.Elapsed > slowest) slowest = watch.Elapsed;
        }
        while (!_end.IsCancellationRequested);
        return slowest;
    }
}
