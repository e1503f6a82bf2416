using System.Text.Json;
using System.Text.RegularExpressions;
using Parley.IntegrationTests.Servers;

namespace Parley.IntegrationTests.Sdk;

/// <summary>
/// A script of tests for one of the vendors' SDKs, run once by Node as a whole. Each of its tests is shown as a test of ours: their
/// names are read from the script, their results from what it reports.
/// </summary>
internal sealed partial class NodeScript(string file)
{
    private readonly Lock _lock = new();
    private Task<IReadOnlyDictionary<string, Result>>? _results;

    private sealed record Result(string Name, bool Passed, string? Error);

    /// <summary>The names of its tests.</summary>
    public static IEnumerable<string> TestsOf(string file)
        => TestName().Matches(File.ReadAllText(Path.Combine(Repository.Clients, file))).Select(match => match.Groups["name"].Value);

    /// <summary>Runs the script if it has not run yet, and fails if this test of it has failed.</summary>
    public async Task CheckAsync(string test, Func<Task<(string, string)[]>> environment)
    {
        var all = await RunOnceAsync(environment);
        Assert.True(all.TryGetValue(test, out var result), $"The script did not report this test. It reported: {string.Join("; ", all.Keys)}");
        Assert.True(result.Passed, result.Error ?? "It was skipped.");
    }

    /// <summary>Runs the script if it has not run yet.</summary>
    public async Task RunAsync(Func<Task<(string, string)[]>> environment) => await RunOnceAsync(environment);

    private async Task<IReadOnlyDictionary<string, Result>> RunOnceAsync(Func<Task<(string, string)[]>> environment)
    {
        var version = await VersionAsync();
        if (version is null) Assert.Skip("Node is not installed.");
        Assert.True(version >= 18, $"The SDKs need Node 18 or newer, not {version}.");
        lock (_lock) _results ??= Task.Run(async () => await RunAsync(await environment()));
        return await _results;
    }

    private static async Task<int?> VersionAsync()
    {
        try
        {
            var result = await ParleyCommand.RunProgramAsync("node", ["--version"], "");
            return int.Parse(result.Output.TrimStart('v').Split('.')[0], System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private async Task<IReadOnlyDictionary<string, Result>> RunAsync((string, string)[] environment)
    {
        var reporter = Path.Combine(Repository.Clients, "reporter.mjs");
        var run = await ParleyCommand.RunProgramAsync(
            "node", ["--test-reporter", new Uri(reporter).AbsoluteUri, "--test-reporter-destination", "stdout", Path.Combine(Repository.Clients, file)], "", environment);
        var results = run.Output.Split('\n').Where(line => line.StartsWith("{\"name\"", StringComparison.Ordinal))
            .Select(line => JsonSerializer.Deserialize<Result>(line, JsonSerializerOptions.Web)!).ToList();
        Assert.True(results.Count > 0, run.ToString());

        // One whose name was put together would be shown nowhere, and nobody would see it fail.
        Assert.Empty(results.Select(result => result.Name).Except(TestsOf(file)));
        return results.DistinctBy(result => result.Name).ToDictionary(result => result.Name);
    }

    [GeneratedRegex(@"^ *test\('(?<name>[^']+)'", RegexOptions.Multiline)]
    private static partial Regex TestName();
}
