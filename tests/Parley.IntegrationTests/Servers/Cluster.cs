using Parley.IntegrationTests.Peers;
using Parley.IntegrationTests.Wire;

[assembly: AssemblyFixture(typeof(Parley.IntegrationTests.Servers.Cluster))]

namespace Parley.IntegrationTests.Servers;

/// <summary>The servers that many tests share, each started when the first test needs it.</summary>
public sealed class Cluster : IAsyncDisposable
{
    private const string Owner = "ada";
    private const string Stranger = "eve";

    private readonly Lazy<Task<ScriptedPeer>> _peer;
    private readonly Lazy<Task<ServerProcess>> _echo;
    private readonly Lazy<Task<ServerProcess>> _front;
    private readonly Lazy<Task<ServerProcess>> _middle;
    private readonly Lazy<Task<ServerProcess>> _chain;
    private readonly Lazy<Task<ServerProcess>> _open = new(() => ServerProcess.StartAsync(
        new ServerSetup { Agents = new Dictionary<string, string> { ["echo"] = "name: echo\nkind: echo\ndescription: <b>Repeats</b> what you say.\n" } }));

    public Cluster()
    {
        _peer = new(() => Task.FromResult(NewPeer()));
        _echo = new(async () => await ServerProcess.StartAsync(new ServerSetup { Agents = TestAgents.Echoes((await _peer!.Value).Url), Owners = [Owner, Stranger] }));
        _front = new(() => BeforeAsync(_echo, url => TestAgents.Remotes(url + "/v1")));
        _middle = new(() => BeforeAsync(_echo, TestAgents.CozeRemotes));
        _chain = new(() => BeforeAsync(_middle, TestAgents.CozeRemotes));
    }

    /// <summary>A server whose agents are echoes; it has keys.</summary>
    internal Task<ServerProcess> EchoAsync() => _echo.Value;

    /// <summary>A server whose every agent is a remote one at the server with the echoes; it has keys.</summary>
    internal Task<ServerProcess> FrontAsync() => _front.Value;

    /// <summary>A server whose every agent is behind two others, asked in Coze's protocol; it has keys.</summary>
    internal Task<ServerProcess> ChainAsync() => _chain.Value;

    /// <summary>A server without keys, with an agent <c>echo</c>.</summary>
    internal Task<ServerProcess> OpenAsync() => _open.Value;

    /// <summary>The environment that a client's script finds its server with.</summary>
    internal static (string, string)[] EnvironmentOf(ServerProcess server, Tap tap) =>
        [("PARLEY_URL", tap.Url), ("PARLEY_KEY", server.Keys[Owner]), ("PARLEY_OTHER_KEY", server.Keys[Stranger])];

    public async ValueTask DisposeAsync()
    {
        if (_open.IsValueCreated) await (await _open.Value).DisposeAsync();
        if (_chain.IsValueCreated) await (await _chain.Value).DisposeAsync();
        if (_middle.IsValueCreated) await (await _middle.Value).DisposeAsync();
        if (_front.IsValueCreated) await (await _front.Value).DisposeAsync();
        if (_echo.IsValueCreated) await (await _echo.Value).DisposeAsync();
        if (_peer.IsValueCreated) (await _peer.Value).Dispose();
    }

    private static async Task<ServerProcess> BeforeAsync(Lazy<Task<ServerProcess>> behind, Func<string, Dictionary<string, string>> agents)
    {
        var back = await behind.Value;
        return await ServerProcess.StartAsync(new ServerSetup { Agents = agents(back.Url), Owners = [Owner, Stranger], Environment = [("BACK_KEY", back.Keys[Owner])] });
    }

    private static ScriptedPeer NewPeer()
    {
        var peer = new ScriptedPeer();

        // Two calls at once, their arguments interleaved: what no echo does.
        peer.On("parallel-calls", (request, _) => request.HasToolOutputs
            ? [Chat.Stream("Sunny ", "at noon.")]
            :
            [
                new Send(
                [
                    .. Chat.StreamHead, .. Chat.CallPiece(0, "call_w", "get_weather", ""), .. Chat.CallPiece(1, "call_t", "get_time", ""),
                    .. Chat.CallPiece(0, null, null, "{\"city\":"), .. Chat.CallPiece(1, null, null, "{\"zone\":"),
                    .. Chat.CallPiece(1, null, null, "\"CET\"}"), .. Chat.CallPiece(0, null, null, "\"Rome\"}"), .. Chat.FinishWithCalls(),
                ]),
            ]);
        return peer;
    }
}
