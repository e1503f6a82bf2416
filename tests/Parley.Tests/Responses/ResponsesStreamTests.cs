using System.Text;
using System.Text.Json;
using Parley.Protocols.Responses;
using Parley.Runs;
using Parley.Tests.Events;
using Parley.Tests.Guards;
using static Parley.Tests.Responses.ResponsesWire;

namespace Parley.Tests.Responses;

public sealed class ResponsesStreamTests
{
    private static readonly RunEvent[] Everything =
    [
        new RunStarted("m"),
        new ItemStarted(0, new ReasoningItem()),
        new PartStarted(0, 0, PartKind.ReasoningSummary),
        new PartDelta(0, 0, "Let me see."),
        new PartCompleted(0, 0),
        new PartStarted(0, 1, PartKind.ReasoningText),
        new PartDelta(0, 1, "Is it?"),
        new PartCompleted(0, 1),
        new ItemCompleted(0, Revised: new ReasoningItem("c2VjcmV0")),
        new ItemStarted(1, new MessageItem(Role.Assistant)) { Leftover = new Leftover(Protocol.Responses, new RawJson("""{"phase":"final_answer"}""")) },
        new PartStarted(1, 0, PartKind.Text),
        new PartDelta(1, 0, "It is \"fine\",\n"),
        new PartDelta(1, 0, "世界🙂 \u2028."),
        new PartAnnotated(1, 0, new Annotation("url_citation", 0, 5, new Source("Page", "https://example.org/"))),
        new PartCompleted(1, 0),
        new PartStarted(1, 1, PartKind.Refusal),
        new PartDelta(1, 1, "But no more."),
        new PartCompleted(1, 1),
        new ItemCompleted(1),
        new ItemStarted(2, new ToolCallItem("call_2", "search", RunBy.Server, "library")),
        new PartStarted(2, 0, PartKind.Input),
        new PartDelta(2, 0, "{\"q\":1}"),
        new PartCompleted(2, 0),
        new ItemCompleted(2),
        new ItemStarted(3, new ToolResultItem("call_2"), Within: 2),
        new PartStarted(3, 0, PartKind.Text),
        new PartDelta(3, 0, "found"),
        new PartCompleted(3, 0),
        new ItemCompleted(3),
        new ItemStarted(4, new SuggestionItem()),
        new PartStarted(4, 0, PartKind.Text),
        new PartDelta(4, 0, "Ask me more"),
        new PartCompleted(4, 0),
        new ItemCompleted(4),
        new ItemStarted(5, new ToolCallItem("call_a", "weather", RunBy.Client)),
        new PartStarted(5, 0, PartKind.Input),
        new ItemStarted(6, new ToolCallItem("call_b", "shell", RunBy.Client, Freeform: true)),
        new PartStarted(6, 0, PartKind.Input),
        new PartDelta(5, 0, "{\"city\":"),
        new PartDelta(6, 0, "ls -l"),
        new PartDelta(5, 0, "\"Ulm\"}"),
        new PartCompleted(5, 0),
        new ItemCompleted(5),
        new PartCompleted(6, 0),
        new ItemCompleted(6),
        new RunSuspended([new CallFunction(5), new CallFunction(6)], new Usage(10, 20, null, 4, 5)),
    ];

    // As seed transcripts of Foundry show it, with ids, texts and times of our own.
    private static readonly RunEvent[] Question =
    [
        new RunStarted(),
        new ItemStarted(0, new WorkflowActionItem("Question", "ask_name", "trigger_wf", "trigger_wf")),
        new ItemStarted(1, new MessageItem(Role.Assistant), Within: 0),
        new PartStarted(1, 0, PartKind.Text),
        new PartDelta(1, 0, "Which city do you live in?"),
        new PartCompleted(1, 0),
        new ItemCompleted(1),
        new RunSuspended([new AnswerQuestion(0, 1)], new Usage(0, 0)),
    ];

    private static Run Workflow => Header(new ResponsesRendering { ShowsAgent = true, ShowsConversation = true }, "workflow");

    [Fact]
    public void A_run_is_written_as_openai_writes_streams()
        => Approve("everything.sse", Write(Everything, Header(new ResponsesRendering { Model = "assistant", IncludesEncrypted = true, Previous = "resp_x", Echo = new RawJson("""{"temperature":0.2}""") })));

    [Fact]
    public void A_workflow_that_asks_is_written_as_foundry_writes_it() => Approve("question.sse", Write(Question, Workflow));

