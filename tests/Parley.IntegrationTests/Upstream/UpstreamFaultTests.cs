using System.Text;
using Parley.IntegrationTests.Peers;

namespace Parley.IntegrationTests.Upstream;

/// <summary>
/// A model server that resets, stalls, splits and lies, seen by a Coze client: always one legal end, never a word of the trouble in the
/// answer, and nobody else is disturbed.
/// </summary>
public sealed class UpstreamFaultTests(FaultyUpstream upstream) : IClassFixture<FaultyUpstream>
{
    // Before the first event a failure is still a plain refusal.
    private static readonly string[] Failures = ["conversation.chat.failed", "error"];

    private static readonly string[] Pieces = ["one ", "two ", "three ", "four "];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public Task A_reset_after_any_event_is_one_failure(int events)
        => FailsAsync($"reset-{events}", events, new Send([.. Chat.StreamHead, .. Pieces.Take(events).SelectMany(Chat.Piece)]), new Reset());

    [Fact]
    public Task A_reset_before_the_head_is_one_failure() => FailsAsync("reset-head", 0, new Reset());

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    public Task A_stream_that_ends_without_its_end_is_one_failure(int events)
        => FailsAsync($"cut-{events}", events, new Send([.. Chat.StreamHead, .. Pieces.Take(events).SelectMany(Chat.Piece)]), new HalfClose());

    [Fact]
    public async Task A_stream_that_ends_after_its_reason_to_end_is_whole()
    {
        upstream.Peer.On("no-done", new Send([.. Chat.StreamHead, .. Chat.Piece("one "), .. Chat.Stop]), new HalfClose());
        var chat = await upstream.ChatAsync("faulty", "no-done");
        Assert.Equal(("conversation.chat.completed", "one "), (chat.Terminal!.Name, chat.Streamed));
    }

    [Fact]
    public async Task A_reset_after_the_reason_to_end_has_one_end_too()
    {
        upstream.Peer.On("reset-stop", new Send([.. Chat.StreamHead, .. Chat.Piece("one "), .. Chat.Stop]), new Reset());
        var chat = await upstream.ChatAsync("faulty", "reset-stop");
        Assert.NotNull(chat.Terminal);
        Assert.Equal("one ", chat.Streamed);
    }

    [Fact]
    public Task Half_an_event_is_one_failure()
        => FailsAsync("half", 2, new Send([.. Chat.StreamHead, .. Chat.Piece("one "), .. Chat.Piece("two "), .. Chat.Piece("three ")[..40]]), new HalfClose());

    [Theory]
    [InlineData("{\"choices\":[{")]
    [InlineData("nonsense")]
    [InlineData("\u0000\u0001")]
    public Task Garbage_in_an_event_is_one_failure(string garbage)
        => FailsAsync("garbage" + garbage.Length, 1, new Send([.. Chat.StreamHead, .. Chat.Piece("one "), .. Chat.Frame(garbage), .. Chat.Finish]));

    [Fact]
    public async Task An_error_in_the_stream_is_one_failure_and_no_text()
    {
        upstream.Peer.On("error-frame", new Send([.. Chat.StreamHead, .. Chat.Piece("one "), .. Chat.Frame("""{"error":{"message":"the model has exploded","type":"server_error"}}"""), .. Chat.Frame("[DONE]")]));
        var chat = await upstream.ChatAsync("faulty", "error-frame");
        Assert.Equal("conversation.chat.failed", chat.Terminal!.Name);
        Assert.Equal("one ", chat.Streamed);
    }

    [Theory]
    [InlineData(64 << 10)]
    [InlineData(1 << 20)]
    public async Task A_big_event_is_passed_on(int size)
    {
        var text = string.Concat(Enumerable.Repeat("0123456789abcde\n", size / 16));
        upstream.Peer.On($"big-{size}", new Send([.. Chat.StreamHead, .. Chat.Piece("one "), .. Chat.Piece(text), .. Chat.Finish]));
        var chat = await upstream.ChatAsync("faulty", $"big-{size}");
        Assert.Equal("one " + text, chat.Streamed);
        Assert.Equal("conversation.chat.completed", chat.Terminal!.Name);
    }

