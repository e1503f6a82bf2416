using System.Text.Json;
using Parley.IntegrationTests.Peers;
using Parley.IntegrationTests.Servers;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Crowds;

/// <summary>Hundreds of clients that vanish within their streams: what their runs' policy says happens to every one of them, and soon.</summary>
[Collection<Timed>]
public sealed class VanishingClientTests(ITestOutputHelper output)
{
    private const int Clients = 500;

    [Fact]
    public async Task Under_cancel_every_connection_to_the_peer_is_closed_within_a_second()
    {
        using var peer = new ScriptedPeer();
        peer.On("vanish", new Send([.. Chat.StreamHead, .. Chat.Piece("one ")]), new Stall());
        await using var server = await ServerProcess.StartAsync(Setup(peer));

        // Those of OpenAI's protocols cancel by themselves.
        var crowd = await JoinAsync(server, "vanish", client => client == ClientDialect.Coze || client == ClientDialect.Chatflow ? "cancel" : null, "one ");

        using var probe = new Probe(server.Client);
        foreach (var client in crowd) client.Connection.Reset();
        await Patience.UntilAsync(() => peer.LeftDuring("vanish") == Clients, () => $"Of {Clients} connections to the peer {peer.LeftDuring("vanish")} were closed.");
        var (took, slowest) = await probe.AssertWithinASecondAsync();
        output.WriteLine($"{Clients} connections to the peer were closed {took.TotalMilliseconds:F0} ms after the last client went; the slowest health check beside it took {slowest.TotalMilliseconds:F0} ms.");
        await IsIdleAsync(server);
    }

    [Fact]
    public async Task Under_continue_every_answer_is_stored_whole()
    {
        using var peer = new ScriptedPeer();
        var gone = new TaskCompletionSource();
        peer.On("stay", new Send([.. Chat.StreamHead, .. Chat.Piece("kept ")]), new Await(gone.Task), new Send([.. Chat.Piece("whole"), .. Chat.Finish]));
        await using var server = await ServerProcess.StartAsync(Setup(peer));

        // Those of Coze go on by themselves.
        var crowd = await JoinAsync(server, "stay", client => client == ClientDialect.Coze || client == ClientDialect.Chatflow ? null : "continue", "kept ");
        foreach (var client in crowd) client.Connection.Reset();
        gone.SetResult();

        foreach (var client in crowd)
        {
            var stream = await server.Client.GetByteArrayAsync($"/parley/runs/{client.Run}/stream", TestContext.Current.CancellationToken);
            var told = client.Dialect.Read(stream, true);
            Assert.Equal((Told.Completed, "kept whole"), (told.End, told.Text));
            var run = (await server.Client.GetPlainAsync($"/parley/runs/{client.Run}")).Json;
            Assert.Equal("completed", run.GetProperty("status").GetString());
            if (run.GetProperty("conversation").ValueKind == JsonValueKind.Null) continue;
            var messages = await server.Client.PostAsync($"/v1/conversation/message/list?conversation_id={Digits.Of(run.GetProperty("conversation").GetString()!)}", new { order = "asc" });
            Assert.Equal(["stay", "kept whole"], messages.Json.GetProperty("data").EnumerateArray().Select(message => message.GetProperty("content").GetString()));
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

    // Clients of every protocol in turn, each as far as its stream's first piece.
    private static async Task<Client[]> JoinAsync(ServerProcess server, string script, Func<ClientDialect, string?> policy, string piece)
        => await Task.WhenAll(Enumerable.Range(0, Clients).Select(async i =>
        {
            var dialect = ClientDialect.All[i % ClientDialect.All.Count];
            var connection = await RawConnection.OpenAsync(server.EndPoint);
            await connection.SendAsync(dialect.RequestOf("peer", script, headers: policy(dialect) is { } said ? $"parley-on-disconnect: {said}\r\n" : ""));
            var seen = await connection.ReadUntilAsync(piece);
            return new Client(dialect, connection, dialect.ReadWire(seen).Run!);
        }));

    // New clients are served as before, and nothing is under way: a server with active runs says so when it is asked to stop, and waits.
    private static async Task IsIdleAsync(ServerProcess server)
    {
        Assert.Equal("hello", (await server.Client.ChatAsync("echo", "hello")).Streamed);
        Assert.Equal(0, await server.StopAsync());
        Assert.DoesNotContain("Waiting", server.Log, StringComparison.Ordinal);
    }

    private sealed record Client(ClientDialect Dialect, RawConnection Connection, string Run);
}
