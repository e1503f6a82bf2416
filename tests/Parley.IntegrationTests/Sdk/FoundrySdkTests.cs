using Parley.IntegrationTests.Servers;

namespace Parley.IntegrationTests.Sdk;

/// <summary>A server whose agents come and go, and the script that makes them, once for each version of the SDK.</summary>
public sealed class FoundryServer : IAsyncDisposable
{
    internal const string Script = "foundry.test.mjs";

    private readonly Lazy<Task<ServerProcess>> _server = new(() => ServerProcess.StartAsync(
        new ServerSetup { Agents = new Dictionary<string, string> { ["greeter"] = TestAgents.Greeter }, Owners = ["ada", "eve"] }));

    private readonly Dictionary<string, NodeScript> _scripts = new() { ["@azure/ai-projects"] = new(Script), ["azure-ai-projects-2.2"] = new(Script) };

    public Task CheckAsync(string package, string test) => _scripts[package].CheckAsync(test, async () =>
    {
        var server = await _server.Value;
        return [("PARLEY_URL", server.Url), ("PARLEY_KEY", server.Keys["ada"]), ("PARLEY_OTHER_KEY", server.Keys["eve"]), ("PROJECTS_PACKAGE", package)];
    });

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated) await (await _server.Value).DisposeAsync();
    }
}

/// <summary>Agents and workflows through Azure's SDK for Foundry projects, the newest and the first for the API as it is now.</summary>
public sealed class FoundrySdkTests(FoundryServer server) : IClassFixture<FoundryServer>
{
    public static TheoryData<string> Tests => [.. NodeScript.TestsOf(FoundryServer.Script)];

    [Theory, MemberData(nameof(Tests))]
    public Task The_newest(string test) => server.CheckAsync("@azure/ai-projects", test);

    [Theory, MemberData(nameof(Tests))]
    public Task An_older_one(string test) => server.CheckAsync("azure-ai-projects-2.2", test);
}
