using System.Buffers;
using System.Text;
using Parley.Protocols.Recordings;

namespace Parley.Tests.Recordings;

public sealed class CredentialTests
{
    private const string Key = "pat_9f/8e+7d=6c5b";

    [Theory]
    [InlineData("Authorization", "Bearer " + Key)]
    [InlineData("authorization", Key)]
    [InlineData("api-key", Key)]
    [InlineData("x-api-key", Key)]
    [InlineData("X-Goog-Api-Key", Key)]
    [InlineData("Ocp-Apim-Subscription-Key", Key)]
    [InlineData("X-Amz-Security-Token", Key)]
    [InlineData("Cookie", "theme=dark; session=" + Key)]
    [InlineData("Set-Cookie", "session=" + Key + "; Path=/")]
    [InlineData("Proxy-Authorization", "Basic dXNlcjpwYXRfOWYvOGUrN2Q9NmM1Yg==")]
    public void A_header_that_holds_a_credential_is_stripped_and_the_others_are_not(string name, string value)
    {
        var headers = new ExchangeStripper().Headers([new("X-Copy", Key), new(name, value), new("Content-Type", "application/json"), new("x-conversation-key-count", "7")]);
        Assert.Equal([new("X-Copy", "***"), new(name, "***"), new("Content-Type", "application/json"), new("x-conversation-key-count", "7")], headers);
    }

    [Theory]
    [InlineData("/v1?key=K&alt=sse", "/v1?key=***&alt=sse")]
    [InlineData("/v1?a=1&access_token=K", "/v1?a=1&access_token=***")]
    [InlineData("/v1?authorization=Bearer%20K", "/v1?authorization=***")]
    [InlineData("/v1?api-key=K#top", "/v1?api-key=***#top")]
    [InlineData("/v1?sv=1&sig=K", "/v1?sv=1&sig=***")]
    [InlineData("/v1?to%6ben=K", "/v1?to%6ben=***")]
    [InlineData("/v1?conversation_id=7&page_token_size=2", "/v1?conversation_id=7&page_token_size=2")]
    public void A_query_loses_its_credentials(string path, string expected)
        => Assert.Equal(expected, new ExchangeStripper().Path(path.Replace("K", Key, StringComparison.Ordinal)));

