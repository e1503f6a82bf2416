using System.Net.WebSockets;
using System.Text.Json;
using Parley.IntegrationTests.Peers;
using Parley.IntegrationTests.Servers;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Upstream;

/// <summary>
/// However a client of any protocol ends its run, the connection to a peer of any protocol is closed within a second; to end it again says the same,
/// and one that has ended otherwise cannot be ended.
/// </summary>
[Collection<Timed>]
public sealed class CancelTests(FaultyUpstream upstream) : IClassFixture<FaultyUpstream>
{
    public static TheoryData<string> Peers => [.. PeerDialect.All.Select(peer => peer.Name)];

    private HttpClient Client => upstream.Server.Client;

    [Theory, MemberData(nameof(Peers))]
    public async Task A_Coze_chat_is_cancelled_once_or_twice(string peer)
    {
        using var streaming = await StreamAsync(ClientDialect.Coze, peer, "chat-cancel");
        var run = (await Client.GetPlainAsync($"/parley/runs/{streaming.Run}")).Json;
        var chat = new { conversation_id = run.GetProperty("conversation").GetString(), chat_id = streaming.Run };
        await LeavesPeerAsync(streaming.Script, peer, async () => AssertCanceled(await Client.PostAsync("/v3/chat/cancel", chat)));
        AssertCanceled(await Client.PostAsync("/v3/chat/cancel", chat));
        await AssertCancelledAsync(streaming);

        static void AssertCanceled(PlainAnswer answer) => Assert.Equal((200, 0, "canceled"), (answer.Status, answer.Code, answer.Json.GetProperty("data").GetProperty("status").GetString()));
    }

    [Theory, MemberData(nameof(Peers))]
    public async Task A_response_is_cancelled_once_or_twice(string peer)
    {
        using var streaming = await StreamAsync(ClientDialect.Responses, peer, "response-cancel");
        await LeavesPeerAsync(streaming.Script, peer, async () => AssertCancelled(await Client.CallAsync(HttpMethod.Post, $"/v1/responses/{streaming.Run}/cancel")));
        AssertCancelled(await Client.CallAsync(HttpMethod.Post, $"/v1/responses/{streaming.Run}/cancel"));
        await AssertCancelledAsync(streaming);

        static void AssertCancelled(PlainAnswer answer) => Assert.Equal((200, "cancelled"), (answer.Status, answer.Json.GetProperty("status").GetString()));
    }

    [Theory, MemberData(nameof(Peers))]
    public async Task A_run_of_any_protocol_is_cancelled_by_its_id_once_or_twice(string peer)
    {
        foreach (var client in ClientDialect.All)
        {
            using var streaming = await StreamAsync(client, peer, "run-cancel");
            await LeavesPeerAsync(streaming.Script, peer, async () => AssertCancelled(await Client.CallAsync(HttpMethod.Post, $"/parley/runs/{streaming.Run}/cancel")));
            AssertCancelled(await Client.CallAsync(HttpMethod.Post, $"/parley/runs/{streaming.Run}/cancel"));
            await AssertCancelledAsync(streaming);
        }

        static void AssertCancelled(PlainAnswer answer) => Assert.Equal((200, "cancelled"), (answer.Status, answer.Json.GetProperty("status").GetString()));
    }

    [Theory, MemberData(nameof(Peers))]
    public async Task A_client_that_disconnects_ends_its_run(string peer)
    {
        foreach (var client in new[] { ClientDialect.Completions, ClientDialect.Responses })
        {
            using var streaming = await StreamAsync(client, peer, "leaves");
            await LeavesPeerAsync(streaming.Script, peer, () =>
            {
                streaming.Connection.Reset();
                return Task.CompletedTask;
            });
            await BecomesCancelledAsync(streaming.Run);
        }
    }

