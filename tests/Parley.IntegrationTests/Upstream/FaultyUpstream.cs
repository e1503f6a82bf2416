using Parley.IntegrationTests.Peers;
using Parley.IntegrationTests.Servers;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Upstream;

/// <summary>A server whose agent <c>faulty</c> is at a scripted peer, with short patience; and one that echoes beside it.</summary>
public sealed class FaultyUpstream : IAsyncLifetime
{
    private ServerProcess? _server;

    /// <summary>The peer.</summary>
    internal ScriptedPeer Peer { get; } = new();

    /// <summary>The server.</summary>
    internal ServerProcess Server => _server!;

    public async ValueTask InitializeAsync() => _server = await ServerProcess.StartAsync(new ServerSetup
    {
        Agents = new Dictionary<string, string>
        {
            ["echo"] = "name: echo\nkind: echo\n",
            ["faulty"] = $"name: faulty\n{TestAgents.Remote(Peer.Url, "m")}timeouts: {{ connect: 5s, first_event: 60s, idle: 60s }}\n",
            ["hasty"] = $"name: hasty\n{TestAgents.Remote(Peer.Url, "m")}timeouts: {{ connect: 5s, first_event: 300ms, idle: 300ms }}\n",
            ["nowhere"] = $"name: nowhere\n{TestAgents.Remote("http://127.0.0.1:1/v1", "m")}",
            ["greeter"] = $"name: greeter\n{TestAgents.Remote(Peer.Url, "qwen3:8b")}key: ${{env:MODEL_KEY}}\ninstructions: \"You help {{{{name}}}} in {{{{place}}}}.\"\n",
        },
        Environment = [("MODEL_KEY", "sk-upstream")],
    });

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
}
