using System.Net.Http.Headers;
using System.Text;
using Parley.IntegrationTests.Servers;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Http;

/// <summary>What bad input gets: a clear error in the protocol's own shape, never a 500, and the server goes on.</summary>
public sealed class BadInputTests(Cluster cluster)
{
    private static readonly string Deep = string.Concat(Enumerable.Repeat("[", 100_000));

    public static TheoryData<string> BrokenBodies =>
    [
        "", "{", "nonsense", "[]", "null", "\"text\"", "{\"bot_id\":\"echo\"", Deep, "{\"bot_id\":" + Deep, "{\"a\":1}trailing", "\u0000", "{\"bot_id\":\"echo\u0000\"}",
    ];

    public static TheoryData<string, string> WrongCozeBodies => new()
    {
        { """{"user_id":"u","stream":true}""", "bot_id" },
        { """{"bot_id":7,"user_id":"u"}""", "bot_id" },
        { """{"bot_id":["echo"],"user_id":"u"}""", "bot_id" },
        { """{"bot_id":"echo"}""", "user_id" },
        { """{"bot_id":"echo","user_id":"u","stream":"yes"}""", "stream" },
        { """{"bot_id":"echo","user_id":"u","additional_messages":"hi"}""", "additional_messages" },
        { """{"bot_id":"echo","user_id":"u","additional_messages":["hi"]}""", "additional_messages" },
        { """{"bot_id":"echo","user_id":"u","additional_messages":[{"role":"user","content":5,"content_type":"text"}]}""", "content" },
        { """{"bot_id":"echo","user_id":"u","additional_messages":[{"role":"user","content":"[","content_type":"object_string"}]}""", "content" },
        { """{"bot_id":"echo","user_id":"u","meta_data":["a"],"additional_messages":[{"role":"user","content":"hi","content_type":"text"}]}""", "meta_data" },
    };

    public static TheoryData<string, string> WrongChatBodies => new()
    {
        { """{"messages":[{"role":"user","content":"hi"}]}""", "model" },
        { """{"model":7,"messages":[{"role":"user","content":"hi"}]}""", "model" },
        { """{"model":"echo"}""", "messages" },
        { """{"model":"echo","messages":[]}""", "messages" },
        { """{"model":"echo","messages":[{"role":"user","content":5}]}""", "messages" },
        { """{"model":"echo","messages":[{"content":"hi"}]}""", "messages" },
        { """{"model":"echo","messages":[{"role":"user","content":"hi"}],"stream":"yes"}""", "stream" },
        { """{"model":"echo","messages":[{"role":"user","content":"hi"}],"tools":{}}""", "tools" },
        { """{"model":"echo","messages":[{"role":"user","content":"hi"}],"n":3}""", "n" },
    };