    [Theory]
    [InlineData("""{"api_key":"K","text":"hi"}""", """{"api_key":"***","text":"hi"}""")]
    [InlineData("""{ "client_secret" : "K\"\\" , "n":1}""", """{ "client_secret" : "***" , "n":1}""")]
    [InlineData("""{"arguments":"{\"accessToken\":\"K\",\"city\":\"Rome\"}"}""", """{"arguments":"{\"accessToken\":\"***\",\"city\":\"Rome\"}"}""")]
    [InlineData("""{"arguments":"{\"password\":\""},"n":"{\"password\":\"K"}""", """{"arguments":"{\"password\":\""},"n":"{\"password\":\"***"}""")]
    [InlineData("""{"password":"","x":["password","K"]}""", """{"password":"","x":["password","K"]}""")]
    [InlineData("""{"max_tokens":"5","password":{"type":"string"}}""", """{"max_tokens":"5","password":{"type":"string"}}""")]
    public void A_member_whose_name_says_so_is_stripped_wherever_the_body_is_cut(string body, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            Assert.Equal(expected, Request(bytes, cut, isForm: false));
            Assert.Equal(expected, Answer(new ExchangeStripper(), bytes, cut));
        }
    }

    [Fact]
    public void A_form_loses_its_credentials()
        => Assert.Equal("grant_type=code&client_secret=***&code=***", Request(Encoding.UTF8.GetBytes("grant_type=code&client_secret=abc&code=def"), 0, isForm: true));

    [Fact]
    public void A_credential_of_the_request_is_stripped_from_the_answer_wherever_it_is_cut()
    {
        foreach (var form in new[] { Key, Uri.EscapeDataString(Key), "pat_9f\\/8e+7d=6c5b", "pat_9f/8e\\u002B7d=6c5b" })
        {
            var bytes = Encoding.UTF8.GetBytes($"data: 您的密钥 {form}pat_9f, {form}\n\n");
            for (var cut = 0; cut <= bytes.Length; cut++)
            {
                var exchange = new ExchangeStripper();
                exchange.Headers([new("Authorization", "Bearer " + Key)]);
                Assert.Equal("data: 您的密钥 ***pat_9f, ***\n\n", Answer(exchange, bytes, cut));
            }
        }
    }

    [Fact]
    public void Of_a_credential_whose_repetition_is_cut_short_no_beginning_stays()
    {
        for (var length = 1; length < Key.Length; length++)
        {
            var exchange = new ExchangeStripper();
            exchange.Headers([new("Authorization", "Bearer " + Key)]);
            var bytes = Encoding.UTF8.GetBytes("no such key: " + Key[..length]);
            Assert.Equal("no such key: ", Encoding.UTF8.GetString([.. exchange.Answer(bytes).Span, .. exchange.EndAnswer(isWhole: false).Span]));

            var kept = new ArrayBufferWriter<byte>();
            exchange.Request(bytes, kept);
            Assert.Equal("no such key: ", Encoding.UTF8.GetString(exchange.EndRequest(kept, isForm: false, isWhole: false).Span));
        }
    }

    [Fact]
    public void A_credential_of_the_request_s_body_is_stripped_from_the_answer()
    {
        var exchange = new ExchangeStripper();
        exchange.Request(Encoding.UTF8.GetBytes("{\"token\":\"swordfish-7\"}"), new ArrayBufferWriter<byte>());
        Assert.Equal("you said ***", Answer(exchange, Encoding.UTF8.GetBytes("you said swordfish-7"), 12));
    }

    [Fact]
    public void Words_that_only_look_like_credentials_stay_in_an_answer()
    {
        var exchange = new ExchangeStripper();
        exchange.Headers([new("Authorization", "Bearer any")]);
        const string Body = """data: {"logprobs":{"content":[{"token":"any","logprob":-1}]},"usage":{"total_tokens":3},"key":"any"}""" + "\n\n";
        Assert.Equal(Body, Answer(exchange, Encoding.UTF8.GetBytes(Body), 40));
    }

    [Fact]
    public void A_character_that_is_cut_comes_whole_with_the_second_piece()
    {
        var exchange = new ExchangeStripper();
        var bytes = Encoding.UTF8.GetBytes("星🙂");
        Assert.Equal(3, exchange.Answer(bytes.AsSpan(0, 5)).Length);
        Assert.Equal("🙂", Encoding.UTF8.GetString(exchange.Answer(bytes.AsSpan(5)).Span));
        Assert.Equal(0, exchange.EndAnswer(isWhole: true).Length);
    }

    [Fact]
    public void Bytes_that_are_no_text_pass_unchanged()
    {
        var exchange = new ExchangeStripper();
        byte[] bytes = [0xff, 0xe6, 0x98];
        Assert.Equal(bytes, exchange.Answer(bytes).ToArray().Concat(exchange.EndAnswer(isWhole: true).ToArray()));
    }

    private static string Request(byte[] body, int cut, bool isForm)
    {
        var exchange = new ExchangeStripper();
        var kept = new ArrayBufferWriter<byte>();
        exchange.Request(body.AsSpan(0, cut), kept);
        exchange.Request(body.AsSpan(cut), kept);
        return Encoding.UTF8.GetString(exchange.EndRequest(kept, isForm, isWhole: true).Span);
    }

    private static string Answer(ExchangeStripper exchange, byte[] body, int cut)
        => Encoding.UTF8.GetString([.. exchange.Answer(body.AsSpan(0, cut)).Span, .. exchange.Answer(body.AsSpan(cut)).Span, .. exchange.EndAnswer(isWhole: true).Span]);
}