    [Theory, MemberData(nameof(Peers))]
    public async Task A_WebSocket_that_closes_or_breaks_ends_its_response(string peer)
    {
        foreach (var isPolite in new[] { true, false })
        {
            var script = $"socket-{(isPolite ? "closes" : "breaks")}-{peer}";
            Prepare(script, peer);
            using var socket = new ClientWebSocket();
            await socket.ConnectAsync(new UriBuilder(upstream.Server.Url) { Scheme = "ws", Path = "/v1/responses" }.Uri, TestContext.Current.CancellationToken);
            var create = JsonSerializer.SerializeToUtf8Bytes(new { type = "response.create", model = $"faulty-{peer}", input = script });
            await socket.SendAsync(create, WebSocketMessageType.Text, endOfMessage: true, TestContext.Current.CancellationToken);
            var created = await ReceiveAsync(socket);
            while ((await ReceiveAsync(socket)).GetProperty("type").GetString() != "response.output_text.delta") { }

            await LeavesPeerAsync(script, peer, async () =>
            {
                if (isPolite) await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);
                else socket.Abort();
            });
            await BecomesCancelledAsync(created.GetProperty("response").GetProperty("id").GetString()!);
        }
    }

    [Fact]
    public async Task What_has_ended_otherwise_cannot_be_cancelled_in_any_protocol()
    {
        var chat = await Client.ChatAsync("echo", "hello");
        Assert.Equal(4104, (await Client.PostAsync("/v3/chat/cancel", new { conversation_id = chat.Conversation, chat_id = chat.ChatId })).Code);
        foreach (var client in ClientDialect.All)
        {
            var told = await upstream.AskAsync(client, "echo", "hello");
            Assert.Equal((Told.Completed, "hello"), (told.End, told.Text));
            Assert.Equal(400, (await Client.CallAsync(HttpMethod.Post, $"/parley/runs/{told.Run}/cancel")).Status);
            if (client == ClientDialect.Responses) Assert.Equal(400, (await Client.CallAsync(HttpMethod.Post, $"/v1/responses/{told.Run}/cancel")).Status);
        }
    }

    private static async Task<JsonElement> ReceiveAsync(ClientWebSocket socket)
    {
        var buffer = new byte[64 << 10];
        var received = await socket.ReceiveAsync(buffer.AsMemory(), TestContext.Current.CancellationToken);
        Assert.True(received.EndOfMessage);
        return JsonSerializer.Deserialize<JsonElement>(buffer.AsSpan(0, received.Count));
    }

    private void Prepare(string script, string peer) => upstream.Peer.On(script, PeerDialect.Send(PeerDialect.Of(peer).Say("one ")), new Stall());

    // A client that has got the first piece of an answer whose rest never comes.
    private async Task<Streaming> StreamAsync(ClientDialect client, string peer, string what)
    {
        var script = $"{what}-{client.Name}-{peer}";
        Prepare(script, peer);
        var connection = await RawConnection.OpenAsync(upstream.Server.EndPoint);
        await connection.SendAsync(client.RequestOf($"faulty-{peer}", script, headers: "Connection: close\r\n"));
        var seen = await connection.ReadUntilAsync("one ");
        return new Streaming(client, connection, script, client.ReadWire(seen).Run!, seen);
    }

    private async Task LeavesPeerAsync(string script, string peer, Func<Task> end)
    {
        var told = upstream.Peer.RequestsFor(PeerRequest.Cancel).Count;
        using var probe = new Probe(Client);
        await end();
        await Patience.UntilAsync(() => upstream.Peer.LeftDuring(script) == 1, () => $"{script}: the peer was not left.");
        await probe.AssertWithinASecondAsync();

        // A Coze chat goes on without its connection: it is told besides.
        if (peer == "coze") await Patience.UntilAsync(() => upstream.Peer.RequestsFor(PeerRequest.Cancel).Count == told + 1, () => $"{script}: the chat at the peer was not cancelled.");
        else Assert.Equal(told, upstream.Peer.RequestsFor(PeerRequest.Cancel).Count);
    }

    // The stream ends lawfully, with what was said and without a failure; only Chat Completions has no other word for it.
    private async Task AssertCancelledAsync(Streaming streaming)
    {
        var told = streaming.Client.ReadWire(streaming.Seen + await streaming.Connection.ReadToEndAsync());
        Assert.Equal(("one ", streaming.Client == ClientDialect.Completions ? "The run was cancelled." : ""), (told.Text, told.Message));
        await BecomesCancelledAsync(streaming.Run);
    }

    private Task BecomesCancelledAsync(string run) => Patience.UntilAsync(
        async () => (await Client.GetPlainAsync($"/parley/runs/{run}")).Json.GetProperty("status").GetString() == "cancelled", () => $"The run {run} was not cancelled.");

    private sealed record Streaming(ClientDialect Client, RawConnection Connection, string Script, string Run, string Seen) : IDisposable
    {
        public void Dispose() => Connection.Dispose();
    }
}
