using System.Buffers;
using System.Text;
using Parley.Protocols.Tongyi;
using Parley.Runs;
using Parley.Tests.Events;
using static Parley.Tests.Tongyi.TongyiWire;

namespace Parley.Tests.Tongyi;

public sealed class TongyiStreamWriterTests
{
    private const string Ids = "\"parentMsgId\":\"" + Question + "\",";
    private const string Tail = "\"sessionId\":\"" + Session + "\",\"sessionOpen\":true,\"sessionShare\":true,\"sessionWarnNew\":false,";
    private const string Trace = "\"traceId\":\"6b00445000c000086b00445000c00000\"}";

    private static readonly RunEvent[] Thinks =
    [
        new RunStarted(), new ItemStarted(0, new ReasoningItem()), new PartStarted(0, 0, PartKind.ReasoningText), new PartDelta(0, 0, "Let \"me\""), new PartDelta(0, 0, " see"),
        new PartCompleted(0, 0), new ItemCompleted(0), new ItemStarted(1, new MessageItem(Role.Assistant)), new PartStarted(1, 0, PartKind.Text), new PartDelta(1, 0, "Yes"),
        new PartCompleted(1, 0), new ItemCompleted(1), new RunCompleted(FinishReason.Stop),
    ];

    public static TheoryData<int> Turns => [0, 1];

