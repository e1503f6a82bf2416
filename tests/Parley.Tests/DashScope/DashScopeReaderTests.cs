using System.Text;
using Parley.Protocols.DashScope;
using Parley.Protocols.Json;
using Parley.Protocols.Sse;
using Parley.Runs;
using Parley.Tests.ChatCompletions;
using Parley.Tests.Events;

namespace Parley.Tests.DashScope;

public sealed class DashScopeReaderTests
{
    private const string Done = "\"finish_reason\":\"stop\"";

    [Fact]
    public void A_models_stream_is_reasoning_then_a_message_and_the_last_usage_counts()
    {
        var events = Read(
            null,
            """{"output":{"choices":[{"message":{"content":"","reasoning_content":"Hm","role":"assistant"},"finish_reason":"null"}]},"usage":{"total_tokens":19,"output_tokens":3,"input_tokens":16},"request_id":"r"}""",
            """{"output":{"choices":[{"message":{"content":"Tw","reasoning_content":"","role":"assistant"},"finish_reason":"null"}]},"usage":{"total_tokens":20,"output_tokens":4,"input_tokens":16},"request_id":"r"}""",
            """{"output":{"choices":[{"message":{"content":"o.","reasoning_content":"","role":"assistant"},"finish_reason":"null"}]},"usage":{"total_tokens":21,"output_tokens":5,"input_tokens":16},"request_id":"r"}""",
            """{"output":{"choices":[{"message":{"content":"","role":"assistant"},"finish_reason":"stop"}]},"usage":{"total_tokens":22,"output_tokens":6,"input_tokens":16,"output_tokens_details":{"reasoning_tokens":2},"prompt_tokens_details":{"cached_tokens":9}},"request_id":"r"}""");
        Assert.Equal(
            """
            started -
            0 reasoning
            0.0 ReasoningText
            0.0 'Hm'
            0.0 end
            0 Completed
            1 message
            1.0 Text
            1.0 'Tw'
            1.0 'o.'
            1.0 end
            1 Completed
            completed stop 16+6=22 cached 9 reasoning 2
            """, ChatWire.Lines(events));
    }

    [Theory]
    [InlineData(null, "Hel|lo|", "Hel|lo", "Hello")]
    [InlineData(null, "Hel|Hello|Hello 你|Hello 你好", "Hel|lo| 你|好", "Hello 你好")]
    [InlineData(null, "|Hel|Hello|Hello", "Hel|lo", "Hello")]
    [InlineData(false, "a|ab|ab", "a|b", "ab")]
    [InlineData(true, "a|ab|", "a|ab", "aab")]
    [InlineData(true, "ha|ha|ha", "ha|ha|ha", "hahaha")]

    // By chance the second piece begins with the first: the text is put right at its end.
    [InlineData(null, "a|ab|c|", "a|b|c", "aabc")]
    [InlineData(null, "a|ab|", "a|b", "aab")]
    [InlineData(null, "ha|ha|", "ha|ha", "haha")]

    // It shrinks: what the peer said last is the text.
    [InlineData(false, "Secret plans|Secret", "Secret plans", "Secret")]
    [InlineData(false, "Secret plans|Secret|Secret garden", "Secret plans", "Secret garden")]
    [InlineData(false, "one two|one|one two three", "one two| three", "one two three")]

    // It mixes both ways: what has nothing of what was said is a piece.
    [InlineData(false, "Good |Good day|, Sir|Good day, Sir!", "Good |day|, Sir|!", "Good day, Sir!")]
    [InlineData(false, "e|e\u0301", "e|\u0301", "e\u0301")]
    public void Texts_come_in_pieces_or_whole_each_time(bool? inPieces, string told, string deltas, string text)
    {
        var frames = told.Split('|').Select(one => $$$"""{"output":{"choices":[{"message":{"content":"{{{one}}}"},"finish_reason":"null"}]}}""").ToList();
        frames[^1] = frames[^1].Replace("\"null\"", "\"stop\"", StringComparison.Ordinal);
        var events = Read(inPieces, [.. frames]);
        Assert.Equal(deltas, string.Join('|', events.OfType<PartDelta>().Select(delta => delta.Text)));
        var state = ChatWire.Fold(events);
        Assert.Equal(text, Assert.Single(state.Items).Text);
        Assert.IsType<RunCompleted>(state.End);
    }