    [Fact]
    public async Task An_event_of_16_MB_is_passed_on_or_one_clear_failure()
    {
        var text = new string('a', 16 << 20);
        upstream.Peer.On("huge", new Send([.. Chat.StreamHead, .. Chat.Piece("one "), .. Chat.Piece(text), .. Chat.Finish]));
        var chat = await upstream.ChatAsync("faulty", "huge");
        if (chat.Terminal!.Name == "conversation.chat.completed") Assert.True(chat.Streamed == "one " + text);
        else Assert.Equal(("conversation.chat.failed", "one "), (chat.Terminal.Name, chat.Streamed));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public async Task It_does_not_matter_where_the_packets_are_cut(int size)
    {
        upstream.Peer.On($"cuts-{size}", new Send([.. Chat.StreamHead, .. Chat.Piece("星期三 "), .. Chat.Piece("🙂 "), .. Chat.Piece("é"), .. Chat.Finish], size));
        var chat = await upstream.ChatAsync("faulty", $"cuts-{size}");
        Assert.Equal("星期三 🙂 é", chat.Streamed);
        Assert.Equal("conversation.chat.completed", chat.Terminal!.Name);
    }

    [Fact]
    public async Task Halves_of_a_surrogate_pair_in_two_events_become_one_character()
    {
        const string Half = """{"choices":[{"index":0,"delta":{"content":"%"},"finish_reason":null}]}""";
        upstream.Peer.On("surrogates", new Send([
            .. Chat.StreamHead, .. Chat.Frame(Half.Replace("%", "a\\ud83d", StringComparison.Ordinal)), .. Chat.Frame(Half.Replace("%", "\\ude42b", StringComparison.Ordinal)), .. Chat.Finish]));
        Assert.Equal("a🙂b", (await upstream.ChatAsync("faulty", "surrogates")).Streamed);
    }

    [Theory]
    [InlineData("Content-Type: application/octet-stream")]
    [InlineData("X-Nothing: here")]
    public async Task A_stream_under_another_name_is_read_or_one_failure(string header)
    {
        upstream.Peer.On(header, new Send([.. Chat.Head("200 OK", header, "Connection: close"), .. Chat.Piece("one "), .. Chat.Finish]));
        var chat = await upstream.ChatAsync("faulty", header);
        if (chat.Terminal!.Name == "conversation.chat.completed") Assert.Equal("one ", chat.Streamed);
        else Assert.Equal("", chat.Streamed);
    }

    [Fact]
    public async Task A_plain_answer_where_a_stream_was_asked_for_is_read_or_one_failure()
    {
        upstream.Peer.On("plain", new Send(Chat.Answer("200 OK", "application/json",
            """{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"whole"},"finish_reason":"stop"}]}""")));
        var chat = await upstream.ChatAsync("faulty", "plain");
        if (chat.Terminal!.Name == "conversation.chat.completed") Assert.Equal("whole", chat.Streamed);
        else Assert.Equal("", chat.Streamed);
    }

    [Theory]
    [InlineData("200 OK", "text/html", "<html>Login</html>")]
    [InlineData("200 OK", "application/json", "{}")]
    [InlineData("200 OK", "text/event-stream", "")]
    [InlineData("400 Bad Request", "application/json", """{"error":{"message":"secret-detail","type":"invalid_request_error"}}""")]
    [InlineData("401 Unauthorized", "application/json", """{"error":{"message":"secret-detail: bad key sk-upstream"}}""")]
    [InlineData("404 Not Found", "text/plain", "secret-detail")]
    [InlineData("301 Moved Permanently", "text/plain", "")]
    public async Task Any_other_answer_is_one_failure_that_keeps_our_key(string status, string type, string body)
    {
        var script = $"answer {status} {body.Length}";
        upstream.Peer.On(script, new Send(Chat.Answer(status, type, body)));
        var chat = await upstream.ChatAsync("faulty", script);
        Assert.NotEqual("conversation.chat.completed", chat.Terminal!.Name);
        Assert.Equal("", chat.Streamed);
        Assert.DoesNotContain("sk-upstream", Encoding.UTF8.GetString(chat.Body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_length_that_is_too_long_is_one_failure()
    {
        upstream.Peer.On("lies", new Send([.. Chat.Head("200 OK", "Content-Type: text/event-stream", "Content-Length: 100000", "Connection: close"), .. Chat.Piece("one ")]), new HalfClose());
        var chat = await upstream.ChatAsync("faulty", "lies");
        Assert.Equal(("conversation.chat.failed", "one "), (chat.Terminal!.Name, chat.Streamed));
    }

    [Fact]
    public async Task A_server_that_does_not_exist_is_one_failure()
        => Assert.Contains((await upstream.ChatAsync("nowhere", "hi")).Terminal!.Name, Failures);

    // What was said before the fault stands, and after it comes exactly one end. The checker has seen that it is the only one.
    private async Task FailsAsync(string script, int events, params PeerStep[] steps)
    {
        upstream.Peer.On(script, steps);
        var chat = await upstream.ChatAsync("faulty", script);
        Assert.Equal(string.Concat(Pieces.Take(events)), chat.Streamed);

        Assert.Contains(chat.Terminal!.Name, events == 0 ? Failures : ["conversation.chat.failed"]);
        var message = chat.Terminal.Json.TryGetProperty("last_error", out var error) ? error.GetProperty("msg").GetString() : chat.Terminal.Json.GetProperty("msg").GetString();
        Assert.False(string.IsNullOrEmpty(message));
        Assert.DoesNotContain("Exception", message, StringComparison.Ordinal);
    }
}
