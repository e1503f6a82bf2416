using Parley.IntegrationTests.Servers;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Processes;

/// <summary>Agent files of a running server: the bad are reported, the good are served, changes are seen.</summary>
public sealed class AgentFileTests
{
    [Fact]
    public async Task A_bad_file_is_reported_with_its_line_and_the_others_are_served()
    {
        await using var server = await ServerProcess.StartAsync(new ServerSetup
        {
            Agents = new Dictionary<string, string>
            {
                ["good"] = "name: good\nkind: echo\n",
                ["typo"] = "name: typo\nkind: echo\npaec: 5ms\n",
                ["unknown"] = "name: unknown\nkind: oracle\n",
                ["unset"] = $"name: unset\n{TestAgents.Remote("http://127.0.0.1:1/v1", "m")}key: ${{env:NO_SUCH_VARIABLE_HERE}}\n",
                ["broken"] = "name: [\n",
                ["twice"] = "name: twice\nkind: echo\nname: twice\n",
                ["ztwin"] = "name: good\nkind: echo\n",
            },
        });
        Assert.Equal(["good"], await ModelsAsync(server));
        foreach (var word in new[] { "typo.yaml, line 3", "paec", "unknown.yaml, line 2", "oracle", "NO_SUCH_VARIABLE_HERE", "broken.yaml", "twice.yaml, line 3", "ztwin.yaml" })
            Assert.Contains(word, server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_is_served_without_a_restart_and_a_bad_change_leaves_the_last_good_version()
    {
        await using var server = await ServerProcess.StartAsync(new ServerSetup { Agents = new Dictionary<string, string> { ["echo"] = "name: echo\nkind: echo\ntext: first\n" } });
        Assert.Equal("first", (await server.Client.ChatAsync("echo", "hi")).Streamed);

        server.WriteAgent("echo", "name: echo\nkind: echo\ntext: second\n");
        await Patience.UntilAsync(async () => (await server.Client.ChatAsync("echo", "hi")).Streamed == "second", () => $"The change was not seen.\n{server.Log}");

        server.WriteAgent("echo", "name: echo\nkind: echo\ntext: third\nnonsense: true\n");
        await Patience.UntilAsync(() => server.Log.Contains("nonsense", StringComparison.Ordinal), () => $"The bad change was not reported.\n{server.Log}");
        Assert.Equal("second", (await server.Client.ChatAsync("echo", "hi")).Streamed);

        server.WriteAgent("other", "name: other\nkind: echo\n");
        await Patience.UntilAsync(async () => (await ModelsAsync(server)).SequenceEqual(["echo", "other"]), () => $"The new file was not seen.\n{server.Log}");

        server.DeleteAgent("echo");
        await Patience.UntilAsync(async () => (await ModelsAsync(server)).SequenceEqual(["other"]), () => $"The removal was not seen.\n{server.Log}");
    }

    private static async Task<List<string>> ModelsAsync(ServerProcess server)
        => [.. (await server.Client.GetPlainAsync("/v1/models")).Json.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()!).Order(StringComparer.Ordinal)];
}
