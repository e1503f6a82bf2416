using System.Text;
using Parley.Protocols;
using Parley.Runs;
using Parley.Tests.ChatCompletions;
using Parley.Tests.Coze;
using Parley.Tests.Events;
using Parley.Tests.Responses;
using Parley.Tests.Tongyi;

namespace Parley.Tests.Guards;

/// <summary>The law of each protocol's stream, broken by hand.</summary>
public sealed class WireGuardTests
{
    private static readonly RunEvent[] Answer =
    [
        new RunStarted(), new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Text), new PartDelta(0, 0, "one"), new PartDelta(0, 0, "two"),
        new PartCompleted(0, 0), new ItemCompleted(0), new ItemStarted(1, new ToolCallItem("call_a", "f", RunBy.Client)), new PartStarted(1, 0, PartKind.Input),
        new PartDelta(1, 0, "{}"), new PartCompleted(1, 0), new ItemCompleted(1), new RunSuspended([new CallFunction(1)], new Usage(1, 2)),
    ];

    public static TheoryData<string> Protocols => [.. StreamFormat.Names];

    [Theory]
    [MemberData(nameof(Protocols))]
    public void Whatever_a_legal_run_says_its_stream_is_lawful(string protocol)
    {
        var format = StreamFormat.Of(protocol);
        for (var seed = 0; seed < 1000; seed++)
        {
            foreach (var events in (List<RunEvent>[])[new RandomRuns(seed).Next(), ChatRuns.Next(new Random(seed))])
                Guarded.AssertLawful(format.Protocol, Written(format, events), Guarded.AnyLoss, $"seed {seed}");
        }
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public void Where_the_bytes_are_cut_does_not_matter(string protocol)
    {
        var format = StreamFormat.Of(protocol);
        var bytes = Written(format, Answer);
        for (var piece = 1; piece < 50; piece++)
        {
            var guard = new WireGuard(format);
            for (var at = 0; at < bytes.Length; at += piece) guard.Check(bytes.AsSpan(at, Math.Min(piece, bytes.Length - at)));
            guard.End([]);
            Assert.Null(guard.Broken);

            // Tongyi and the applications of DashScope have no word for calls.
            Assert.Equal(protocol is not ("dashscope-app" or "tongyi"), guard.State.End is RunSuspended);
        }
    }

    [Theory]
    [InlineData("coze", "event:conversation.chat.created", ": ping\nevent:conversation.chat.created", "event 0: it is not one event line and one data line")]
    [InlineData("coze", "event:conversation.chat.created", "id:1\nevent:conversation.chat.created", "event 0: it is not one event line and one data line")]
    [InlineData("coze", "event:conversation.chat.created\ndata:", "event: conversation.chat.created\ndata: ", "event 0: it has the framing of another path")]
    [InlineData("coze-workflow", "event: conversation.chat.created\ndata: ", "event:conversation.chat.created\ndata:", "event 0: it is not one event line and one data line")]
    [InlineData("coze", "event:done\ndata:\"[DONE]\"", "event:done\ndata:", "event 8: it lacks its name or its data")]
    [InlineData("coze", "data:{\"id\"", "data:{\ndata:\"id\"", "event 0: it has a line too many")]
    [InlineData("coze", "event:conversation.chat.created\ndata:{", "event:conversation.chat.created\ndata:{{", "event 0: its data is not a JSON object")]
    [InlineData("coze", "event:conversation.chat.created", "event:conversation.chat.in_progress", "event 0: the chat's own events are out of order")]
    [InlineData("coze", "event:conversation.chat.in_progress", "event:conversation.chat.created", "event 1: the chat's own events are out of order")]
    [InlineData("coze", "event:conversation.chat.in_progress", "event:conversation.message.delta", "event 1: it comes before the chat is in progress")]
    [InlineData("coze", "\"type\":\"answer\",\"content\":\"one\"", "\"type\":\"verbose\",\"content\":\"one\"", "event 2: something streams that is no answer")]
    [InlineData("coze", "\"content\":\"onetwo\"", "\"content\":\"other\"", "event 8: read back, a text is not what was streamed, and the run does not say so")]
    [InlineData("coze", "\"id\":\"7710237672458944528\",\"conversation_id\":\"7710237672458944512\",\"bot_id\":\"7478675888952246323\",\"role\":\"assistant\",\"type\":\"answer\",\"content\":\"onetwo\"", "\"id\":\"5\",\"type\":\"answer\",\"content\":\"onetwo\"", "event 7: a message has streamed and was not completed")]
    [InlineData("coze", "event:done", "event:conversation.chat.completed", "event 8: it comes after the end of the chat")]
    [InlineData("coze", "event:done\ndata:\"[DONE]\"\n\n", "", "event 8: there is no end")]
    [InlineData("coze", "event:done\ndata:\"[DONE]\"\n\n", "event:done\ndata:\"[DONE]\"\n\nevent:ping\ndata:{}\n\n", "event 9: it comes after the end")]
    [InlineData("coze", "event:done\ndata:\"[DONE]\"\n\n", "event:done\ndata:\"[DONE]\"", "event 8: it is cut short")]
    [InlineData("chat-completions", "data: {\"id\"", "data:{\"id\"", "event 0: it is not one data line")]
    [InlineData("chat-completions", "data: {\"id\"", ": ping\ndata: {\"id\"", "event 0: it is not one data line")]
    [InlineData("chat-completions", "data: {\"id\"", "data: {{\"id\"", "event 0: its data is not a JSON object")]
    [InlineData("chat-completions", "\"delta\":{\"role\":\"assistant\",", "\"delta\":{", "event 0: the role is not told in the first chunk alone")]
    [InlineData("chat-completions", "\"delta\":{\"content\":\"one\"", "\"delta\":{\"role\":\"assistant\",\"content\":\"one\"", "event 1: the role is not told in the first chunk alone")]
    [InlineData("chat-completions", "\"index\":0,\"id\":\"call_a\"", "\"index\":1,\"id\":\"call_a\"", "event 3: a call is numbered out of order")]
    [InlineData("chat-completions", "\"id\":\"call_a\",", "", "event 3: a call's id and name are not told in its first piece alone")]
    [InlineData("chat-completions", "\"function\":{\"arguments\":\"{}\"}", "\"id\":\"call_a\",\"function\":{\"arguments\":\"{}\"}", "event 4: a call's id and name are not told in its first piece alone")]
    [InlineData("chat-completions", "\"logprobs\":null,\"finish_reason\":null", "\"finish_reason\":\"stop\"", "event 1: only the usage may follow the finish reason")]
    [InlineData("chat-completions", "\"finish_reason\":\"tool_calls\"", "\"finish_reason\":null", "event 6: the usage comes before the finish reason")]
    [InlineData("chat-completions", "data: [DONE]\n\n", "", "event 7: there is no [DONE]")]
    [InlineData("chat-completions", "data: [DONE]\n\n", "data: [DONE]\n\ndata: [DONE]\n\n", "event 8: it comes after [DONE]")]
    [InlineData("chat-completions", "data: [DONE]\n\n", "data: {\"error\":{\"message\":\"x\"}}\n\ndata: [DONE]\n\n", "event 7: only [DONE] may follow the end")]
    [InlineData("chat-completions", "\"tool_calls\"}],\"usage\":null}\n\n", "\"tool_calls\"}],\"usage\":null}\n\ndata: {\"error\":{\"message\":\"x\"}}\n\n", "event 6: an error comes after the finish reason")]
    [InlineData("chat-completions", "data: [DONE]\n\n", "data: [DONE]", "event 7: it is cut short")]
    [InlineData("tongyi", "data: {\"aiDisclaimer\"", "data:{\"aiDisclaimer\"", "event 0: it is not one data line")]
    [InlineData("tongyi", "data: {\"aiDisclaimer\"", ": ping\ndata: {\"aiDisclaimer\"", "event 0: it is not one data line")]
    [InlineData("tongyi", "data: {\"aiDisclaimer\"", "data: {{\"aiDisclaimer\"", "event 0: its data is not a JSON object")]
    [InlineData("tongyi", "\"sessionId\":\"6b00445000c000006b00445000c00000\"", "\"sessionId\":\"\"", "event 0: it lacks an id")]
    [InlineData("tongyi", "\"pkgId\":2,\"sessionId\":\"6", "\"pkgId\":2,\"sessionId\":\"7", "event 1: it has other ids than the first")]
    [InlineData("tongyi", "\"pkgId\":0", "\"pkgId\":1", "event 0: the first number is not 0")]
    [InlineData("tongyi", "\"pkgId\":3", "\"pkgId\":2", "event 2: its number does not grow")]
    [InlineData("tongyi", "\"pkgId\":3,", "", "event 2: not all frames have a number")]
    [InlineData("tongyi", "\"msgStatus\":\"generating\"", "\"msgStatus\":\"processing\"", "event 0: it is neither under way nor finished")]
    [InlineData("tongyi", "\"params\":{\"deepResearch\":false}", "\"stopReason\":\"null\"", "event 0: the first frame has a reason to stop")]
    [InlineData("tongyi", "\"incremental\":false,\"msgId\"", "\"contents\":[],\"incremental\":false,\"msgId\"", "event 0: the first frame has contents")]
    [InlineData("tongyi", "\"stopReason\":\"null\",", "", "event 1: it has no reason to stop, which is the end to some")]
    [InlineData("tongyi", "\"stopReason\":\"null\"", "\"stopReason\":\"stop\"", "event 1: its reason to stop is not that of its status")]
    [InlineData("tongyi", "\"stopReason\":\"stop\"", "\"stopReason\":\"null\"", "event 3: its reason to stop is not that of its status")]
    [InlineData("tongyi", "\"contents\":[{\"content\":\"one\"", "\"errorCode\":\"X\",\"contents\":[{\"content\":\"one\"", "event 1: an error is not the end")]
    [InlineData("tongyi", "c00008_0\"", "c00009_0\"", "event 1: an item's id is not made of the message's")]
    [InlineData("tongyi", "c00008_0\"", "c00008_1\"", "event 1: an item is numbered out of order")]
    [InlineData("tongyi", "\"index\":0,\"role\":\"assistant\"", "\"index\":0,\"role\":\"other\"", "event 1: an item is not the assistant's")]
    [InlineData("tongyi", "\"incremental\":true,\"index\"", "\"index\"", "event 1: an item is of another dialect than the frame")]
    [InlineData("tongyi", "\"status\":\"finished\"", "\"status\":\"generating\"", "event 3: an item is not whole at the end")]
    [InlineData("tongyi", "\"contents\":[{\"content\":\"onetwo\"", "\"contents\":[],\"x\":[{\"content\":\"onetwo\"", "event 3: an item is missing at the end")]
    [InlineData("tongyi", "\"content\":\"onetwo\"", "\"content\":\"other\"", "event 4: read back, a text is not what was streamed, and the run does not say so")]
    [InlineData("tongyi", "data: [DONE]\n\n", "", "event 4: there is no [DONE]")]
    [InlineData("tongyi", "data: [DONE]\n\n", "data: [DONE]\n\ndata: [DONE]\n\n", "event 5: it comes after [DONE]")]
    [InlineData("tongyi", "data: [DONE]\n\n", "data: {\"errorCode\":\"x\"}\n\ndata: [DONE]\n\n", "event 4: only [DONE] may follow the end")]
    [InlineData("tongyi", "data: [DONE]\n\n", "data: [DONE]", "event 4: it is cut short")]
    [InlineData("dashscope", "id:1\n", "", "event 0: it is not an id, a name, a status and a data line")]
    [InlineData("dashscope", "id:1\n", "id:2\n", "event 0: it is not numbered by its place")]
    [InlineData("dashscope", "event:result", "event:answer", "event 0: it is not an id, a name, a status and a data line")]
    [InlineData("dashscope", ":HTTP_STATUS/200", ":HTTP_STATUS/500", "event 0: its status is not that of its name")]
    [InlineData("dashscope", "data:{\"output\"", "data:{{\"output\"", "event 0: its data is not a JSON object")]
    [InlineData("dashscope", "\"output\"", "\"input\"", "event 0: it is neither an answer nor an error")]
    [InlineData("dashscope", "\"request_id\":\"", "\"request_id\":\"x", "event 1: it has another request_id than the first")]
    [InlineData("dashscope", "\"finish_reason\":\"null\"", "\"finish_reason\":\"stop\"", "event 1: it comes after the end")]
    [InlineData("dashscope", "\"finish_reason\":\"tool_calls\"", "\"finish_reason\":\"null\"", "event 5: there is no finish reason")]
    [InlineData("dashscope", "\"index\":0,\"id\":\"call_a\"", "\"index\":1,\"id\":\"call_a\"", "event 2: a call is numbered out of order")]
    [InlineData("dashscope", "\"id\":\"call_a\",", "", "event 2: a call's id and name are not told in its first piece alone")]
    [InlineData("dashscope", "\"id\":\"\",\"type\"", "\"id\":\"call_a\",\"type\"", "event 3: a call's id and name are not told in its first piece alone")]
    [InlineData("dashscope-app", "id:1\n", "", "event 0: it is not an id, a name, a status and a data line")]
    public void A_broken_rule_is_told_with_the_event_that_broke_it(string protocol, string part, string broken, string violation)
    {
        var format = StreamFormat.Of(protocol);
        var stream = Encoding.UTF8.GetString(Written(format, Answer));
        var at = stream.IndexOf(part, StringComparison.Ordinal);
        Assert.True(at >= 0, stream);
        Assert.Equal(violation, Check(format, stream[..at] + broken + stream[(at + part.Length)..])?.ToString());
    }

    [Theory]
    [InlineData("coze", 2, 6, "event 6: a message streams that was completed")]
    [InlineData("coze", 4, 6, "event 6: a message is completed twice")]
    [InlineData("coze", 8, 3, "event 4: it comes after the end")]
    [InlineData("chat-completions", 6, 3, "event 3: the usage comes before the finish reason")]
    [InlineData("chat-completions", 7, 3, "event 3: [DONE] comes before the end")]
    [InlineData("tongyi", 4, 2, "event 2: [DONE] comes before the end")]
    public void An_event_in_the_wrong_place_is_a_violation(string protocol, int from, int to, string violation)
    {
        var format = StreamFormat.Of(protocol);
        var frames = Encoding.UTF8.GetString(Written(format, Answer)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries).ToList();
        frames.Insert(to, frames[from]);
        Assert.Equal(violation, Check(format, string.Concat(frames.Select(frame => frame + "\n\n")))?.ToString());
    }

    [Fact]
    public void Chunks_of_two_completions_are_a_violation()
    {
        var format = StreamFormat.Of(Protocol.ChatCompletions);
        var stream = Encoding.UTF8.GetString(Written(format, Answer));
        var second = stream.IndexOf("data: ", 10, StringComparison.Ordinal);
        Assert.Equal("event 1: a chunk has another id, time or model than the first", Check(format, stream[..second] + stream[second..].Replace("chatcmpl-", "chatcmpl-9", StringComparison.Ordinal))?.ToString());
    }

    private static byte[] Written(StreamFormat format, IEnumerable<RunEvent> events)
        => Streams.Write(format.NewWriter(HeaderOf(format.Protocol), false), RandomRuns.LogOf(events));

    private static Run HeaderOf(Protocol protocol)
        => protocol == Protocol.ChatCompletions ? ChatWire.Header() : protocol == Protocol.Responses ? ResponsesWire.Header() : protocol == Protocol.Tongyi ? TongyiWire.Header() : CozeRuns.Header(protocol);

    private static Violation? Check(StreamFormat format, string stream)
    {
        var guard = new WireGuard(format);
        guard.Check(Encoding.UTF8.GetBytes(stream));
        guard.End([]);
        return guard.Broken;
    }
}
