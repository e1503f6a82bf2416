using System.Text;
using System.Text.Json;
using Parley.IntegrationTests.Servers;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Processes;

/// <summary>A server whose disk is full in the middle of streams.</summary>
public sealed class FullDiskTests
{
    private const string Completion = """{"model":"paced","stream":true,"messages":[{"role":"user","content":"go"}]}""";

    private static readonly string Text = string.Concat(Enumerable.Range(0, 2000).Select(i => $"w{i:d4} "));

    private static readonly ServerSetup Setup = new()
    {
        Agents = new Dictionary<string, string>
        {
            ["paced"] = $"name: paced\nkind: echo\ntext: \"{Text}\"\npieces: 2000\npace: 20ms\n",
            ["echo"] = "name: echo\nkind: echo\n",
        },
        OutlivesFullDisk = true,
    };

    [Fact]
    public async Task Streams_end_in_their_dialects_and_requests_are_told_until_there_is_room_again()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only there a limit can be set to a process that runs.");
        await using var server = await ServerProcess.StartAsync(Setup);
        var before = await server.Client.ChatAsync("echo", "before");
        var coze = await BeginAsync(server, $"/v3/chat?conversation_id={before.Conversation}", JsonSerializer.Serialize(CozeCalls.Body("paced", "go")));
        var completion = await BeginAsync(server, "/v1/chat/completions", Completion);
        await server.FillDiskAsync(true);

        var chat = await coze;
        var stream = new CozeStream(chat.Body, CozeStreamCheck.Read(chat.Body, CozeFraming.Chat));
        Assert.Equal("conversation.chat.failed", stream.Terminal!.Name);
        Assert.Equal(5000, stream.Terminal.Json.GetProperty("last_error").GetProperty("code").GetInt32());
        Assert.StartsWith(stream.Streamed, Text, StringComparison.Ordinal);
        AssertFailed(Encoding.UTF8.GetString((await completion).Body));

        // What is asked now is refused in the shape of its protocol, and what is there can be read.
        var refused = await server.Client.PostAsync("/v3/chat", CozeCalls.Body("echo", "now"));
        Assert.Equal(5000, refused.Code);
        Assert.NotEqual("", refused.Message);
        var unavailable = await server.Client.PostTextAsync("/v1/chat/completions", Completion);
        Assert.Equal(503, unavailable.Status);
        Assert.NotEqual("", unavailable.Json.GetProperty("error").GetProperty("message").GetString());
        Assert.Equal(["before", "before"], (await TextsAsync(server, before.Conversation))[..2]);
        Assert.Equal(200, (await server.Client.GetPlainAsync("/health/live")).Status);

        await server.FillDiskAsync(false);
        await Patience.UntilAsync(
            async () => (await server.Client.GetPlainAsync($"/v3/chat/retrieve?conversation_id={stream.Conversation}&chat_id={stream.ChatId}")).Json.GetProperty("data").GetProperty("status").GetString() == "failed",
            () => $"The failure was not saved.\n{server.Log}");
        Assert.Equal("after", (await server.Client.ChatAsync("echo", "after", before.Conversation)).Streamed);
    }

    [Fact]
    public async Task What_was_told_before_is_there_after_a_restart()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only there a limit can be set to a process that runs.");
        await using var server = await ServerProcess.StartAsync(Setup);
        var before = await server.Client.ChatAsync("echo", "before");
        var coze = await BeginAsync(server, $"/v3/chat?conversation_id={before.Conversation}", JsonSerializer.Serialize(CozeCalls.Body("paced", "go")));
        await server.FillDiskAsync(true);
        var told = await coze;
        await server.KillAsync();
        await server.RestartAsync();

        var stream = new CozeStream(told.Body, CozeStreamCheck.Read(told.Body, CozeFraming.Chat));
        var chat = await server.Client.GetPlainAsync($"/v3/chat/retrieve?conversation_id={stream.Conversation}&chat_id={stream.ChatId}");
        Assert.Equal("failed", chat.Json.GetProperty("data").GetProperty("status").GetString());
        var texts = await TextsAsync(server, before.Conversation);
        Assert.Equal(["before", "before", "go"], texts[..3]);
        Assert.StartsWith(texts[3], stream.Streamed, StringComparison.Ordinal);
        Assert.Equal("after", (await server.Client.ChatAsync("echo", "after", before.Conversation)).Streamed);
    }

    // A stream that is under way; the task ends with all of it.
    private static async Task<Task<HttpMessage>> BeginAsync(ServerProcess server, string path, string body)
    {
        var connection = await RawConnection.OpenAsync(server.EndPoint);
        await connection.SendAsync($"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");
        return RestAsync(await connection.ReadUntilAsync("w0010 "));

        async Task<HttpMessage> RestAsync(string seen)
        {
            using (connection) return HttpTape.Read(Encoding.UTF8.GetBytes(seen + await connection.ReadToEndAsync())).Single();
        }
    }

    private static void AssertFailed(string stream)
    {
        var frames = stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("data: [DONE]", frames[^1]);
        var error = Assert.Single(frames, frame => frame.Contains("\"error\":", StringComparison.Ordinal));
        Assert.Equal(frames[^2], error);
        Assert.DoesNotContain("\"finish_reason\":\"", stream, StringComparison.Ordinal);
    }

    private static async Task<string[]> TextsAsync(ServerProcess server, string conversation)
    {
        var page = await server.Client.PostAsync($"/v1/conversation/message/list?conversation_id={conversation}", new { order = "asc" });
        return [.. page.Json.GetProperty("data").EnumerateArray().Select(message => message.GetProperty("content").GetString()!)];
    }
}
