using System.Diagnostics;

namespace Parley.IntegrationTests.Servers;

/// <summary>Waits for what must become true: looks again and again until a deadline that no healthy machine reaches.</summary>
internal static class Patience
{
    /// <summary>So long that only a hang reaches it.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Waits until the condition holds; fails with <paramref name="what"/> if it never does.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition, Func<string> what)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > Limit) throw new TimeoutException(what());
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Waits until the condition holds; fails with <paramref name="what"/> if it never does.</summary>
    public static Task UntilAsync(Func<bool> condition, Func<string> what) => UntilAsync(() => Task.FromResult(condition()), what);
}