    [Fact]
    public void Half_a_character_waits_for_its_other_half()
    {
        Assert.Equal("x🌊", TextOf(Read(true, Content("x\\ud83c"), Content("\\udf0a"), End)));
        Assert.Equal("x🌊", TextOf(Read(false, Content("x\\ud83c"), Content("x\\ud83c\\udf0a"), End.Replace("\"\"", "\"x\\ud83c\\udf0a\"", StringComparison.Ordinal))));
        Assert.Equal("x🌊", TextOf(Read(null, Content("x\\ud83c"), Content("\\udf0a"), End)));
        Assert.Equal("x\ufffd", TextOf(Read(true, Content("x\\ud83c"), End)));
    }

    [Theory]
    [InlineData("""{"n": |1}""", true)]
    [InlineData("""{"n": |1}""", null)]
    [InlineData("""{"n": |{"n": 1}|{"n": 1}""", false)]
    [InlineData("""{"n": |{"n": 1}|{"n": 1}""", null)]
    public void Calls_are_for_the_client_whether_their_arguments_come_in_pieces_or_whole(string arguments, bool? inPieces)
    {
        var frames = arguments.Split('|').Select((piece, i) =>
            $$$"""{"output":{"choices":[{"message":{"content":"","tool_calls":[{"index":0,"id":"{{{(i == 0 || inPieces == false ? "call_1" : "")}}}","type":"function","function":{{{{(i == 0 || inPieces == false ? "\"name\":\"f\"," : "")}}}"arguments":"{{{piece.Replace("\"", "\\\"", StringComparison.Ordinal)}}}"}}]},"finish_reason":"null"}]}}""");
        var state = ChatWire.Fold(Read(inPieces, [.. frames, """{"output":{"choices":[{"message":{"content":""},"finish_reason":"tool_calls"}]}}"""]));
        Assert.Equal("""{"n": 1}""", Assert.Single(state.Items).Input);
        Assert.Equal(new ToolCallItem("call_1", "f", RunBy.Client), state.Items[0].Head);
        Assert.Equal([new CallFunction(0)], Assert.IsType<RunSuspended>(state.End).Required);
    }

