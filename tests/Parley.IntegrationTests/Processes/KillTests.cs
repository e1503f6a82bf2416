using System.Text;
using System.Text.Json;
using Parley.IntegrationTests.Servers;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Processes;

/// <summary>A server that dies in the middle of streams, and comes back on the same data.</summary>
public sealed class KillTests
{
    private static readonly string Text = string.Concat(Enumerable.Range(0, 200).Select(i => $"w{i:d3} "));

    private static readonly ServerSetup Setup = new()
    {
        Agents = new Dictionary<string, string>
        {
            ["paced"] = $"name: paced\nkind: echo\ntext: \"{Text}\"\npieces: 200\npace: 20ms\n",
            ["history"] = "name: history\nkind: echo\nreply: history\n",
        },
    };

    [Theory]
    [InlineData("relaxed")]
    [InlineData("strict")]
    public async Task A_killed_server_keeps_the_promises_of_its_durability(string durability)
    {
        await using var server = await ServerProcess.StartAsync(Setup with { Settings = [$"storage.durability={durability}"] });
        var before = await server.Client.ChatAsync("history", "before");
        var started = await StreamThenKillAsync(server, before.Conversation);

        await server.RestartAsync();
        var query = $"?conversation_id={started.Conversation}&chat_id={started.Chat}";
        var chat = (await server.Client.GetPlainAsync("/v3/chat/retrieve" + query)).Json.GetProperty("data");
        Assert.Equal("failed", chat.GetProperty("status").GetString());
        Assert.True(chat.GetProperty("last_error").GetProperty("code").GetInt32() > 0);

        // What is kept is a prefix of what was sent; strict: all of what was sent.
        var messages = (await server.Client.GetPlainAsync("/v3/chat/message/list" + query)).Json.GetProperty("data").EnumerateArray();
        var kept = string.Concat(messages.Where(message => message.GetProperty("type").GetString() == "answer").Select(message => message.GetProperty("content").GetString()));
        Assert.StartsWith(kept, Text, StringComparison.Ordinal);
        if (durability == "strict") Assert.StartsWith(started.Seen, kept, StringComparison.Ordinal);

        // The conversation is not lost, and not busy.
        var next = await server.Client.ChatAsync("history", "after", before.Conversation);
        Assert.StartsWith("user: before\nassistant: user: before\nuser: paced, please", next.Streamed, StringComparison.Ordinal);
        Assert.EndsWith("\nuser: after", next.Streamed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_has_ended_is_whole_after_a_kill()
    {
        await using var server = await ServerProcess.StartAsync(Setup);
        var chats = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => server.Client.ChatAsync("history", $"text {i}")));
        await server.KillAsync();
        await server.RestartAsync();
        for (var i = 0; i < chats.Length; i++)
        {
            var listed = await server.Client.PostAsync($"/v1/conversation/message/list?conversation_id={chats[i].Conversation}", new { order = "asc" });
            Assert.Equal([$"text {i}", $"user: text {i}"], listed.Json.GetProperty("data").EnumerateArray().Select(message => message.GetProperty("content").GetString()));
            var chat = await server.Client.GetPlainAsync($"/v3/chat/retrieve?conversation_id={chats[i].Conversation}&chat_id={chats[i].ChatId}");
            Assert.Equal("completed", chat.Json.GetProperty("data").GetProperty("status").GetString());
        }
    }

    [Fact]
    public async Task A_server_that_is_asked_to_stop_ends_its_streams_in_order()
    {
        await using var server = await ServerProcess.StartAsync(Setup with { Settings = ["limits.shutdown=100ms"] });
        using var connection = await RawConnection.OpenAsync(server.EndPoint);
        var body = JsonSerializer.Serialize(CozeCalls.Body("paced", "go"));
        await connection.SendPostAsync("/v3/chat", "none", body.Length, body);
        await connection.ReadUntilAsync("w003 ");
        var rest = connection.ReadToEndAsync();
        Assert.Equal(0, await server.StopAsync());
        Assert.Contains("event:done", await rest, StringComparison.Ordinal);
    }

    // Streams until something has been said, kills the server, and gives what the client had got by then.
    private static async Task<(string Conversation, string Chat, string Seen)> StreamThenKillAsync(ServerProcess server, string conversation)
    {
        using var connection = await RawConnection.OpenAsync(server.EndPoint);
        var body = JsonSerializer.Serialize(CozeCalls.Body("paced", "paced, please"));
        await connection.SendPostAsync($"/v3/chat?conversation_id={conversation}", "none", body.Length, body);
        var bytes = await connection.ReadUntilAsync("w020 ");
        await server.KillAsync();
        bytes += await connection.ReadToEndAsync();

        var tape = HttpTape.Read(Encoding.UTF8.GetBytes(bytes))[0];
        var stream = new CozeStream(tape.Body, CozeStreamCheck.Read(tape.Body, CozeFraming.Chat, isComplete: false));
        return (stream.Conversation, stream.ChatId, stream.Streamed);
    }
}
