using System.Text.Json;
using Parley.IntegrationTests.Peers;
using Parley.IntegrationTests.Servers;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Upstream;

/// <summary>What a model server is asked, how often, and when it is let go.</summary>
public sealed class UpstreamRequestTests(FaultyUpstream upstream) : IClassFixture<FaultyUpstream>
{
    [Fact]
    public async Task Instructions_come_first_with_the_variables_filled_in_and_the_key_goes_along()
    {
        upstream.Peer.On("greet", Chat.Stream("Hello."));
        var answer = await upstream.Server.Client.PostAsync("/v3/chat", new
        {
            bot_id = "greeter",
            user_id = "u",
            stream = true,
            custom_variables = new { name = "Ada", place = "Rome" },
            additional_messages = new[]
            {
                new { role = "user", content = "one", content_type = "text" }, new { role = "assistant", content = "two", content_type = "text" },
                new { role = "user", content = "greet", content_type = "text" },
            },
        });
        Assert.Equal(200, answer.Status);
        var request = Assert.Single(upstream.Peer.RequestsFor("greet"));
        Assert.Equal("POST /v1/chat/completions HTTP/1.1", request.Message.StartLine);
        Assert.Equal("Bearer sk-upstream", request.Message.Headers["authorization"]);
        Assert.Equal("qwen3:8b", request.Json.GetProperty("model").GetString());
        Assert.True(request.Json.GetProperty("stream").GetBoolean());
        var messages = request.Json.GetProperty("messages").EnumerateArray().Select(message => $"{message.GetProperty("role")}: {message.GetProperty("content")}");
        Assert.Equal(["system: You help Ada in Rome.", "user: one", "assistant: two", "user: greet"], messages);
    }

    [Fact]
    public async Task What_is_kept_for_a_user_fills_the_instructions_where_the_request_says_nothing()
    {
        upstream.Peer.On("remembered", Chat.Stream("Hello."));
        var kept = await upstream.Server.Client.CallAsync(HttpMethod.Put, "/v1/variables", System.Net.Http.Json.JsonContent.Create(new
        {
            bot_id = "greeter",
            connector_uid = "kept-user",
            data = new[] { new { keyword = "name", value = "Grace" }, new { keyword = "place", value = "Oslo" } },
        }));
        Assert.Equal(0, kept.Code);
        await upstream.Server.Client.PostAsync("/v3/chat", new
        {
            bot_id = "greeter",
            user_id = "kept-user",
            stream = true,
            custom_variables = new { place = "Bergen" },
            additional_messages = new[] { new { role = "user", content = "remembered", content_type = "text" } },
        });
        var request = Assert.Single(upstream.Peer.RequestsFor("remembered"));
        Assert.Equal("You help Grace in Bergen.", request.Json.GetProperty("messages")[0].GetProperty("content").GetString());
    }

    [Fact]
    public async Task An_uploaded_image_reaches_the_model_server_whole()
    {
        upstream.Peer.On("look at this", Chat.Stream("Nice."));
        var bytes = new byte[3_000_000];
        new Random(7).NextBytes(bytes);
        var answer = await ShowAsync("photo.png", bytes, "look at this");
        Assert.Contains("Nice.", answer.Text, StringComparison.Ordinal);
        var content = Assert.Single(upstream.Peer.RequestsFor("look at this")).Json.GetProperty("messages")[0].GetProperty("content");
        Assert.Equal("data:image/png;base64," + Convert.ToBase64String(bytes), content[1].GetProperty("image_url").GetProperty("url").GetString());
    }

    [Fact]
    public async Task A_file_that_the_agent_cannot_read_is_refused_before_the_model_server_is_asked()
    {
        upstream.Peer.On("read this", Chat.Stream("never said"));
        var answer = await ShowAsync("film.mp4", [1, 2, 3], "read this");
        Assert.Equal(4000, answer.Code);
        Assert.Contains("film.mp4", answer.Message, StringComparison.Ordinal);
        Assert.Empty(upstream.Peer.RequestsFor("read this"));
    }

    [Fact]
    public async Task A_busy_server_is_asked_again_before_the_first_event_only()
    {
        upstream.Peer.On("busy", (_, before) => before == 0
            ? [new Send(Chat.Answer("429 Too Many Requests", "application/json", """{"error":{"message":"slow down"}}""", "Retry-After: 0"))]
            : [Chat.Stream("now")]);
        Assert.Equal("now", (await upstream.ChatAsync("faulty", "busy")).Streamed);
        Assert.Equal(2, upstream.Peer.RequestsFor("busy").Count);

        upstream.Peer.On("late", new Send([.. Chat.StreamHead, .. Chat.Piece("one ")]), new Reset());
        await upstream.ChatAsync("faulty", "late");
        Assert.Single(upstream.Peer.RequestsFor("late"));
    }

    [Fact]
    public async Task A_refusal_is_not_asked_again()
    {
        upstream.Peer.On("refused", new Send(Chat.Answer("400 Bad Request", "application/json", """{"error":{"message":"no"}}""")));
        await upstream.ChatAsync("faulty", "refused");
        Assert.Single(upstream.Peer.RequestsFor("refused"));
    }

    [Fact]
    public async Task Cancelling_a_chat_lets_the_model_server_go()
    {
        upstream.Peer.On("endless", new Send([.. Chat.StreamHead, .. Chat.Piece("one ")]), new Stall());
        var started = await upstream.Server.Client.PostAsync("/v3/chat", CozeCalls.Body("faulty", "endless", stream: false));
        var chat = started.Json.GetProperty("data");
        await Patience.UntilAsync(() => upstream.Peer.RequestsFor("endless").Count == 1, () => "The peer was not asked.");
        var cancelled = await upstream.Server.Client.PostAsync(
            "/v3/chat/cancel", new { conversation_id = chat.GetProperty("conversation_id").GetString(), chat_id = chat.GetProperty("id").GetString() });
        Assert.Equal("canceled", cancelled.Json.GetProperty("data").GetProperty("status").GetString());
        await Patience.UntilAsync(() => upstream.Peer.LeftDuring("endless") == 1, () => "The connection to the peer is still open.");
    }

    // A message with a text and a file that was uploaded before.
    private async Task<PlainAnswer> ShowAsync(string name, byte[] bytes, string text)
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(bytes), "file", name } };
        var made = await upstream.Server.Client.CallAsync(HttpMethod.Post, "/v1/files/upload", form);
        var id = made.Json.GetProperty("data").GetProperty("id").GetString();
        return await upstream.Server.Client.PostAsync("/v3/chat", new
        {
            bot_id = "faulty",
            user_id = "u",
            stream = true,
            additional_messages = new[] { new { role = "user", content = $$"""[{"type":"text","text":"{{text}}"},{"type":"file","file_id":"{{id}}"}]""", content_type = "object_string" } },
        });
    }

    [Fact]
    public async Task The_first_piece_is_passed_on_while_the_second_is_awaited()
    {
        var second = new TaskCompletionSource();
        upstream.Peer.On("two steps", new Send([.. Chat.StreamHead, .. Chat.Piece("first ")]), new Await(second.Task), new Send([.. Chat.Piece("second "), .. Chat.Finish]));
        using var connection = await RawConnection.OpenAsync(upstream.Server.EndPoint);
        var body = JsonSerializer.Serialize(CozeCalls.Body("faulty", "two steps"));
        await connection.SendPostAsync("/v3/chat", "none", body.Length, body);
        await connection.ReadUntilAsync("first ");
        second.SetResult();
        Assert.Contains("second ", await connection.ReadUntilAsync("event:done"), StringComparison.Ordinal);
    }
}