    [Fact]
    public void An_application_tells_its_session_its_thoughts_what_it_did_and_its_documents()
    {
        const string Rag = """{"action_type":"agentRag","action_name":"Search","action":"rag","arguments":"{}","observation":"[1]"}""";
        const string Session = "\"session_id\":\"s1\"";
        var events = Read(
            true,
            $$$"""{"output":{{{{Session}}},"finish_reason":"null","text":"","thoughts":[{{{Rag}}},{"thought":"Look","response":"Look","action_type":"reasoning"}]},"usage":{"models":[{"model_id":"q","input_tokens":3,"output_tokens":1},{"model_id":"r","input_tokens":4,"output_tokens":5}]},"request_id":"r"}""",
            $$$"""{"output":{{{{Session}}},"finish_reason":"null","text":"","thoughts":[{{{Rag}}},{"thought":" here","action_type":"reasoning"}]},"request_id":"r"}""",
            $$$"""{"output":{{{{Session}}},"finish_reason":"null","text":"Here","doc_references":[{"title":"T","doc_name":"d.pdf","text":"x","index_id":"1"}]},"request_id":"r"}""",
            $$$"""{"output":{{{{Session}}},{{{Done}}},"text":"","doc_references":[{"title":"T","doc_name":"d.pdf","text":"x","index_id":"1"}]},"request_id":"r"}""");
        var started = Assert.IsType<RunStarted>(events[0]);
        Assert.Equal(("q", "s1"), (started.Model, DashScopeUpstream.Of(started.Upstream)!.Session));
        var state = ChatWire.Fold(events);
        Assert.Equal(new Item[] { new ToolCallItem("call_1", "Search", RunBy.Server), new ToolResultItem("call_1"), new ReasoningItem(), new MessageItem(Role.Assistant), new RecallItem([new Source("T", null, "x", Document: "d.pdf")]) }, state.Items.Select(item => item.Head));
        Assert.Equal(("{}", "[1]", "Look here", "Here"), (state.Items[0].Input, state.Items[1].Text, state.Items[2].Reasoning, state.Items[3].Text));
        Assert.Equal(new Usage(7, 6), state.End!.Usage);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Thoughts_that_are_told_again_beside_the_answer_are_not_said_again(bool inPieces)
    {
        const string Thought = "\"thoughts\":[{\"thought\":\"Look at the chart\",\"action_type\":\"reasoning\"}]";
        var events = Read(
            inPieces,
            $$$"""{"output":{"finish_reason":"null","text":"",{{{Thought}}}}}""",
            $$$"""{"output":{"finish_reason":"null","text":"A",{{{Thought}}}}}""",
            $$$"""{"output":{{{{Done}}},"text":"{{{(inPieces ? "" : "A")}}}",{{{Thought}}}}}""");
        var state = ChatWire.Fold(events);
        Assert.Equal(["Look at the chart", "A"], state.Items.Select(item => item.Text + item.Reasoning));
    }

    [Fact]
    public void What_was_found_in_the_web_is_a_recall_though_later_frames_tell_nothing_of_it()
    {
        var state = ChatWire.Fold(Read(
            true,
            """{"output":{"choices":[{"message":{"content":""},"finish_reason":"null"}],"search_info":{"search_results":[{"index":1,"title":"T","url":"https://t.test/","site_name":"S","icon":""}]}},"usage":{}}""",
            """{"output":{"choices":[{"message":{"content":"A"},"finish_reason":"stop"}],"search_info":{"extra_tool_info":[],"search_results":[]}}}"""));
        Assert.Equal(new RecallItem([new Source("T", "https://t.test/")]), state.Items[1].Head);
        Assert.Null(state.End!.Usage);
    }

    [Theory]
    [InlineData("InvalidApiKey", ErrorCause.Unauthorised, "The agent's server refused the agent's key.")]
    [InlineData("Throttling.RateQuota", ErrorCause.Limit, "The agent's server takes no more requests for now.")]
    [InlineData("Arrearage", ErrorCause.Limit, "The agent's server takes no more requests for now.")]
    [InlineData("InvalidParameter", ErrorCause.Rejected, "Told.")]
    [InlineData("DataInspectionFailed", ErrorCause.Rejected, "Told.")]
    [InlineData("InternalError.Algo", ErrorCause.Unavailable, "The agent's server failed.")]
    [InlineData("SomethingNew", ErrorCause.Unavailable, "The agent's server failed.")]
    public void An_error_ends_the_answer_and_what_the_peer_says_of_itself_stays_here(string code, ErrorCause cause, string message)
    {
        var stream = $"id:1\nevent:result\n:HTTP_STATUS/200\ndata:{Content("Be")}\n\nid:2\nevent:error\n:HTTP_STATUS/400\ndata:{{\"code\":\"{code}\",\"message\":\"Told.\",\"request_id\":\"r\"}}\n\n";
        var events = Streams.Read(new DashScopeReader(true), Encoding.UTF8.GetBytes(stream));
        var error = Assert.IsType<RunFailed>(events[^1]).Error;
        Assert.Equal((ErrorSide.Agent, cause, code, message, true), (error.Side, error.Cause, error.Code, error.Message, error.Public));
        Assert.Equal("Be", TextOf(events));
    }

    [Fact]
    public void A_body_that_was_not_streamed_is_read_like_one_frame()
    {
        var events = new List<RunEvent>();
        DashScopeReader.ReadBody("""{"output":{"text":"Hi","finish_reason":"length","session_id":"s"},"usage":{"models":[{"model_id":"q","input_tokens":1,"output_tokens":2}]},"request_id":"r"}"""u8, events);
        Assert.Equal("Hi", TextOf(events));
        Assert.Equal(new RunCompleted(FinishReason.Length, new Usage(1, 2)), events[^1]);
        events.Clear();
        DashScopeReader.ReadBody("""{"code":"InvalidApiKey","message":"No.","request_id":"r"}"""u8, events);
        Assert.Equal(ErrorCause.Unauthorised, Assert.IsType<RunFailed>(Assert.Single(events)).Error.Cause);
    }

    [Theory]
    [InlineData(401, "{\"code\":\"InvalidApiKey\",\"message\":\"x\"}", ErrorCause.Unauthorised, "InvalidApiKey")]
    [InlineData(404, "{\"code\":\"Odd\",\"message\":\"x\"}", ErrorCause.NotFound, "Odd")]
    [InlineData(400, "{\"error\":{\"message\":\"No.\",\"code\":\"bad\"}}", ErrorCause.Rejected, "bad")]
    [InlineData(502, "<html>", ErrorCause.Unavailable, "upstream_error")]
    public void An_answer_with_an_error_status_is_that_error(int status, string body, ErrorCause cause, string code)
    {
        var error = DashScopeErrors.Read(status, Encoding.UTF8.GetBytes(body));
        Assert.Equal((cause, code), (error.Cause, error.Code));
    }

    [Theory]
    [InlineData("rate_limit_exceeded", ErrorCause.Limit, "Throttling")]
    [InlineData("Throttling.RateQuota", ErrorCause.Limit, "Throttling.RateQuota")]
    [InlineData("InvalidParameter", ErrorCause.NotFound, "ModelNotFound")]
    [InlineData(null, ErrorCause.TimedOut, "RequestTimeOut")]
    public void An_error_has_the_same_cause_when_it_is_read_again(string? code, ErrorCause cause, string written)
    {
        var json = JsonLine.ToRawJson(line => DashScopeErrors.Write(line, new RunError(ErrorSide.Agent, cause, "x", true, code), "r"));
        var events = new List<RunEvent>();
        DashScopeReader.ReadBody(Encoding.UTF8.GetBytes(json.Text), events);
        var error = Assert.IsType<RunFailed>(Assert.Single(events)).Error;
        Assert.Equal((cause, written), (error.Cause, error.Code));
    }

    [Fact]
    public void Two_deeds_with_the_same_outcome_are_two_and_one_that_is_told_again_is_one()
    {
        static string Deed(string name, string input) => $$$"""{"action_type":"api","action_name":"{{{name}}}","arguments":"{{{input}}}","observation":"ok"}""";
        var events = Read(
            true,
            $$$"""{"output":{"finish_reason":"null","text":"","thoughts":[{{{Deed("send", "1")}}}]}}""",
            $$$"""{"output":{"finish_reason":"null","text":"","thoughts":[{{{Deed("send", "1")}}},{{{Deed("send", "2")}}},{{{Deed("mail", "1")}}}]}}""",
            $$$"""{"output":{{{{Done}}},"text":"Sent."}}""");
        Assert.Equal(
            [("send", "1"), ("send", "2"), ("mail", "1")],
            ChatWire.Fold(events).Items.Where(item => item.Head is ToolCallItem).Select(item => (((ToolCallItem)item.Head).Name, item.Input)));
    }

    private static string End => """{"output":{"choices":[{"message":{"content":""},"finish_reason":"stop"}]}}""";

    private static string Content(string text) => $$$"""{"output":{"choices":[{"message":{"content":"{{{text}}}"},"finish_reason":"null"}]}}""";

    private static string TextOf(IEnumerable<RunEvent> events) => ChatWire.Fold(events).Items[0].Text;

    private static List<RunEvent> Read(bool? inPieces, params string[] frames)
    {
        var reader = new DashScopeReader(inPieces);
        var events = new List<RunEvent>();
        foreach (var frame in frames) reader.Read(new SseFrame("result"u8, Encoding.UTF8.GetBytes(frame)), events);
        reader.End(events);
        return events;
    }
}
