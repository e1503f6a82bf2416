using System.Text;
using Parley.Protocols.Coze;
using Parley.Runs;
using Parley.Tests.Events;

namespace Parley.Tests.Coze;

public sealed class CozeStreamReaderTests
{
    private const string Created = "event:conversation.chat.created\ndata:{\"id\":\"7\",\"conversation_id\":\"5\",\"bot_id\":\"3\",\"status\":\"created\",\"x\":1}\n\n";
    private const string Completed = "event:conversation.chat.completed\ndata:{\"id\":\"7\",\"status\":\"completed\",\"usage\":{\"token_count\":32,\"output_count\":11,\"input_count\":21}}\n\n";
    private const string Done = "event:done\ndata:\"[DONE]\"\n\n";

    [Fact]
    public void A_recorded_chat_is_read()
    {
        var events = Streams.Read(new CozeStreamReader(), File.ReadAllBytes(CozeGolden.PathOf("chat.sse")));
        Assert.Equal(
            ["RunStarted", "ItemStarted", "PartStarted", "PartDelta", "PartCompleted", "ItemCompleted", "ItemStarted", "PartStarted", "PartDelta", "PartDelta", "PartCompleted", "ItemCompleted",
                "ItemStarted", "PartStarted", "PartDelta", "PartCompleted", "ItemCompleted", "RunCompleted"],
            events.Select(@event => @event.GetType().Name));
        Assert.Equal("{\"chat_id\":\"7710237672458944520\",\"conversation_id\":\"7710237672458944512\",\"bot_id\":\"7478675888952246323\",\"section_id\":\"7710237672458944512\"}", ((RunStarted)events[0]).Upstream!.Value.Text);
        Assert.Equal(new RunCompleted(FinishReason.Stop, new Usage(21, 11)), events[^1]);
    }

    [Theory]
    [InlineData("chat.sse")]
    [InlineData("tools.sse")]
    [InlineData("requires-action.sse")]
    public void A_recorded_stream_is_written_again_as_it_was(string name)
    {
        var recorded = File.ReadAllText(CozeGolden.PathOf(name));
        var events = Streams.Read(new CozeStreamReader(), Encoding.UTF8.GetBytes(recorded));
        var again = Encoding.UTF8.GetString(Streams.Write(new CozeStreamWriter(CozeRuns.Header(), keepPeerIds: true), RandomRuns.LogOf(events)));
        Assert.Equal(WithoutTimes(recorded), WithoutTimes(again));
    }

    [Fact]
    public void Deltas_that_do_not_add_up_leave_the_completed_text_as_the_text()
    {
        var events = Read(Created + Delta("20") + Delta("星期三。") + Message("answer", "2024 年是星期三。") + Completed + Done);
        Assert.Equal(["20", "星期三。"], events.OfType<PartDelta>().Select(delta => delta.Text));
        Assert.Equal("2024 年是星期三。", events.OfType<PartCompleted>().Single().Text);
    }

    [Fact]
    public void What_the_completed_text_adds_is_one_more_delta_and_nothing_is_doubled()
    {
        var events = Read(Created + Delta("Hel") + Message("answer", "Hello") + Completed + Done);
        Assert.Equal(["Hel", "lo"], events.OfType<PartDelta>().Select(delta => delta.Text));
        Assert.Null(events.OfType<PartCompleted>().Single().Text);
    }

    [Theory]
    [InlineData("\"[DONE]\"")]
    [InlineData("[DONE]")]
    [InlineData("{}")]
    [InlineData("{\"debug_url\":\"http://x/\"}")]
    public void Done_ends_a_run_whatever_it_says(string data)
        => Assert.Equal(new RunCompleted(FinishReason.Stop, new Usage(21, 11)), Read(Created + Completed + $"event: done\ndata: {data}\n\n")[^1] with { Leftover = null });

    [Theory]
    [InlineData("event:conversation.stream.done\ndata:\n\n")]
    [InlineData("event: conversation.stream.done\r\ndata: {}\r\n\r\n")]
    public void The_open_source_servers_done_is_one_too(string done)
        => Assert.IsType<RunCancelled>(Read("id: 1\n" + Created + "event: PING\ndata: {}\n\nevent:conversation.ack\ndata:{\"id\":\"1\"}\n\n" + done + Completed)[^1]);

    [Fact]
    public void The_open_source_servers_words_for_an_end_are_understood()
    {
        Assert.IsType<RunCancelled>(Read(Created + "event:conversation.chat.cancelled\ndata:{}\n\nevent:conversation.stream.done\ndata:\n\n")[^1]);
        var action = "event:conversation.chat.required_action\ndata:{\"required_action\":{\"submit_tool_outputs\":{\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}}}\n\n";
        Assert.Equal(new RunSuspended([new CallFunction(0)]), Read(Created + action)[^1]);
    }

    [Fact]
    public void The_end_of_the_stream_will_do_for_done()
        => Assert.IsType<RunCompleted>(Read(Created + Completed)[^1]);

    [Fact]
    public void Done_without_an_end_is_a_cancelled_chat()
        => Assert.IsType<RunCancelled>(Read(Created + Delta("Hel") + Done)[^1]);

