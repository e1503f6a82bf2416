using Parley.IntegrationTests.Servers;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Sdk;

/// <summary>A script run against one server through a tap, and what the tap saw.</summary>
internal sealed class SdkRun(string file, Func<Task<ServerProcess>> server, params (string, string)[] more) : IDisposable
{
    private readonly NodeScript _script = new(file);
    private Tap? _tap;

    public Task CheckAsync(string test) => _script.CheckAsync(test, EnvironmentAsync);

    public async Task<List<Exchange>> ExchangesAsync()
    {
        await _script.RunAsync(EnvironmentAsync);
        return _tap!.Exchanges();
    }

    public void Dispose() => _tap?.Dispose();

    private async Task<(string, string)[]> EnvironmentAsync()
    {
        var process = await server();
        _tap = new Tap(process.EndPoint);
        return [.. Cluster.EnvironmentOf(process, _tap), .. more];
    }
}

/// <summary>The runs of all scripts, each once for all its tests.</summary>
public sealed class SdkRuns : IDisposable
{
    private readonly Dictionary<(string, bool, string, bool), SdkRun> _runs = [];

    internal SdkRun Get(Cluster cluster, string file, bool remote, string package = "openai", bool overCoze = false)
    {
        lock (_runs)
        {
            if (_runs.TryGetValue((file, remote, package, overCoze), out var run)) return run;
            run = new SdkRun(file, overCoze ? cluster.ChainAsync : remote ? cluster.FrontAsync : cluster.EchoAsync, ("PARLEY_REMOTE", remote ? "yes" : "no"), ("OPENAI_PACKAGE", package));
            return _runs[(file, remote, package, overCoze)] = run;
        }
    }

    public void Dispose()
    {
        foreach (var run in _runs.Values) run.Dispose();
    }
}

/// <summary>One script against one server.</summary>
public abstract class SdkTests(Cluster cluster, SdkRuns runs, string file, bool remote, string package = "openai", bool overCoze = false) : IClassFixture<SdkRuns>
{
    private SdkRun Run => runs.Get(cluster, file, remote, package, overCoze);

    /// <summary>The names of a script's tests, as data.</summary>
    protected static TheoryData<string> TestsOf(string file) => [.. NodeScript.TestsOf(file)];

    protected Task CheckAsync(string test) => Run.CheckAsync(test);

    /// <summary>Every exchange of the whole script.</summary>
    private protected Task<List<Exchange>> ExchangesAsync() => Run.ExchangesAsync();
}