    [Theory]
    [MemberData(nameof(Turns))]
    public void A_recorded_turn_is_written_again_byte_for_byte(int turn)
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Tongyi", "Golden", "two-turns.txt"));
        var stream = string.Concat(text.Split("\n\n").Where(block => block.Contains("data: ", StringComparison.Ordinal)).Select(block => block[block.IndexOf("data: ", StringComparison.Ordinal)..] + "\n\n"));
        var one = stream.Split("data: [DONE]\n\n")[turn] + "data: [DONE]\n\n";
        var events = Streams.Read(new TongyiStreamReader(), Encoding.UTF8.GetBytes(one));
        var writer = new TongyiStreamWriter(Header() with { Upstream = events.OfType<RunStarted>().Single().Upstream }, keepPeerIds: true);
        Assert.Equal(one, Encoding.UTF8.GetString(Streams.Write(writer, RandomRuns.LogOf(events))));
        Assert.Equal(9, writer.Count);
    }

    [Fact]
    public void Our_own_ids_stand_where_upstreams_do()
        => Assert.Equal(
            [
                "{\"aiDisclaimer\":false,\"canFeedback\":true,\"canRegenerate\":true,\"canShare\":true,\"canShow\":true,\"contentFrom\":\"vision\",\"contentType\":\"text\",\"incremental\":false,\"msgId\":\"" + Message + "\",\"msgStatus\":\"generating\",\"params\":{\"deepResearch\":true}," + Ids + "\"pkgId\":0," + Tail + Trace,
                "{\"aiDisclaimer\":false,\"canFeedback\":true,\"canRegenerate\":true,\"canShare\":true,\"canShow\":true,\"contentFrom\":\"vision\",\"contentType\":\"text\",\"contents\":[{\"content\":\"Hi\",\"contentType\":\"text\",\"id\":\"" + Message + "_0\",\"incremental\":true,\"index\":0,\"role\":\"assistant\",\"status\":\"generating\"}],\"incremental\":true,\"msgId\":\"" + Message + "\",\"msgStatus\":\"generating\",\"params\":{\"searchProb\":\"impossible\"}," + Ids + "\"pkgId\":2," + Tail + "\"stopReason\":\"null\"," + Trace,
                "{\"aiDisclaimer\":false,\"canFeedback\":true,\"canRegenerate\":true,\"canShare\":true,\"canShow\":true,\"contentFrom\":\"vision\",\"contentType\":\"text\",\"contents\":[{\"content\":\"Hi\",\"contentType\":\"text\",\"id\":\"" + Message + "_0\",\"incremental\":false,\"role\":\"assistant\",\"status\":\"finished\"}],\"incremental\":false,\"msgId\":\"" + Message + "\",\"msgStatus\":\"finished\",\"params\":{\"showCodeChatButton\":true,\"searchProb\":\"impossible\"}," + Ids + "\"pkgId\":4," + Tail + "\"stopReason\":\"stop\"," + Trace,
                "[DONE]",
            ],
            Frames([.. Said("Hi"), new RunCompleted(FinishReason.Stop)], new TongyiRendering { DeepResearch = true, IsAboutImage = true }));

    [Fact]
    public void Older_clients_get_the_whole_text_in_every_frame_without_numbers_and_flags()
    {
        var frames = Frames([.. Said("Hel", "lo"), new RunCompleted(FinishReason.Stop)], Cumulative);
        Assert.Equal(
            "{\"canFeedback\":true,\"canRegenerate\":true,\"canShare\":true,\"canShow\":true,\"contentFrom\":\"text\",\"contentType\":\"text\",\"contents\":[{\"content\":\"Hello\",\"contentType\":\"text\",\"id\":\"" + Message + "_0\",\"role\":\"assistant\",\"status\":\"generating\"}],\"msgId\":\"" + Message + "\",\"msgStatus\":\"generating\",\"params\":{\"searchProb\":\"impossible\"}," + Ids + Tail + "\"stopReason\":\"null\"," + Trace,
            frames[2]);
        Assert.Equal([null, "Hel", "Hello", "Hello"], frames[..^1].Select(ContentOf));
        Assert.All(frames, frame => Assert.False(frame.Contains("pkgId", StringComparison.Ordinal) || frame.Contains("incremental", StringComparison.Ordinal) || frame.Contains("aiDisclaimer", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_client_and_the_tree_may_name_session_and_parent()
    {
        var frames = Frames([.. Said("a"), new RunCompleted(FinishReason.Stop)], new TongyiRendering { Session = "mine", Parent = "theirs" });
        Assert.All(frames[..^1], frame => Assert.True(frame.Contains("\"sessionId\":\"mine\"", StringComparison.Ordinal) && frame.Contains("\"parentMsgId\":\"theirs\"", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_thought_is_json_in_a_string_and_closed_by_a_frame_of_its_own()
    {
        var frames = Frames(Thinks);
        Assert.Contains("""{"content":"{\"content\":\"Let \\\"me\\\"\"}","contentType":"think","id":"6b00445000c000006b00445000c00008_0","incremental":true,"index":0,"role":"assistant","status":"generating"}""", frames[1], StringComparison.Ordinal);
        Assert.Contains("""{"content":"{\"content\":\"Let \\\"me\\\" see\"}","contentType":"think","id":"6b00445000c000006b00445000c00008_0","incremental":false,"role":"assistant","status":"finished"}""", frames[3], StringComparison.Ordinal);
        Assert.Contains("""{"content":"Yes","contentType":"text","id":"6b00445000c000006b00445000c00008_1","incremental":true,"index":1,""", frames[4], StringComparison.Ordinal);
        Assert.Contains("\"contentType\":\"think\"", frames[5], StringComparison.Ordinal);
        Assert.Contains("""{"content":"Yes","contentType":"text","id":"6b00445000c000006b00445000c00008_1","incremental":false,"role":"assistant","status":"finished"}]""", frames[5], StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_looked_up_are_links_or_with_texts_a_search()
    {
        var links = Frames([new RunStarted(), new ItemStarted(0, new RecallItem([new Source("A", "http://a")])), new ItemCompleted(0), new RunCompleted(FinishReason.Stop)]);
        Assert.Contains("""{"content":"{\"links\":[{\"title\":\"A\",\"url\":\"http://a\"}]}","contentType":"referenceLink","id":"6b00445000c000006b00445000c00008_0","incremental":false,"role":"assistant","status":"finished"}""", links[1], StringComparison.Ordinal);
        var search = Frames([new RunStarted(), new ItemStarted(0, new RecallItem([new Source("A", "http://a", "said")])), new ItemCompleted(0), new RunCompleted(FinishReason.Stop)]);
        Assert.Contains("""{"content":"{\"pluginResult\":\"[{\\\"body\\\":\\\"said\\\",\\\"title\\\":\\\"A\\\",\\\"url\\\":\\\"http://a\\\"}]\"}","contentType":"plugin","id":"6b00445000c000006b00445000c00008_0","incremental":false,"pluginCode":"tongyi_nlp_web_search","pluginName":"互联网信息搜索","role":"assistant","status":"finished"}""", search[1], StringComparison.Ordinal);
    }

    [Fact]
    public void All_messages_are_one_text()
    {
        List<RunEvent> events = [.. Said("one"), new ItemStarted(1, new MessageItem(Role.Assistant)), new PartStarted(1, 0, PartKind.Text), new PartDelta(1, 0, "two"), new PartCompleted(1, 0), new ItemCompleted(1), new RunCompleted(FinishReason.Stop)];
        Assert.Equal([null, "one", "\\n\\ntwo", "one\\n\\ntwo"], Frames(events)[..^1].Select(ContentOf));
    }

    [Fact]
    public void A_message_that_speaks_while_another_does_waits_until_that_is_done()
    {
        List<RunEvent> events =
        [
            new RunStarted(), new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Text), new ItemStarted(1, new MessageItem(Role.Assistant)), new PartStarted(1, 0, PartKind.Text),
            new PartDelta(0, 0, "a"), new PartDelta(1, 0, "x"), new PartDelta(0, 0, "b"), new PartDelta(1, 0, "y"), new PartCompleted(0, 0), new PartDelta(1, 0, "z"), new PartCompleted(1, 0),
            new ItemCompleted(0), new ItemCompleted(1), new RunCompleted(FinishReason.Stop),
        ];
        Assert.Equal([null, "a", "b", "\\n\\nxy", "z", "ab\\n\\nxyz"], Frames(events)[..^1].Select(ContentOf));
    }

    [Fact]
    public void A_text_that_was_replaced_is_told_at_the_end()
    {
        var events = Said("one");
        events[^2] = new PartCompleted(0, 0, "another");
        Assert.Equal("another", ContentOf(Frames([.. events, new RunCompleted(FinishReason.Stop)])[2]));
    }

    [Theory]
    [InlineData("stop", "\"canShare\":true", "\"stopReason\":\"stop\"")]
    [InlineData("length", "\"canShare\":true", "\"stopReason\":\"length\"")]
    [InlineData("content_filter", "\"canShare\":false", "\"stopReason\":\"content_filter\"")]
    public void The_last_frame_tells_why_it_stops_and_a_filter_by_what_may_not_be_shared(string finish, string share, string stop)
    {
        var last = Frames([.. Said("Hi"), new RunCompleted(new FinishReason(finish))])[^2];
        Assert.Contains(share, last, StringComparison.Ordinal);
        Assert.Contains(stop, last, StringComparison.Ordinal);
        Assert.Contains("\"msgStatus\":\"finished\"", last, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_is_a_last_frame_with_what_was_said_and_the_error()
    {
        var frames = Frames([.. Said("Hi"), new RunFailed(new RunError(ErrorSide.Agent, ErrorCause.TimedOut, "Too slow.", true))]);
        Assert.Equal("Hi", ContentOf(frames[^2]));
        Assert.Contains("\"errorCode\":\"AGENT_TIMEOUT\",\"errorMsg\":\"Too slow.\",\"incremental\":false,", frames[^2], StringComparison.Ordinal);
        Assert.Contains("\"stopReason\":\"error\"", frames[^2], StringComparison.Ordinal);
        Assert.Equal("[DONE]", frames[^1]);
    }

    [Fact]
    public void A_failure_before_the_start_stands_alone()
    {
        var frames = Frames([new RunFailed(new RunError(ErrorSide.Agent, ErrorCause.Limit, "secret"))]);
        Assert.Equal(2, frames.Length);
        Assert.Contains("\"pkgId\":0,", frames[0], StringComparison.Ordinal);
        Assert.Contains("\"errorCode\":\"AGENT_LIMIT\",\"errorMsg\":\"The agent failed.\"", frames[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_was_stopped_was_interrupted() => Assert.Contains("\"stopReason\":\"interrupted\"", Frames([.. Said("Hi"), new RunCancelled()])[^2], StringComparison.Ordinal);

    [Fact]
    public void A_question_is_its_answer_and_a_wait_without_words_is_an_error()
    {
        List<RunEvent> call = [new ItemStarted(1, new ToolCallItem("c", "f", RunBy.Client)), new ItemCompleted(1), new RunSuspended([new CallFunction(1)])];
        Assert.Contains("\"stopReason\":\"stop\"", Frames([.. Said("Which?"), .. call])[^2], StringComparison.Ordinal);
        var silent = Frames([new RunStarted(), new ItemStarted(0, new ToolCallItem("c", "f", RunBy.Client)), new ItemCompleted(0), new RunSuspended([new CallFunction(0)])]);
        Assert.Contains("\"errorCode\":\"ACTION_REQUIRED\"", silent[^2], StringComparison.Ordinal);
    }

    [Fact]
    public void No_success_is_without_contents() => Assert.Equal("", ContentOf(Frames([new RunStarted(), new RunCompleted(FinishReason.Stop)])[^2]));

    [Fact]
    public void The_output_of_a_workflow_is_shown_where_there_is_no_text()
    {
        List<RunEvent> events = [new RunStarted(), new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Data, Data: new RawJson("{\"a\":1}")), new PartCompleted(0, 0), new ItemCompleted(0), new RunCompleted(FinishReason.Stop)];
        Assert.Equal("{\\\"a\\\":1}", ContentOf(Frames(events)[^2]));
    }

    [Fact]
    public void A_long_answer_does_not_cost_the_square_of_its_length_where_it_is_repeated()
    {
        var pieces = Enumerable.Repeat("piece ", 20_000).ToArray();
        var bytes = Bytes([.. Said(pieces), new RunCompleted(FinishReason.Stop)], Cumulative);
        Assert.True(bytes.Length < 80L * 6 * pieces.Length, $"{bytes.Length}");
        Assert.Equal(string.Concat(pieces), TextOf(Streams.Read(new TongyiStreamReader(), bytes)));
    }

    [Fact]
    public void A_very_long_answer_is_repeated_a_few_times_only()
    {
        var pieces = Enumerable.Repeat(new string('x', 100), 20_000).ToArray();
        Assert.InRange(Bytes([.. Said(pieces), new RunCompleted(FinishReason.Stop)], Cumulative).Length, 2_000_000, 10 * 2_000_000);
    }

    [Fact]
    public void A_stream_is_picked_up_behind_any_frame()
    {
        foreach (var rendering in (TongyiRendering[])[new(), Cumulative])
        {
            for (var seed = 0; seed < 100; seed++)
            {
                var log = RandomRuns.LogOf(new RandomRuns(seed).Next());
                var whole = Streams.Write(new TongyiStreamWriter(Header(rendering)), log);
                for (var after = 0; after < log.Count; after++)
                {
                    // Every delta passed over, where the room allows it, as one that is not read from the log is.
                    var (writer, rest, scratch) = (new TongyiStreamWriter(Header(rendering)), new ArrayBufferWriter<byte>(), new ArrayBufferWriter<byte>());
                    foreach (var logged in log)
                    {
                        if (logged.Sequence < after && writer.MaySkip && logged.Event is PartDelta) writer.Skip(logged, 1, scratch);
                        else if (logged.Sequence < after) writer.Write(logged, scratch);
                        else writer.Write(logged, rest);
                    }

                    Assert.Equal(Encoding.UTF8.GetString(whole)[^Encoding.UTF8.GetString(rest.WrittenSpan).Length..], Encoding.UTF8.GetString(rest.WrittenSpan));
                    Assert.Equal(Encoding.UTF8.GetString(whole).Split("\n\n").Length - 1, writer.Count);
                }
            }
        }
    }

    private static string? ContentOf(string frame)
    {
        var at = frame.LastIndexOf("{\"content\":\"", StringComparison.Ordinal);
        if (at < 0) return null;
        var rest = frame[(at + 12)..];
        return rest[..rest.IndexOf("\",\"contentType\"", StringComparison.Ordinal)];
    }
}