    [Fact]
    public void A_stream_that_breaks_off_has_failed()
    {
        var events = Read(Created + Delta("Hel"));
        Assert.Equal(ErrorCause.Malformed, ((RunFailed)events[^1]).Error.Cause);
        Assert.Equal(ItemStatus.Incomplete, events.OfType<ItemCompleted>().Single().Status);
    }

    [Theory]
    [InlineData("event:conversation.chat.failed\ndata:{\"id\":\"7\",\"status\":\"failed\",\"last_error\":{\"code\":4011,\"msg\":\"no credit\"}}\n\n", "4011", ErrorCause.Limit)]
    [InlineData("event:conversation.chat.failed\ndata:{\"code\":\"720702204\",\"msg\":\"no credit\"}\n\n", "720702204", ErrorCause.Unavailable)]
    [InlineData("event:error\ndata:{\"code\":4016,\"msg\":\"no credit\",\"debug_url\":\"x\"}\n\n", "4016", ErrorCause.Busy)]
    [InlineData("data:{\"code\":4013,\"msg\":\"no credit\",\"detail\":{\"logid\":\"x\"}}\n\n", "4013", ErrorCause.Limit)]
    [InlineData("event: conversation.error\r\ndata: {\"code\":\"4011\",\"msg\":\"no credit\"}\r\n\r\n", "4011", ErrorCause.Limit)]
    [InlineData("id: 3\nevent: error\ndata: no credit\n\n", null, ErrorCause.Unavailable)]
    public void A_failure_is_read_in_every_form(string frame, string? code, ErrorCause cause)
    {
        var failed = (RunFailed)Read(Created + frame + Delta("late") + Done)[^1];
        Assert.Equal((code, cause, "no credit"), (failed.Error.Code, failed.Error.Cause, failed.Error.Message));
    }

    [Fact]
    public void A_pair_cut_in_two_comes_whole()
    {
        var events = Read(Created + Delta("a\\ud83d") + Delta("\\ude42b") + Message("answer", "a🙂b") + Completed + Done);
        Assert.Equal(["a", "🙂b"], events.OfType<PartDelta>().Select(delta => delta.Text));
        Assert.Null(events.OfType<PartCompleted>().Single().Text);
    }

    [Fact]
    public void Half_a_pair_at_the_end_is_replaced()
        => Assert.Equal("a\ufffd", string.Concat(Read(Created + Delta("a\\ud83d") + Completed + Done).OfType<PartDelta>().Select(delta => delta.Text)));

    [Fact]
    public void Notices_of_the_end_never_reach_the_answer()
    {
        var events = Read(Created + Delta("Hi") + Message("answer", "Hi") + Message("verbose", "{\\\"msg_type\\\":\\\"generate_answer_finish\\\",\\\"data\\\":\\\"\\\"}", "9") + Completed + Done);
        Assert.Single(events.OfType<ItemStarted>());
    }

    [Fact]
    public void Other_verbose_messages_are_kept_for_those_who_know_them()
    {
        var opaque = (OpaqueItem)Read(Created + Message("verbose", "{\\\"msg_type\\\":\\\"time_capsule_recall\\\",\\\"data\\\":\\\"{}\\\"}", "9") + Completed + Done).OfType<ItemStarted>().Single().Head;
        Assert.Equal((Protocol.Coze, "verbose"), (opaque.Protocol, opaque.Type));
    }

    [Fact]
    public void A_call_that_is_not_asked_of_the_client_was_run_by_the_server()
    {
        var events = Read(Created + Message("function_call", "{\\\"name\\\":\\\"p-t\\\",\\\"arguments\\\":{\\\"id\\\":12345678901234567890},\\\"plugin_id\\\":99}", "8") + Message("tool_response", "rain", "9") + Completed + Done);
        var items = events.OfType<ItemStarted>().ToList();
        Assert.Equal(new ToolCallItem("call_0", "p-t", RunBy.Server), items[0].Head);
        Assert.Equal("{\"plugin_id\":99}", items[0].Leftover!.Members.Text);
        Assert.Equal("{\"id\":12345678901234567890}", events.OfType<PartDelta>().First().Text);
        Assert.Equal((new ToolResultItem("call_0"), 0), (items[1].Head, items[1].Within));
    }

    [Fact]
    public void A_call_that_is_asked_of_the_client_is_told_once()
    {
        var action = "event:conversation.chat.requires_action\ndata:{\"id\":\"7\",\"status\":\"requires_action\",\"required_action\":{\"type\":\"submit_tool_outputs\",\"submit_tool_outputs\":{\"tool_calls\":[{\"id\":\"BUJ=\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{ }\"}}]}}}\n\n";
        var events = Read(Created + Message("function_call", "{\\\"name\\\":\\\"f\\\",\\\"arguments\\\":{}}", "8") + action + Done);
        Assert.Equal(new ToolCallItem("BUJ=", "f", RunBy.Client), events.OfType<ItemStarted>().Single().Head);
        Assert.Equal(new RunSuspended([new CallFunction(0)]), events[^1]);
    }