    [Fact]
    public void A_workflows_stream_is_read_as_the_run_that_it_tells_of()
    {
        var read = Read(Write(Question, Workflow));
        Assert.Equal(Question[1..^1].Select(Plain), read[1..^1].Select(Plain));
        Assert.Equal([new AnswerQuestion(0, 1)], Assert.IsType<RunSuspended>(read[^1]).Required);
        Assert.Equal("conv_6b00445000c0000000Ewl0omrStP14imtOxVIDdAkHq2aQVHAw", ResponsesUpstream.Of(((RunStarted)read[0]).Upstream)!.Conversation);
    }

    [Fact]
    public void A_stream_copied_out_of_a_browser_without_field_names_and_blank_lines_is_the_same_stream()
    {
        var stream = Write(Question, Workflow);
        var bare = stream.Replace("\ndata: ", "\n", StringComparison.Ordinal).Replace("\n\n", "\n", StringComparison.Ordinal).Replace("data: [DONE]\n", "", StringComparison.Ordinal);
        foreach (var piece in new[] { 1, 7, int.MaxValue }) Assert.Equal(Read(stream), Read(bare, piece, isCopied: true));
    }

    [Fact]
    public void Written_again_with_the_peers_ids_a_stream_is_the_same_to_the_byte()
    {
        var stream = Write(Question, Workflow);
        var events = Streams.Read(new ResponsesStreamReader(tellsEcho: true), Encoding.UTF8.GetBytes(stream));
        var run = Header(kind: "workflow") with { Id = new Id(0x6b00445000c00808), Dialect = Protocol.Responses, Rendering = null, Agent = new AgentRef("converted"), Upstream = ((RunStarted)events[0]).Upstream };
        Assert.Equal(stream, Encoding.UTF8.GetString(Streams.Write(new ResponsesStreamWriter(run, keepPeerIds: true), RandomRuns.LogOf(events, 0x6b00445000c00810, At))));
    }

    [Fact]
    public void What_was_written_is_read_as_the_same_run_minus_the_declared_losses()
    {
        for (var seed = 0; seed < 1500; seed++)
        {
            var events = new RandomRuns(seed).Next();
            var once = Read(Write(events));
            Assert.Equal(Seen(events), Seen(once));
            Assert.Equal(Streams.Joined(once).Select(Plain), Streams.Joined(Read(Write(once))).Select(Plain));
        }
    }

    [Fact]
    public void A_stream_is_read_alike_however_its_bytes_are_cut()
    {
        var bytes = Encoding.UTF8.GetBytes(Write(Everything));
        var whole = Streams.Read(new ResponsesStreamReader(), bytes);
        for (var piece = 1; piece < 400; piece++) Assert.Equal(whole, Streams.Read(new ResponsesStreamReader(), bytes, piece));
    }

