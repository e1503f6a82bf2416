using System.Text.Json;
using Parley.IntegrationTests.Servers;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Http;

/// <summary>Connections that end where none should.</summary>
public sealed class ConnectionTests(Cluster cluster)
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(40)]
    public async Task A_connection_that_drops_within_a_request_leaves_nothing_behind(int sent)
    {
        var server = await cluster.EchoAsync();
        var made = await server.Client.PostAsync("/v1/conversation/create", new { bot_id = "echo" });
        var conversation = made.Json.GetProperty("data").GetProperty("id").GetString();
        var body = JsonSerializer.Serialize(CozeCalls.Body("echo", "lost"));
        using (var connection = await RawConnection.OpenAsync(server.EndPoint))
        {
            await connection.SendPostAsync($"/v3/chat?conversation_id={conversation}", server.Keys.Values.First(), body.Length, body[..sent]);
            connection.Reset();
        }

        var chat = await server.Client.ChatAsync("echo", "still there?", conversation);
        Assert.Equal("still there?", chat.Streamed);
        var listed = await server.Client.PostAsync($"/v1/conversation/message/list?conversation_id={conversation}", new { });
        Assert.Equal(2, listed.Json.GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task A_Coze_client_that_resets_within_a_stream_finds_the_whole_answer_later()
    {
        var server = await cluster.EchoAsync();
        var body = JsonSerializer.Serialize(CozeCalls.Body("brisk", "go"));
        string seen;
        using (var connection = await RawConnection.OpenAsync(server.EndPoint))
        {
            await connection.SendPostAsync("/v3/chat", server.Keys.Values.First(), body.Length, body);
            seen = await connection.ReadUntilAsync("conversation.message.delta");
            connection.Reset();
        }

        var created = JsonSerializer.Deserialize<JsonElement>(seen.Split("data:")[1].Split('\n')[0]);
        var query = $"?conversation_id={created.GetProperty("conversation_id")}&chat_id={created.GetProperty("id")}";
        await Patience.UntilAsync(
            async () => (await server.Client.GetPlainAsync("/v3/chat/retrieve" + query)).Json.GetProperty("data").GetProperty("status").GetString() == "completed",
            () => "The chat did not go on without its client.");
        var listed = await server.Client.GetPlainAsync("/v3/chat/message/list" + query);
        Assert.Equal(100, listed.Json.GetProperty("data")[0].GetProperty("content").GetString()!.Length);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")]
    [InlineData("POST /v3/chat HT")]
    public async Task A_head_that_never_ends_is_given_up(string head)
    {
        await using var server = await ServerProcess.StartAsync(new ServerSetup { Agents = new Dictionary<string, string> { ["echo"] = "name: echo\nkind: echo\n" }, Settings = ["limits.headers=300ms"] });
        using var connection = await RawConnection.OpenAsync(server.EndPoint);
        await connection.SendAsync(head);
        var answer = await connection.ReadToEndAsync();
        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 408", StringComparison.Ordinal), answer);
    }

    [Theory]
    [InlineData("nonsense\r\n\r\n", "400")]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "400")]
    [InlineData("POST /v3/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n", "400")]
    [InlineData("GET / HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n", "505")]
    public async Task What_is_no_HTTP_is_refused(string text, string status)
    {
        using var connection = await RawConnection.OpenAsync((await cluster.EchoAsync()).EndPoint);
        await connection.SendAsync(text);
        Assert.StartsWith($"HTTP/1.1 {status}", await connection.ReadToEndAsync(), StringComparison.Ordinal);
    }
}
