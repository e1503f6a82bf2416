using System.Text;
using Parley.Cli;
using Parley.Cli.Conversion;
using Parley.Protocols;
using Parley.Protocols.Recordings;
using Parley.Tests.Events;
using Parley.Tests.Tongyi;

namespace Parley.Tests.Cli;

public sealed class StreamConverterTests
{
    private const string Coze = """
        event:conversation.chat.created
        data:{"id":"740","conversation_id":"741","bot_id":"742","created_at":1795219497,"last_error":{"code":0,"msg":""},"status":"created"}

        event:conversation.message.delta
        data:{"id":"743","conversation_id":"741","bot_id":"742","role":"assistant","type":"answer","content":"Hel","content_type":"text","chat_id":"740"}

        event:conversation.message.delta
        data:{"id":"743","conversation_id":"741","bot_id":"742","role":"assistant","type":"answer","content":"lo 你好","content_type":"text","chat_id":"740"}

        event:conversation.message.completed
        data:{"id":"743","conversation_id":"741","bot_id":"742","role":"assistant","type":"answer","content":"Hello 你好","content_type":"text","chat_id":"740"}

        event:conversation.chat.completed
        data:{"id":"740","conversation_id":"741","bot_id":"742","created_at":1795219497,"completed_at":1795219498,"status":"completed","usage":{"token_count":7,"output_count":4,"input_count":3}}

        event:done
        data:"[DONE]"


        """;

    private const string Chat = """
        data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m-1","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

        data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m-1","choices":[{"index":0,"delta":{"reasoning_content":"Hm"},"finish_reason":null}]}

        data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m-1","choices":[{"index":0,"delta":{"content":"Yes"},"finish_reason":null}]}

        data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m-1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

        data: [DONE]


        """;