    [Fact]
    public void An_answer_that_was_not_streamed_reads_as_the_stream_does()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var events = new RandomRuns(seed).Next();
            var state = Fold(RandomRuns.LogOf(events, 0x6b00445000c00010, At).Select(logged => logged.Event));
            var body = new System.Buffers.ArrayBufferWriter<byte>();
            new ResponseObject(Header()).Write(state, body);
            var read = new List<RunEvent>();
            ResponsesStreamReader.ReadBody(body.WrittenSpan, read);
            if (state.End is RunFailed) Assert.IsType<RunFailed>(read[^1]);
            else Assert.Equal(Seen(events), Seen(read));
        }
    }

    [Theory]
    [InlineData("length", "response.incomplete", "\"reason\":\"max_output_tokens\"")]
    [InlineData("content_filter", "response.incomplete", "\"reason\":\"content_filter\"")]
    [InlineData("stop", "response.completed", "\"incomplete_details\":null")]
    public void The_last_event_says_whether_the_answer_is_whole(string finish, string name, string details)
    {
        var last = Write([new RunStarted(), new RunCompleted(new FinishReason(finish))]).Split("\n\n")[^3];
        Assert.StartsWith($"event: {name}\n", last, StringComparison.Ordinal);
        Assert.Contains(details, last, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_is_an_error_and_then_a_failed_response_and_names_nothing_that_is_not_public()
    {
        var stream = Write([new RunStarted(), new RunFailed(new RunError(ErrorSide.Agent, ErrorCause.Unavailable, "secret host"))]);
        var names = Names(stream);
        Assert.Equal(["response.created", "response.in_progress", "error", "response.failed"], names);
        Assert.DoesNotContain("secret", stream, StringComparison.Ordinal);
        Assert.Contains("\"status\":\"failed\"", stream.Split("\n\n")[3], StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_stream_ends_without_a_last_event()
        => Assert.Equal(["response.created", "response.in_progress"], Names(Write([new RunStarted(), new RunCancelled()])));

    [Fact]
    public void A_response_in_the_background_is_queued_first()
        => Assert.Equal(["response.created", "response.queued", "response.in_progress", "response.completed"], Names(Write([new RunStarted(), new RunCompleted(FinishReason.Stop)], Header() with { Background = true })));

    [Fact]
    public void Every_stream_keeps_the_law_and_is_read_back_lawfully()
    {
        for (var seed = 0; seed < 300; seed++)
            Guarded.AssertLawful(Protocol.Responses, Encoding.UTF8.GetBytes(Write(new RandomRuns(seed) { Replaces = false }.Next())), default, $"seed {seed}");
    }

    [Fact]
    public void Foreign_servers_that_announce_nothing_are_understood()
    {
        var read = Read(Frames(
            """{"type":"response.output_text.delta","item_id":"m1","output_index":0,"content_index":0,"delta":"Hel"}""",
            """{"type":"response.output_text.delta","item_id":"m1","output_index":0,"content_index":0,"delta":"lo \ud83d"}""",
            """{"type":"response.output_text.delta","item_id":"m1","output_index":0,"content_index":0,"delta":"\ude42","obfuscation":"xx"}""",
            """{"type":"response.completed","response":{"id":"r","model":"m","output":[{"id":"m1","type":"message","role":"assistant","content":[{"type":"output_text","text":"Hello 🙂!"}]}],"usage":{"input_tokens":3,"output_tokens":4,"total_tokens":7}}}"""));
        Assert.Equal("Hello 🙂!", Fold(read).Items.Single().Text);
        Assert.Equal(new RunCompleted(FinishReason.Stop, new Usage(3, 4)), read[^1]);
    }

    [Fact]
    public void Items_without_ids_are_told_apart_by_their_places()
    {
        var read = Read(Frames(
            """{"type":"response.created","response":{"id":"r"}}""",
            """{"type":"response.output_item.added","output_index":0,"item":{"type":"message","role":"assistant","content":[]}}""",
            """{"type":"response.output_item.added","output_index":1,"item":{"type":"message","role":"assistant","content":[]}}""",
            """{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"o"}""",
            """{"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"t"}""",
            """{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"ne"}""",
            """{"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"wo"}""",
            """{"type":"response.completed","response":{"id":"r"}}"""));
        Assert.Equal(["one", "two"], Fold(read).Items.Select(item => item.Text));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_new_item_at_the_place_of_one_that_has_ended_is_another(bool isAnnounced)
    {
        string[] announced = isAnnounced ? ["""{"type":"response.output_item.added","output_index":0,"item":{"id":"b","type":"message","role":"assistant","content":[]}}"""] : [];
        var read = Read(Frames(
        [
            """{"type":"response.created","response":{"id":"r"}}""",
            """{"type":"response.output_item.added","output_index":0,"item":{"id":"a","type":"message","role":"assistant","content":[]}}""",
            """{"type":"response.output_text.delta","item_id":"a","output_index":0,"content_index":0,"delta":"one"}""",
            """{"type":"response.output_item.done","output_index":0,"item":{"id":"a","type":"message","role":"assistant","content":[{"type":"output_text","text":"one"}]}}""",
            .. announced,
            """{"type":"response.output_text.delta","item_id":"b","output_index":0,"content_index":0,"delta":"two"}""",
            """{"type":"response.output_item.done","output_index":0,"item":{"id":"b","type":"message","role":"assistant","content":[{"type":"output_text","text":"two"}]}}""",
            """{"type":"response.completed","response":{"id":"r"}}""",
        ]));
        Assert.Equal(["one", "two"], Fold(read).Items.Select(item => item.Text));
    }

    [Fact]
    public void Json_for_programs_has_the_same_places_in_a_stream_and_in_its_response()
    {
        var stream = Write(
        [
            new RunStarted("m"),
            new ItemStarted(0, new MessageItem(Role.Assistant)),
            new PartStarted(0, 0, PartKind.Data, Data: new RawJson("{\"a\":1}")),
            new PartCompleted(0, 0),
            new PartStarted(0, 1, PartKind.Text),
            new PartDelta(0, 1, "said"),
            new PartCompleted(0, 1),
            new PartStarted(0, 2, PartKind.Data, Data: new RawJson("{\"b\":2}")),
            new PartCompleted(0, 2),
            new ItemCompleted(0),
            new RunCompleted(FinishReason.Stop),
        ]);
        var frames = stream.Split('\n').Where(line => line.StartsWith("data: {", StringComparison.Ordinal)).Select(line => JsonElement.Parse(line[6..])).ToList();
        var parts = frames.Where(one => one.GetProperty("type").GetString() == "response.content_part.done").Select(one => one.GetProperty("part")).ToList();
        Assert.Equal(["{\"a\":1}", "said"], parts.Select(part => part.GetProperty("text").GetString()));
        Assert.Equal(parts.Select(part => part.GetRawText()), frames[^1].GetProperty("response").GetProperty("output")[0].GetProperty("content").EnumerateArray().Select(part => part.GetRawText()));
    }

    [Fact]
    public void Encrypted_reasoning_is_told_only_where_it_was_asked_for()
    {
        Assert.DoesNotContain("encrypted_content", Write(Everything, Header(new ResponsesRendering { Model = "assistant" })), StringComparison.Ordinal);
        Assert.Contains("\"encrypted_content\":\"c2VjcmV0\"", Write(Everything, Header(new ResponsesRendering { Model = "assistant", IncludesEncrypted = true })), StringComparison.Ordinal);
    }

    [Fact]
    public void A_deep_schema_of_a_tool_passes_law_and_reader()
    {
        var deep = $"{new string('[', 64)}{new string(']', 64)}";
        var run = Header(new ResponsesRendering { Model = "m", IncludesEncrypted = true, Echo = new RawJson($$"""{"tools":[{"type":"function","name":"f","parameters":{{deep}}}]}""") });
        var stream = Write(Everything, run).Replace("\"logprobs\":[]}\n", $"\"logprobs\":{deep}}}\n", StringComparison.Ordinal);
        Guarded.AssertLawful(Protocol.Responses, Encoding.UTF8.GetBytes(stream), default, "deep");
        Assert.Equal(Seen(Everything), Seen(Read(stream)));
        var events = Streams.Read(new ResponsesStreamReader(tellsEcho: true), Encoding.UTF8.GetBytes(stream));
        var again = Streams.Write(new ResponsesStreamWriter(run with { Upstream = ((RunStarted)events[0]).Upstream }, keepPeerIds: true), RandomRuns.LogOf(events, 0x6b00445000c00810, At));
        Assert.Contains(deep, Encoding.UTF8.GetString(again), StringComparison.Ordinal);
    }

    [Fact]
    public void A_response_that_repeats_that_it_is_under_way_says_nothing_new()
    {
        const string begun = """{"type":"response.created","response":{"id":"r","model":"m"}}""";
        var frames = Frames(begun, """{"type":"response.queued","response":{"id":"r"}}""", """{"type":"response.in_progress","response":{"id":"r"}}""", """{"type":"response.completed","response":{"id":"r"}}""");
        Assert.Equal(Read(Frames(begun, """{"type":"response.completed","response":{"id":"r"}}""")), Read(frames));
        Assert.IsType<RunStarted>(Read(frames[frames.IndexOf("event: response.in_progress", StringComparison.Ordinal)..])[0]);
    }

    [Fact]
    public void Only_the_last_event_may_tell_everything()
    {
        var read = Read(Frames(
            """{"type":"response.created","response":{"id":"r","status":"in_progress"}}""",
            """{"type":"response.completed","response":{"id":"r","output":[{"id":"f","type":"function_call","call_id":"c","name":"n","arguments":"{}","status":"completed"}]}}"""));
        Assert.Equal([new CallFunction(0)], Assert.IsType<RunSuspended>(read[^1]).Required);
        Assert.Equal("{}", Fold(read).Items[0].Input);
    }

    [Theory]
    [InlineData("")]
    [InlineData("event: response.created\ndata: {\"type\":\"response.created\"}\n\n")]
    [InlineData("event: response.output_text.delta\ndata: {\"delta\":\n\n")]
    [InlineData("data: 7\n\n")]
    [InlineData("event: error\ndata: {\"type\":\"error\",\"code\":\"server_error\",\"message\":\"x\"}\n\n")]
    [InlineData("data: {\"error\":{\"message\":\"x\"}}\n\n")]
    [InlineData("event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"error\":null}}\n\n")]
    [InlineData("event: response.output_item.added\ndata: {\"type\":\"response.output_item.added\",\"item\":7}\n\n")]
    public void What_is_no_whole_answer_fails_once(string stream)
    {
        var read = Read(stream);
        Assert.IsType<RunFailed>(read[^1]);
        Assert.Single(read.OfType<RunEnded>());
    }

    [Fact]
    public void A_text_that_ends_otherwise_than_it_streamed_is_the_peers()
    {
        var read = Read(Frames(
            """{"type":"response.created","response":{"id":"r"}}""",
            """{"type":"response.output_item.added","output_index":0,"item":{"id":"m","type":"message","role":"assistant","content":[]}}""",
            """{"type":"response.output_text.delta","item_id":"m","content_index":0,"delta":"one"}""",
            """{"type":"response.output_text.done","item_id":"m","content_index":0,"text":"two"}""",
            """{"type":"response.completed","response":{"id":"r","output":[]}}"""));
        Assert.Contains(new PartCompleted(0, 0, "two"), read);
        Assert.Equal("two", Fold(read).Items[0].Text);
    }

    [Fact]
    public void An_event_of_a_kind_that_is_not_known_passes_from_a_peer_to_a_client_without_its_positions()
    {
        var stream = Write(Read(Frames(
            """{"type":"response.created","response":{"id":"r"}}""",
            """{"type":"response.output_item.added","output_index":4,"item":{"id":"w","type":"web_search_call","status":"in_progress","action":{"type":"search","query":"q"}}}""",
            """{"type":"response.web_search_call.searching","output_index":4,"item_id":"w","sequence_number":9,"more":1}""",
            """{"type":"response.output_item.done","output_index":4,"item":{"id":"w","type":"web_search_call","status":"completed","action":{"type":"search","query":"q"}}}""",
            """{"type":"response.completed","response":{"id":"r","output":[]}}""")));
        Assert.Contains("event: response.web_search_call.searching\ndata: {\"type\":\"response.web_search_call.searching\",\"sequence_number\":3,\"item_id\":\"ws_6b00445000c0000000", stream, StringComparison.Ordinal);
        Assert.Contains("\"output_index\":0,\"more\":1}", stream, StringComparison.Ordinal);
        Assert.Contains("\"status\":\"completed\",\"action\":{\"type\":\"search\",\"query\":\"q\"}}", stream, StringComparison.Ordinal);
    }

    private static string[] Names(string stream)
        => [.. stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(frame => frame.StartsWith("event: ", StringComparison.Ordinal)).Select(frame => frame[7..frame.IndexOf('\n', StringComparison.Ordinal)])];

    // Peers' ids, and to whom an item belongs, are not on the wire or not ours.
    private static RunEvent Plain(RunEvent one) => one switch
    {
        ItemStarted started => started with { SourceId = null, Id = default, Within = started.Head is ToolResultItem ? started.Within : null },
        RunStarted started => started with { Upstream = null, Leftover = null },
        _ => one,
    };

    // All that this protocol shows of a run.
    private static string Seen(IEnumerable<RunEvent> events)
    {
        var state = Fold(events);
        var lines = new List<string>();
        foreach (var item in state.Items)
        {
            var shown = item.Head switch
            {
                MessageItem or ReasoningItem or ToolCallItem { RunBy: RunBy.Client } or ApprovalRequestItem => item.Head.ToString(),
                WorkflowActionItem action => (action with { Title = null }).ToString(),
                ToolCallItem call => (call with { CallId = "" }).ToString(),
                OpaqueItem opaque when opaque.Protocol == Protocol.Responses => opaque.ToString(),
                _ => null,
            };
            if (shown is null) continue;
            lines.Add(shown);
            lines.AddRange(item.Parts.Where(part => part.Kind is not (PartKind.Media or PartKind.Audio)).Select(part => $"{part.Kind} {part.Text}"));
            lines.AddRange(item.Parts.SelectMany(part => part.Notes).Select(note => note.ToString()));
            lines.Add(item.Status?.ToString() ?? "open");
            if (item.Head is ToolCallItem { RunBy: RunBy.Server } && state.Items.FirstOrDefault(other => other.Within == item.Ordinal && other.Head is ToolResultItem) is { } result)
                lines.Add($"result {((ToolResultItem)result.Head).IsError} {result.Text}");
        }

        lines.Add(state.End switch
        {
            RunCompleted completed => $"completed {completed.Finish} {completed.Usage}",
            RunSuspended suspended => $"suspended {suspended.Required.Count} {suspended.Usage}",
            RunFailed => "failed",
            _ => "cancelled or cut",
        });
        return string.Join('\n', lines);
    }

    private static void Approve(string name, string actual)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Responses", "Golden", name);
        Assert.Equal(File.ReadAllText(path).TrimEnd('\n'), actual.TrimEnd('\n'));
    }
}