    [Theory, MemberData(nameof(BrokenBodies))]
    public async Task What_is_no_JSON_object_is_refused_in_Coze_s_shape(string body)
    {
        var client = (await cluster.EchoAsync()).Client;
        foreach (var path in new[] { "/v3/chat", "/v1/workflows/chat", "/v3/chat/cancel" })
        {
            var answer = await client.PostTextAsync(path, body);
            Assert.Equal(200, answer.Status);
            Assert.Equal(4000, answer.Code);
            Assert.NotEmpty(answer.Message);
            Assert.DoesNotContain("Exception", answer.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("System.", answer.Text, StringComparison.Ordinal);
        }
    }

    [Theory, MemberData(nameof(BrokenBodies))]
    public async Task What_is_no_JSON_object_is_refused_in_OpenAI_s_shape(string body)
    {
        foreach (var path in new[] { "/v1/chat/completions", "/v1/responses", "/openai/responses/compact", "/api/projects/p/openai/v1/responses" })
        {
            var answer = await (await cluster.EchoAsync()).Client.PostTextAsync(path, body);
            Assert.Equal(400, answer.Status);
            Assert.Equal("invalid_request_error", answer.Json.GetProperty("error").GetProperty("type").GetString());
            Assert.DoesNotContain("System.", answer.Text, StringComparison.Ordinal);
        }
    }

    [Theory, MemberData(nameof(WrongCozeBodies))]
    public async Task A_wrong_type_is_refused_with_the_name_of_the_field_in_Coze_s_shape(string body, string field)
    {
        var answer = await (await cluster.EchoAsync()).Client.PostTextAsync("/v3/chat", body);
        Assert.Equal(200, answer.Status);
        Assert.Equal(4000, answer.Code);
        Assert.Contains(field, answer.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(WrongChatBodies))]
    public async Task A_wrong_type_is_refused_with_the_name_of_the_field_in_OpenAI_s_shape(string body, string field)
    {
        var answer = await (await cluster.EchoAsync()).Client.PostTextAsync("/v1/chat/completions", body);
        Assert.Equal(400, answer.Status);
        var error = answer.Json.GetProperty("error");
        Assert.StartsWith(field, error.GetProperty("param").GetString(), StringComparison.Ordinal);
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
    }

    [Fact]
    public async Task Invalid_UTF_8_is_refused_or_replaced_and_never_breaks_a_stream()
    {
        var client = (await cluster.EchoAsync()).Client;
        byte[] coze = [.. """{"bot_id":"echo","user_id":"u","additional_messages":[{"role":"user","content_type":"text","content":"a"""u8, 0xff, 0xc3, .. "\"}]}"u8];
        Assert.Equal(4000, (await client.PostBytesAsync("/v3/chat", coze)).Code);
        byte[] chat = [.. """{"model":"echo","messages":[{"role":"user","content":"a"""u8, 0xff, 0xc3, .. "\"}]}"u8];
        Assert.Equal(400, (await client.PostBytesAsync("/v1/chat/completions", chat)).Status);
    }

    [Theory]
    [InlineData("?conversation_id=abc&chat_id=1")]
    [InlineData("?conversation_id=99999999999999999999999&chat_id=1")]
    [InlineData("?conversation_id=-5&chat_id=-5")]
    [InlineData("?conversation_id=7710237672458944512&chat_id=7710237672458944520")]
    [InlineData("?conversation_id=%00&chat_id=%ff")]
    [InlineData("?conversation_id=&chat_id=")]
    [InlineData("")]
    public async Task Unknown_ids_are_refused_on_every_call(string query)
    {
        var client = (await cluster.EchoAsync()).Client;
        foreach (var path in new[] { "/v3/chat/retrieve", "/v3/chat/message/list", "/v1/conversation/retrieve", "/v1/conversation/message/retrieve" })
        {
            var answer = await client.GetPlainAsync(path + query);
            Assert.Equal(200, answer.Status);
            Assert.InRange(answer.Code, 4000, 4999);
        }
    }

    [Fact]
    public async Task A_body_over_20_MB_is_refused_in_each_protocol_s_shape()
    {
        var client = (await cluster.EchoAsync()).Client;
        var text = new string('a', 21 << 20);
        var coze = await client.PostAsync("/v3/chat", CozeCalls.Body("echo", text));
        Assert.Equal(200, coze.Status);
        Assert.True(coze.Code >= 4000, coze.Text);
        Assert.Contains("20", coze.Message, StringComparison.Ordinal);
        var chat = await client.PostAsync("/v1/chat/completions", new { model = "echo", messages = new[] { new { role = "user", content = text } } });
        Assert.Equal(413, chat.Status);
        Assert.NotEmpty(chat.Json.GetProperty("error").GetProperty("message").GetString()!);
    }

    [Fact]
    public async Task A_body_over_20_MB_in_chunks_is_refused_too()
    {
        var client = (await cluster.EchoAsync()).Client;
        var answer = await client.CallAsync(HttpMethod.Post, "/v3/chat", new Endless(21 << 20));
        Assert.True(answer.Code >= 4000, answer.Text);
    }

    [Fact]
    public async Task Any_content_type_is_accepted()
    {
        var client = (await cluster.EchoAsync()).Client;
        var content = new StringContent("""{"model":"echo","messages":[{"role":"user","content":"hi"}]}""", Encoding.UTF8, "text/plain");
        Assert.Equal(200, (await client.CallAsync(HttpMethod.Post, "/v1/chat/completions", content)).Status);
    }

    // A body whose length is not told.
    private sealed class Endless : HttpContent
    {
        private readonly int _length;

        public Endless(int length)
        {
            _length = length;
            Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            var piece = new byte[64 << 10];
            Array.Fill(piece, (byte)' ');
            for (var sent = 0; sent < _length; sent += piece.Length) await stream.WriteAsync(piece);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