    [Fact]
    public async Task Coze_becomes_chat_completions()
    {
        var (text, problem) = await ConvertAsync(Coze, "coze", "chat-completions");
        Assert.Null(problem);
        Assert.Contains("\"delta\":{\"content\":\"Hel\"}", text, StringComparison.Ordinal);
        Assert.Contains("\"delta\":{\"content\":\"lo 你好\"}", text, StringComparison.Ordinal);
        Assert.Contains("\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7", text, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_completions_becomes_coze()
    {
        var (text, problem) = await ConvertAsync(Chat, "chat-completions", "coze");
        Assert.Null(problem);
        Assert.Contains("\"bot_id\":\"m-1\"", text, StringComparison.Ordinal);
        Assert.Contains("\"reasoning_content\":\"Hm\"", text, StringComparison.Ordinal);
        Assert.Contains("event:conversation.message.completed\ndata:", text, StringComparison.Ordinal);
        Assert.EndsWith("event:done\ndata:\"[DONE]\"\n\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chat_becomes_a_chatflow_with_its_framing()
    {
        var (text, _) = await ConvertAsync(Coze, "coze", "coze-workflow");
        Assert.StartsWith("event: conversation.chat.created\ndata: {", text, StringComparison.Ordinal);
        Assert.DoesNotContain("bot_id", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Within_one_protocol_the_peers_ids_are_kept()
    {
        var (text, _) = await ConvertAsync(Coze, "coze", "coze");
        Assert.Contains("\"id\":\"743\",\"conversation_id\":\"741\",\"bot_id\":\"742\"", text, StringComparison.Ordinal);
        (text, _) = await ConvertAsync(Chat, "chat-completions", "chat-completions");
        Assert.All(text.Split("\n\n")[..^2], chunk => Assert.StartsWith("data: {\"id\":\"chatcmpl-1\",", chunk, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_same_input_gives_the_same_output()
        => Assert.Equal(await ConvertAsync(Chat, "chat-completions", "coze"), await ConvertAsync(Chat, "chat-completions", "coze"));

    [Theory]
    [InlineData("", "coze")]
    [InlineData("no stream at all\n\n", "coze")]
    [InlineData("data: {\"object\":\"chat.completion.chunk\"\n\n", "chat-completions")]
    public async Task What_is_not_a_stream_is_told(string input, string from)
    {
        var (_, problem) = await ConvertAsync(input, from, from);
        Assert.NotNull(problem);
    }

    [Theory]
    [InlineData("{\"code\":4016,\"msg\":\"A chat is running.\",\"detail\":{\"logid\":\"1\"}}", "coze", "coze", "\"code\":4016,\"msg\":\"A chat is running.\"")]
    [InlineData("\n {\n\"code\":4016,\n\n\"msg\":\"A chat is running.\"}\n", "coze", "coze", "\"code\":4016,\"msg\":\"A chat is running.\"")]
    [InlineData("{\"error\":{\"message\":\"No.\",\"type\":\"invalid_request_error\",\"code\":\"bad\"}}", "chat-completions", "chat-completions", "\"message\":\"No.\"")]
    public async Task A_plain_error_is_a_stream_that_fails(string input, string from, string to, string expected)
    {
        var (text, problem) = await ConvertAsync(input, from, to);
        Assert.Null(problem);
        Assert.Contains(expected, text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"debug_url\":\"https://www.coze.cn/work_flow?execute_id=7\"}", "{\"debug_url\":\"https://www.coze.cn/work_flow?execute_id=7\"}")]
    [InlineData("{}", "{}")]
    [InlineData("\"[DONE]\"", "{}")]
    public async Task Where_a_chatflow_can_be_looked_at_is_kept(string done, string expected)
    {
        var (text, _) = await ConvertAsync(Coze.Replace("\"[DONE]\"", done, StringComparison.Ordinal), "coze-workflow", "coze-workflow");
        Assert.EndsWith($"event: done\ndata: {expected}\n\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_is_told_after_what_there_was()
    {
        var (text, problem) = await ConvertAsync(Coze[..Coze.IndexOf("event:conversation.message.completed", StringComparison.Ordinal)], "coze", "chat-completions");
        Assert.NotNull(problem);
        Assert.Contains("lo 你好", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_of_any_length_passes()
    {
        var deltas = string.Concat(Enumerable.Range(0, 20_000).Select(number =>
            $"event:conversation.message.delta\ndata:{{\"id\":\"743\",\"conversation_id\":\"741\",\"role\":\"assistant\",\"type\":\"answer\",\"content\":\"{number} \",\"content_type\":\"text\",\"chat_id\":\"740\"}}\n\n"));
        var end = "event:conversation.chat.completed\ndata:{\"id\":\"740\",\"conversation_id\":\"741\",\"status\":\"completed\"}\n\nevent:done\ndata:\"[DONE]\"\n\n";
        var (text, problem) = await ConvertAsync(Coze[..Coze.IndexOf("event:conversation.message.delta", StringComparison.Ordinal)] + deltas + end, "coze", "chat-completions");
        Assert.Null(problem);
        Assert.Equal(20_000, text.Split("\"delta\":{\"content\":\"").Length - 1);
    }

    [Theory]
    [InlineData(null, "Moin! Which harbour would you like to see?")]
    [InlineData(1, "Moin! Which harbour would you like to see?")]
    [InlineData(2, "Hamburg it is then! Shall I look up the tides?")]
    public async Task Streams_that_were_copied_with_their_requests_and_remarks_are_exchanges(int? number, string text)
    {
        var recording = Recording.Open(Path.Combine(AppContext.BaseDirectory, "Tongyi", "Golden", "two-turns.txt"));
        Assert.Equal([Protocol.Tongyi, Protocol.Tongyi], recording.Exchanges.Select(exchange => exchange.Protocol));
        foreach (var to in StreamFormat.All)
        {
            var (output, problem) = await ConvertAsync(recording.Answer(InspectCommand.Find(recording, number)), StreamFormat.Of(Protocol.Tongyi), to);
            Assert.Null(problem);
            Assert.Equal(text, TongyiWire.TextOf(Streams.Read(to.NewReader(), Encoding.UTF8.GetBytes(output))));
        }
    }

    [Fact]
    public async Task Tongyi_keeps_its_peers_ids_and_is_made_of_any_other()
    {
        var recording = Recording.Open(Path.Combine(AppContext.BaseDirectory, "Tongyi", "Golden", "two-turns.txt"));
        using var body = new MemoryStream();
        foreach (var data in recording.Answer(recording.Exchanges[1]).OfType<RecordedData>()) body.Write(data.Bytes.Span);
        var copied = Encoding.UTF8.GetString(body.ToArray());
        var (same, _) = await ConvertAsync(copied, "tongyi", "tongyi");
        Assert.EndsWith(same.TrimEnd('\n'), copied.TrimEnd('\n'), StringComparison.Ordinal);
        Assert.StartsWith("data: {\"aiDisclaimer\"", same, StringComparison.Ordinal);
        var (text, problem) = await ConvertAsync(Chat, "chat-completions", "tongyi");
        Assert.Null(problem);
        Assert.Contains("""{"content":"{\"content\":\"Hm\"}","contentType":"think",""", text, StringComparison.Ordinal);
    }

    private static Task<(string Text, string? Problem)> ConvertAsync(string input, string from, string to, bool isWhole = false)
        => ConvertAsync([new RecordedResponse(1, 0, 200, []), new RecordedData(1, 0, Encoding.UTF8.GetBytes(input)), new RecordedEnd(1, 0, ExchangeEnd.Complete)], StreamFormat.Of(from), StreamFormat.Of(to), isWhole);

    private static async Task<(string Text, string? Problem)> ConvertAsync(IEnumerable<RecordingEntry> answer, StreamFormat from, StreamFormat to, bool isWhole = false)
    {
        using var written = new MemoryStream();
        using var converter = new StreamConverter(from, to, isWhole);
        foreach (var entry in answer.Append(null))
            await converter.TakeAsync(entry, bytes => written.WriteAsync(bytes, TestContext.Current.CancellationToken));
        return (Encoding.UTF8.GetString(written.ToArray()), converter.Problem?.Message);
    }
}
