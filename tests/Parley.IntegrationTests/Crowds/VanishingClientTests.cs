using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Parley.IntegrationTests.Peers;
using Parley.IntegrationTests.Servers;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Crowds;

/// <summary>Hundreds of clients that vanish within their streams: what their runs' policy says happens to every one of them, and soon.</summary>
public sealed class VanishingClientTests(ITestOutputHelper output)
{
    private const int Clients = 500;

    [Fact]
    public async Task Under_cancel_every_connection_to_the_peer_is_closed_within_a_second()
    {
        using var peer = new ScriptedPeer();
        peer.On("vanish", new Send([.. Chat.StreamHead, .. Chat.Piece("one ")]), new Stall());
        await using var server = await ServerProcess.StartAsync(Setup(peer));
        var crowd = await JoinAsync(server, i => i % 2 == 0 ? Coze("vanish", "parley-on-disconnect: cancel\r\n") : Completion("vanish"), "one ");

        using var probe = new Probe(server.Client);
        foreach (var client in crowd) client.Connection.Reset();
        var watch = Stopwatch.StartNew();
        await Patience.UntilAsync(() => peer.LeftDuring("vanish") == Clients, () => $"Of {Clients} connections to the peer {peer.LeftDuring("vanish")} were closed.");
        var took = watch.Elapsed;
        var slowest = await probe.EndAsync();
        output.WriteLine($"{Clients} connections to the peer were closed {took.TotalMilliseconds:F0} ms after the last client went; the slowest health check beside it took {slowest.TotalMilliseconds:F0} ms.");

        // A machine that answers nothing in time closes nothing in time.
        Assert.True(took < TimeSpan.FromSeconds(1) + slowest, $"It took {took}; the slowest health check {slowest}.");
        await IsIdleAsync(server);
    }

    [Fact]
    public async Task Under_continue_every_answer_is_stored_whole()
    {
        using var peer = new ScriptedPeer();
        var gone = new TaskCompletionSource();
        peer.On("stay", new Send([.. Chat.StreamHead, .. Chat.Piece("kept ")]), new Await(gone.Task), new Send([.. Chat.Piece("whole"), .. Chat.Finish]));
        await using var server = await ServerProcess.StartAsync(Setup(peer));
        var crowd = await JoinAsync(server, i => Coze("stay"), "kept ");
        foreach (var client in crowd) client.Connection.Reset();
        gone.SetResult();

        foreach (var client in crowd)
        {
            var created = JsonSerializer.Deserialize<JsonElement>(client.Seen.Split("data:")[1].Split('\n')[0]);
            var query = $"?conversation_id={created.GetProperty("conversation_id")}&chat_id={created.GetProperty("id")}";
            await Patience.UntilAsync(
                async () => (await server.Client.GetPlainAsync("/v3/chat/retrieve" + query)).Json.GetProperty("data").GetProperty("status").GetString() == "completed",
                () => "A chat did not go on without its client.");
            var messages = await server.Client.GetPlainAsync("/v3/chat/message/list" + query);
            Assert.Equal("kept whole", messages.Json.GetProperty("data")[0].GetProperty("content").GetString());
        }

        await IsIdleAsync(server);
    }

    private static ServerSetup Setup(ScriptedPeer peer) => new()
    {
        Agents = new Dictionary<string, string>
        {
            ["echo"] = "name: echo\nkind: echo\n",
            ["peer"] = $"name: peer\n{TestAgents.Remote(peer.Url, "m")}",
        },
        Settings = ["limits.shutdown=20s"],
    };

    // All of them, each as far as its stream's first piece.
    private static async Task<Client[]> JoinAsync(ServerProcess server, Func<int, (string Path, string Headers, string Body)> request, string piece)
        => await Task.WhenAll(Enumerable.Range(0, Clients).Select(async i =>
        {
            var connection = await RawConnection.OpenAsync(server.EndPoint);
            var (path, headers, body) = request(i);
            await connection.SendAsync($"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
            return new Client(connection, await connection.ReadUntilAsync(piece));
        }));

    private static (string, string, string) Coze(string script, string headers = "") => ("/v3/chat", headers, JsonSerializer.Serialize(CozeCalls.Body("peer", script)));

    // Chat Completions cancels by itself.
    private static (string, string, string) Completion(string script)
        => ("/v1/chat/completions", "", JsonSerializer.Serialize(new { model = "peer", stream = true, messages = new[] { new { role = "user", content = script } } }));

    // New clients are served as before, and nothing is under way: a server with active runs says so when it is asked to stop, and waits.
    private static async Task IsIdleAsync(ServerProcess server)
    {
        Assert.Equal("hello", (await server.Client.ChatAsync("echo", "hello")).Streamed);
        Assert.Equal(0, await server.StopAsync());
        Assert.DoesNotContain("Waiting", server.Log, StringComparison.Ordinal);
    }

    private sealed record Client(RawConnection Connection, string Seen);

    /// <summary>How long the slowest health check took while something else was going on.</summary>
    private sealed class Probe : IDisposable
    {
        private readonly CancellationTokenSource _end = new();
        private readonly Task<TimeSpan> _slowest;

        public Probe(HttpClient client) => _slowest = RunAsync(client);

        public async Task<TimeSpan> EndAsync()
        {
            await _end.CancelAsync();
            return await _slowest;
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
}
