using System.Net.Http.Json;
using System.Text;
using System.Text.RegularExpressions;
using Parley.IntegrationTests.Servers;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Http;

/// <summary>Coze's wire byte by byte.</summary>
public sealed partial class CozeWireTests(Cluster cluster)
{
    [Theory]
    [InlineData("echo")]
    [InlineData("thinker")]
    [InlineData("follower")]
    [InlineData("counted")]
    [InlineData("toolbox")]
    [InlineData("caller")]
    [InlineData("failing")]
    [InlineData("brisk")]
    public async Task Every_kind_of_chat_is_framed_for_the_strictest_client(string bot)
    {
        var client = (await cluster.EchoAsync()).Client;
        Assert.NotNull((await client.ChatAsync(bot, "hello")).Terminal);

        var body = new { workflow_id = bot, additional_messages = new[] { new { role = "user", content = "hello", content_type = "text" } } };
        using var response = await client.PostAsJsonAsync("/v1/workflows/chat", body, TestContext.Current.CancellationToken);
        Assert.NotNull((await CozeCalls.ReadStreamAsync(response, CozeFraming.WorkflowChat)).Terminal);
    }

    [Theory]
    [InlineData("a<b>&c")]
    [InlineData("\u2028\u2029\u0085\v\f")]
    [InlineData("\"\\/\b\t\r\n")]
    [InlineData("👩‍👩‍👧 e\u0301 \ufeff 星期三")]
    public async Task Text_that_ends_lines_or_escapes_is_escaped(string text)
    {
        var chat = await (await cluster.EchoAsync()).Client.ChatAsync("echo", text);
        Assert.Equal(text, chat.Streamed);
    }

    [Fact]
    public async Task Half_a_surrogate_pair_becomes_the_replacement_character()
    {
        var client = (await cluster.EchoAsync()).Client;
        var content = new StringContent("""{"bot_id":"echo","user_id":"u","stream":true,"additional_messages":[{"role":"user","content":"a\ud83db","content_type":"text"}]}""", Encoding.UTF8, "application/json");
        using var response = await client.PostAsync("/v3/chat", content, TestContext.Current.CancellationToken);
        Assert.Equal("a\ufffdb", (await CozeCalls.ReadStreamAsync(response, CozeFraming.Chat)).Streamed);
    }

    [Fact]
    public async Task A_chat_ends_with_the_word_DONE_in_quotes()
    {
        var chat = await (await cluster.EchoAsync()).Client.ChatAsync("echo", "hi");
        Assert.EndsWith("event:done\ndata:\"[DONE]\"\n\n", Encoding.UTF8.GetString(chat.Body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_workflow_chat_ends_with_a_debug_url()
    {
        var body = new { workflow_id = "echo", additional_messages = new[] { new { role = "user", content = "hi", content_type = "text" } } };
        using var response = await (await cluster.EchoAsync()).Client.PostAsJsonAsync("/v1/workflows/chat", body, TestContext.Current.CancellationToken);
        var stream = await CozeCalls.ReadStreamAsync(response, CozeFraming.WorkflowChat);
        Assert.StartsWith("http", stream.Events[^1].Json.GetProperty("debug_url").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_Python_SDK_sends_is_accepted()
    {
        // Every optional member as null, an empty conversation id, no content type on a body-less POST.
        const string Body = """{"bot_id":"echo","user_id":"u","additional_messages":[{"role":"user","type":"question","content":"hi","content_type":"text","meta_data":null}],"stream":true,"custom_variables":null,"auto_save_history":true,"meta_data":null,"parameters":null,"enable_card":null}""";
        var client = (await cluster.EchoAsync()).Client;
        using var response = await client.PostAsync("/v3/chat?conversation_id=", new StringContent(Body, Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);
        var chat = await CozeCalls.ReadStreamAsync(response, CozeFraming.Chat);
        Assert.Equal("hi", chat.Streamed);

        var retrieved = await client.CallAsync(HttpMethod.Post, $"/v3/chat/retrieve?conversation_id={chat.Conversation}&chat_id={chat.ChatId}");
        Assert.Equal("completed", retrieved.Json.GetProperty("data").GetProperty("status").GetString());
        var listed = await client.PostTextAsync($"/v1/conversation/message/list?conversation_id={chat.Conversation}", """{"order":"desc","chat_id":null,"before_id":null,"after_id":null,"limit":50}""");
        Assert.Equal(2, listed.Json.GetProperty("data").GetArrayLength());
        var cleared = await client.CallAsync(HttpMethod.Post, $"/v1/conversations/{chat.Conversation}/clear", new FormUrlEncodedContent([]));
        Assert.Equal(0, cleared.Code);
    }

    [Fact]
    public async Task An_error_before_a_stream_is_JSON_to_its_last_byte()
    {
        var answer = await (await cluster.EchoAsync()).Client.PostAsync("/v3/chat", CozeCalls.Body("nobody", "hi"));
        Assert.Equal(200, answer.Status);
        Assert.Equal("application/json", answer.ContentType);
        Assert.Matches(ErrorBody(), answer.Text);
        Assert.Equal(4200, answer.Code);
    }

    [Fact]
    public async Task A_chat_without_a_stream_is_in_progress_at_once()
    {
        var answer = await (await cluster.EchoAsync()).Client.PostAsync("/v3/chat", CozeCalls.Body("brisk", "hi", stream: false));
        Assert.Equal(0, answer.Code);
        Assert.Equal("in_progress", answer.Json.GetProperty("data").GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_message_of_a_megabyte_without_stream_is_stored_whole()
    {
        var client = (await cluster.EchoAsync()).Client;
        var text = string.Concat(Enumerable.Repeat("0123456789abcde\n", 65_536));
        var chat = await client.ChatAsync("echo", text);
        Assert.Equal(text, chat.Streamed);
        var listed = await client.PostAsync($"/v1/conversation/message/list?conversation_id={chat.Conversation}", new { });
        Assert.All(listed.Json.GetProperty("data").EnumerateArray(), message => Assert.Equal(text, message.GetProperty("content").GetString()));
    }

    [GeneratedRegex("""^\{"code":[0-9]+,"msg":"([^"\\]|\\.)+","detail":\{"logid":"[0-9]{14}[0-9A-F]{20}"\}\}$""")]
    private static partial Regex ErrorBody();
}