    [Fact]
    public void A_question_node_waits_for_the_users_answer()
    {
        var action = "event:conversation.chat.requires_action\ndata:{\"id\":\"7\",\"required_action\":{\"submit_tool_outputs\":{\"tool_calls\":[{\"id\":\"1/2\",\"type\":\"reply_message\",\"function\":null}]}}}\n\n";
        var events = Read(Created + Message("answer", "Where to?") + action + Done);
        Assert.Equal(new RunSuspended([new AnswerQuestion(1, 0)]), events[^1]);
    }

    [Fact]
    public void Sound_may_come_after_the_chat_has_completed()
    {
        var events = Read(Created + Completed + "event:conversation.audio.delta\ndata:{\"id\":\"6\",\"type\":\"answer\",\"content\":\"UklGRg==\",\"content_type\":\"audio\"}\n\n" + Done);
        Assert.Equal("UklGRg==", events.OfType<PartDelta>().Single().Text);
        Assert.IsType<RunCompleted>(events[^1]);
    }

    [Fact]
    public void What_is_unknown_is_kept_without_what_says_where_it_stood()
    {
        var extension = Read(Created + "event:conversation.news\ndata:{\"id\":\"1\",\"chat_id\":\"2\",\"logid\":\"3\",\"text\":\"x\"}\n\nevent:ping\ndata:{}\n\n" + Completed + Done).OfType<Extension>().Single();
        Assert.Equal(("conversation.news", "{\"text\":\"x\"}"), (extension.Name, extension.Json.Text));
    }

    [Fact]
    public void Unknown_members_of_a_chat_are_kept()
        => Assert.Equal("{\"x\":1}", ((RunStarted)Read(Created + Completed + Done)[0]).Leftover!.Members.Text);

    [Theory]
    [InlineData("event:conversation.message.delta\ndata:{\"content\":\n\n")]
    [InlineData("event:conversation.message.delta\ndata:[]\n\n")]
    [InlineData("event:conversation.message.completed\ndata:{}}\n\n")]
    [InlineData("event:conversation.chat.completed\ndata:nonsense\n\n")]
    public void A_frame_that_cannot_be_read_fails_the_run(string frame)
        => Assert.Equal(ErrorCause.Malformed, ((RunFailed)Read(Created + frame + Done)[^1]).Error.Cause);

    [Fact]
    public void Whatever_comes_there_is_one_end_and_no_exception()
    {
        var random = new Random(1);
        var recorded = Encoding.UTF8.GetBytes(string.Concat(new[] { "chat.sse", "tools.sse", "requires-action.sse" }.Select(name => File.ReadAllText(CozeGolden.PathOf(name)))));
        for (var round = 0; round < 3000; round++)
        {
            var bytes = (byte[])recorded.Clone();
            for (var change = random.Next(1, 12); change > 0; change--)
            {
                var at = random.Next(bytes.Length);
                bytes[at] = random.Next(3) switch { 0 => (byte)random.Next(256), 1 => (byte)"\"{}[]:,\\\nu0"[random.Next(11)], _ => bytes[random.Next(bytes.Length)] };
            }

            var events = Streams.Read(new CozeStreamReader(), bytes);
            Assert.Single(events.OfType<RunEnded>());
            Assert.IsAssignableFrom<RunEnded>(events[^1]);
            var state = new RunState();
            foreach (var logged in RandomRuns.LogOf(events)) state.Apply(logged);
        }
    }

    [Fact]
    public void A_delta_costs_its_text_and_its_event()
    {
        var reader = new CozeStreamReader();
        var events = new List<RunEvent>(2000);
        using var framer = new Parley.Protocols.Sse.SseFramer();
        framer.Append(Encoding.UTF8.GetBytes(Created + Delta("first")));
        while (framer.TryRead(out var frame)) reader.Read(frame, events);
        var bytes = Encoding.UTF8.GetBytes(Delta("twenty characters ok"));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            framer.Append(bytes);
            while (framer.TryRead(out var frame)) reader.Read(frame, events);
        }

        // A string of 20 characters is 64 bytes, an event 40, and a place in a growing list of what is compared with the whole at the end.
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 1000, 0, 125);
    }

    private static List<RunEvent> Read(string stream) => Streams.Read(new CozeStreamReader(), Encoding.UTF8.GetBytes(stream));

    private static string Delta(string content, string id = "6")
        => $"event:conversation.message.delta\ndata:{{\"id\":\"{id}\",\"role\":\"assistant\",\"type\":\"answer\",\"content\":\"{content}\",\"content_type\":\"text\"}}\n\n";

    private static string Message(string type, string content, string id = "6")
        => $"event:conversation.message.completed\ndata:{{\"id\":\"{id}\",\"role\":\"assistant\",\"type\":\"{type}\",\"content\":\"{content}\",\"content_type\":\"text\"}}\n\n";

    private static string WithoutTimes(string stream) => System.Text.RegularExpressions.Regex.Replace(stream, "\"(created|updated|completed)_at\":\\d+", "\"$1_at\":0");
}
