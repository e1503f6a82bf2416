using Parley.IntegrationTests.Peers;
using Parley.IntegrationTests.Servers;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Upstream;

/// <summary>
/// A server whose agent <c>faulty</c> is at a scripted peer; <c>faulty-PROTOCOL</c> is at a peer of each protocol and asks it once, as do <c>hasty-PROTOCOL</c>,
/// which does not wait long for the first event, and <c>fickle-PROTOCOL</c>, which waits for that but not for the next ones; and one echoes beside them.
/// </summary>
public sealed class FaultyUpstream : IAsyncLifetime
{
    private ServerProcess? _server;

    /// <summary>The peer.</summary>
    internal ScriptedPeer Peer { get; } = new();

    /// <summary>The server.</summary>
    internal ServerProcess Server => _server!;

    public async ValueTask InitializeAsync() => _server = await ServerProcess.StartAsync(new ServerSetup
    {
        Agents = new Dictionary<string, string>(PeerDialect.All.SelectMany(AgentsAt))
        {
            ["echo"] = "name: echo\nkind: echo\n",
            ["faulty"] = $"name: faulty\n{TestAgents.Remote(Peer.Url, "m")}timeouts: {{ connect: 5s, first_event: 60s, idle: 60s }}\n",
            ["nowhere"] = $"name: nowhere\n{TestAgents.Remote("http://127.0.0.1:1/v1", "m")}",
            ["greeter"] = $"name: greeter\n{TestAgents.Remote(Peer.Url, "qwen3:8b")}key: ${{env:MODEL_KEY}}\ninstructions: \"You help {{{{name}}}} in {{{{place}}}}.\"\n",
        },
        Environment = [("MODEL_KEY", "sk-upstream")],
    });

    /// <summary>What a client of any protocol is told by the whole answer of an agent, while another client is served.</summary>
    internal async Task<Told> AskAsync(ClientDialect client, string agent, string script)
    {
        var other = Server.Client.ChatAsync("echo", "undisturbed");
        using var connection = await RawConnection.OpenAsync(Server.EndPoint);
        await connection.SendAsync(client.RequestOf(agent, script, headers: "Connection: close\r\n"));
        var told = client.ReadWire(await connection.ReadToEndAsync());
        Assert.Equal("undisturbed", (await other).Streamed);
        return told;
    }

    /// <summary>Chats while another client is served, and demands one legal end of each.</summary>
    internal async Task<CozeStream> ChatAsync(string bot, string script)
    {
        var other = Server.Client.ChatAsync("echo", "undisturbed");
        var body = CozeCalls.Body(bot, script);
        using var response = await Server.Client.PostAsync("/v3/chat", System.Net.Http.Json.JsonContent.Create(body), TestContext.Current.CancellationToken);
        var bytes = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.Equal("undisturbed", (await other).Streamed);
        if (response.Content.Headers.ContentType?.MediaType == "text/event-stream") return new CozeStream(bytes, CozeStreamCheck.Read(bytes, CozeFraming.Chat));

        // Refused before anything was said: what the SDKs turn into one event.
        return new CozeStream(bytes, [new CozeEvent("error", System.Text.Encoding.UTF8.GetString(bytes))]);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        Peer.Dispose();
    }

    private IEnumerable<KeyValuePair<string, string>> AgentsAt(PeerDialect peer)
    {
        return [AgentAt("faulty", "60s", "60s"), AgentAt("hasty", "300ms", "60s"), AgentAt("fickle", "60s", "300ms")];

        KeyValuePair<string, string> AgentAt(string habit, string firstEvent, string idle)
            => new($"{habit}-{peer}", peer.AgentFile($"{habit}-{peer}", Peer.Url, $"retries: 0\ntimeouts: {{ connect: 5s, first_event: {firstEvent}, idle: {idle} }}\n"));
    }
}
