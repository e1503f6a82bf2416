using System.Text;
using System.Text.Json;
using Parley.IntegrationTests.Peers;
using Parley.IntegrationTests.Servers;
using Parley.IntegrationTests.Upstream;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Processes;

/// <summary>Clients that lose their stream and pick it up, and clients that leave for good.</summary>
public sealed class ResumeTests(Cluster cluster, FaultyUpstream upstream) : IClassFixture<FaultyUpstream>
{
    private static readonly string Text = string.Concat(Enumerable.Range(0, 100).Select(i => $"w{i:d3} "));

    private static readonly ServerSetup Setup = new() { Agents = new Dictionary<string, string> { ["paced"] = $"name: paced\nkind: echo\ntext: \"{Text}\"\npieces: 100\npace: 20ms\n" } };

    [Fact]
    public async Task A_client_whose_connection_broke_gets_the_rest_and_so_does_another_beside_it()
    {
        var server = await cluster.EchoAsync();
        var (run, seen) = await StreamAndCutAsync(server, "brisk", "conversation.message.delta", server.Keys.Values.First());
        var rests = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => server.Client.GetStringAsync($"/parley/runs/{run}/stream?after={Count(seen)}", TestContext.Current.CancellationToken)));
        Assert.Equal(rests[0], rests[1]);
        var whole = Encoding.UTF8.GetBytes(seen + rests[0]);
        Assert.Equal(100, new CozeStream(whole, CozeStreamCheck.Read(whole, CozeFraming.Chat)).Streamed.Length);
        Assert.Equal(seen + rests[0], await server.Client.GetStringAsync($"/parley/runs/{run}/stream", TestContext.Current.CancellationToken));
        using var stranger = server.ClientOf("eve");
        Assert.Equal(404, (await stranger.GetPlainAsync($"/parley/runs/{run}/stream")).Status);
    }

    [Fact]
    public async Task A_stream_can_be_picked_up_after_a_restart()
    {
        await using var server = await ServerProcess.StartAsync(Setup with { Agents = new Dictionary<string, string> { ["quick"] = $"name: quick\nkind: echo\ntext: \"{Text}\"\nreasoning: hm\n" } });
        var chat = await server.Client.ChatAsync("quick", "go");
        var whole = Encoding.UTF8.GetString(chat.Body);
        Assert.Equal(0, await server.StopAsync());
        await server.RestartAsync();
        foreach (var after in new[] { 0, 1, Count(whole) / 2, Count(whole) })
            Assert.Equal(After(whole, after), await server.Client.GetStringAsync($"/parley/runs/{chat.ChatId}/stream?after={after}", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task After_a_kill_a_client_is_told_that_its_run_has_failed_whatever_it_had_got()
    {
        await using var server = await ServerProcess.StartAsync(Setup);
        var (run, seen) = await StreamAndCutAsync(server, "paced", "w020 ", "none", server.KillAsync);
        await server.RestartAsync();
        var known = await server.Client.GetStringAsync($"/parley/runs/{run}/stream", TestContext.Current.CancellationToken);
        var failed = known[known.IndexOf("event:conversation.chat.failed", StringComparison.Ordinal)..];
        Assert.Equal(1, Count(failed));
        var text = known[..^failed.Length];
        Assert.StartsWith(Count(text) <= Count(seen) ? text : seen, Count(text) <= Count(seen) ? seen : text, StringComparison.Ordinal);
        var rest = await server.Client.GetStringAsync($"/parley/runs/{run}/stream?after={Count(seen)}", TestContext.Current.CancellationToken);
        Assert.EndsWith(failed, rest, StringComparison.Ordinal);
        var told = JsonSerializer.Deserialize<JsonElement>(await server.Client.GetStringAsync($"/parley/runs/{run}", TestContext.Current.CancellationToken));
        Assert.Equal(("failed", "lost-tail"), (told.GetProperty("status").GetString(), told.GetProperty("losses")[0].GetString()));
    }

    [Fact]
    public async Task Under_grace_the_model_is_left_when_no_client_has_come_back_in_time()
    {
        upstream.Peer.On("grace", new Send([.. Chat.StreamHead, .. Chat.Piece("one ")]), new Stall());
        var (run, _) = await StreamAndCutAsync(upstream.Server, "faulty", "conversation.message.delta", "none", text: "grace", header: "parley-on-disconnect: grace 300 ms\r\n");
        await Patience.UntilAsync(() => upstream.Peer.LeftDuring("grace") == 1, () => "The model was not left.");
        await Patience.UntilAsync(
            async () => (await upstream.Server.Client.GetPlainAsync($"/parley/runs/{run}")).Json.GetProperty("status").GetString() == "cancelled",
            () => "The run was not cancelled.");
    }

    private static int Count(string stream) => stream.Split("\n\n").Length - 1;

    private static string After(string stream, int count) => string.Concat(stream.Split("\n\n").SkipLast(1).Skip(count).Select(frame => frame + "\n\n"));

    // Streams until something was said, ends the connection, and gives the run and the whole events that had come.
    private static async Task<(string Run, string Seen)> StreamAndCutAsync(
        ServerProcess server, string bot, string until, string key, Func<Task>? first = null, string text = "go", string header = "")
    {
        using var connection = await RawConnection.OpenAsync(server.EndPoint);
        var body = JsonSerializer.Serialize(CozeCalls.Body(bot, text));
        await connection.SendAsync($"POST /v3/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n{header}Content-Length: {body.Length}\r\n\r\n{body}");
        var bytes = await connection.ReadUntilAsync(until);
        if (first is not null)
        {
            await first();
            bytes += await connection.ReadToEndAsync();
        }

        connection.Reset();
        var answer = HttpTape.Read(Encoding.UTF8.GetBytes(bytes))[0];
        var seen = Encoding.UTF8.GetString(answer.Body);
        return (answer.Headers["parley-run"], seen[..(seen.LastIndexOf("\n\n", StringComparison.Ordinal) + 2)]);
    }
}
