using System.Text;
using Parley.Protocols.Coze;
using Parley.Runs;
using Parley.Tests.Events;

namespace Parley.Tests.Coze;

public sealed class CozeStreamWriterTests
{
    private static readonly List<RunEvent> Answer =
    [
        new RunStarted(),
        new ItemStarted(0, new ReasoningItem()),
        new PartStarted(0, 0, PartKind.ReasoningText),
        new PartDelta(0, 0, "They greet <me>."),
        new PartCompleted(0, 0),
        new ItemCompleted(0),
        new ItemStarted(1, new MessageItem(Role.Assistant)),
        new PartStarted(1, 0, PartKind.Text),
        new PartDelta(1, 0, "你好，"),
        new PartDelta(1, 0, "it's \"fine\" 🙂"),
        new PartCompleted(1, 0),
        new ItemCompleted(1),
        new ItemStarted(2, new SuggestionItem()),
        new PartStarted(2, 0, PartKind.Text),
        new PartDelta(2, 0, "And you?"),
        new PartCompleted(2, 0),
        new ItemCompleted(2),
        new RunCompleted(FinishReason.Stop, new Usage(21, 11)),
    ];

    [Fact]
    public void A_chat_has_the_frames_of_v3() => AssertGolden("chat.sse", Written(Answer));

    [Fact]
    public void A_chatflow_has_spaces_no_bot_and_tells_where_to_look()
        => AssertGolden("chatflow.sse", Written(Answer, Protocol.CozeWorkflow, new CozeRendering { DebugUrl = "http://127.0.0.1:5080/v3/chat/retrieve?conversation_id={conversation}&chat_id={chat}" }));

    [Fact]
    public void A_call_of_the_client_is_told_at_the_end_only()
        => AssertGolden("requires-action.sse", Written(
        [
            new RunStarted(),
            new ItemStarted(0, new ToolCallItem("call_abc", "get_weather", RunBy.Client)),
            new PartStarted(0, 0, PartKind.Input),
            new PartDelta(0, 0, "{\"city\":"),
            new PartDelta(0, 0, "\"Köln\"}"),
            new PartCompleted(0, 0),
            new ItemCompleted(0),
            new RunSuspended([new CallFunction(0)]),
        ]));

    [Fact]
    public void Calls_and_results_of_the_server_are_messages_of_their_own()
        => AssertGolden("tools.sse", Written(
        [
            new RunStarted(),
            new ItemStarted(0, new RecallItem([new Source("Guide", "http://a.example/?x=1&y=2", "Bring an umbrella.", 0.75, "guide.md")], "weather")),
            new ItemCompleted(0),
            new ItemStarted(1, new ToolCallItem("call_1", "weather-now", RunBy.Server)),
            new PartStarted(1, 0, PartKind.Input),
            new PartDelta(1, 0, "{\"city\":\"Köln\",\"id\":12345678901234567890}"),
            new PartCompleted(1, 0),
            new ItemCompleted(1),
            new ItemStarted(2, new ToolResultItem("call_1"), Within: 1),
            new PartStarted(2, 0, PartKind.Text),
            new PartDelta(2, 0, "rain"),
            new PartCompleted(2, 0),
            new ItemCompleted(2),
            new RunCompleted(FinishReason.Stop),
        ]));

    [Fact]
    public void A_failure_is_a_whole_chat_and_a_bare_code_and_nothing_follows()
    {
        var text = Written(
        [
            .. Answer.Take(9),
            new PartCompleted(1, 0),
            new ItemCompleted(1, ItemStatus.Incomplete),
            new RunFailed(new RunError(ErrorSide.Agent, ErrorCause.Limit, "Too many requests.", true)),
        ]);
        Assert.DoesNotContain("message.completed", text, StringComparison.Ordinal);
        Assert.DoesNotContain("event:done", text, StringComparison.Ordinal);
        Assert.EndsWith(
            "event:conversation.chat.failed\ndata:{\"id\":\"7710237672458944520\",\"conversation_id\":\"7710237672458944512\",\"bot_id\":\"7478675888952246323\","
            + "\"created_at\":1795179599,\"failed_at\":1795179601,\"last_error\":{\"code\":4020,\"msg\":\"Too many requests.\"},\"status\":\"failed\","
            + "\"usage\":{\"token_count\":0,\"output_count\":0,\"input_count\":0},\"section_id\":\"7710237672458944512\",\"code\":4020,\"msg\":\"Too many requests.\"}\n\n",
            text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_client_must_not_see_of_an_error_stays_here()
    {
        var text = Written([new RunFailed(new RunError(ErrorSide.Server, ErrorCause.Unavailable, "disk /dev/sda1 on fire"))]);
        Assert.DoesNotContain("sda1", text, StringComparison.Ordinal);
        Assert.Contains("\"code\":5000,\"msg\":\"The server failed.\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_chat_is_done_and_says_nothing_else()
    {
        var text = Written([.. Answer.Take(9), new PartCompleted(1, 0), new ItemCompleted(1, ItemStatus.Incomplete), new RunCancelled()]);
        Assert.EndsWith("\"section_id\":\"7710237672458944512\"}\n\nevent:done\ndata:\"[DONE]\"\n\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("completed", text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_cut_by_a_limit_is_still_told_whole()
    {
        var text = Written([.. Answer.Take(9), new PartCompleted(1, 0), new ItemCompleted(1, ItemStatus.Incomplete), new RunCompleted(FinishReason.Length)]);
        Assert.Contains("event:conversation.message.completed\ndata:{\"id\":\"7710237672458944528\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_text_that_an_answer_ends_with_is_the_authoritative_one()
    {
        var text = Written([.. Answer.Take(9), new PartCompleted(1, 0, "另一个"), new ItemCompleted(1), new RunCompleted(FinishReason.Stop)]);
        Assert.Contains("event:conversation.message.completed\ndata:{\"id\":\"7710237672458944528\",\"conversation_id\":\"7710237672458944512\",\"bot_id\":\"7478675888952246323\",\"role\":\"assistant\",\"type\":\"answer\",\"content\":\"另一个\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Verbose_frames_can_be_switched_off()
        => Assert.DoesNotContain("verbose", Written(Answer, rendering: new CozeRendering { Verbose = false }), StringComparison.Ordinal);

    [Fact]
    public void A_resumed_chat_keeps_its_beginning_and_adds_up_what_it_used()
    {
        var text = Written(Answer, rendering: new CozeRendering { Since = DateTimeOffset.FromUnixTimeSeconds(1795170000), Spent = new Usage(100, 10) });
        Assert.Contains("\"created_at\":1795170000,\"completed_at\":1795179601", text, StringComparison.Ordinal);
        Assert.Contains("\"usage\":{\"token_count\":142,\"output_count\":21,\"input_count\":121}", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_leave_that_is_waited_for_is_asked_in_words()
    {
        var text = Written([new RunStarted(), new ItemStarted(0, new ApprovalRequestItem("rm")), new PartStarted(0, 0, PartKind.Input), new PartDelta(0, 0, "{\"path\":\"/\"}"), new PartCompleted(0, 0), new RunSuspended([new Approve(0)])]);
        Assert.Contains("\"content\":\"May rm be called with {\\\"path\\\":\\\"/\\\"}? (yes/no)\"", text, StringComparison.Ordinal);
        Assert.Contains("{\"id\":\"7710237672458944520/7710237672458944528\",\"type\":\"reply_message\",\"function\":null,\"require_info\":null}", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_delta_costs_nothing_but_its_bytes()
    {
        var writer = new CozeStreamWriter(CozeRuns.Header());
        var log = RandomRuns.LogOf(Answer);
        var into = new System.Buffers.ArrayBufferWriter<byte>(1 << 20);
        foreach (var logged in log.Take(10)) writer.Write(logged, into);

        // The fold keeps the text, in a builder that grows now and then: that is what is left.
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) writer.Write(log[8], into);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000 * 40);
        Assert.Equal(1000 + 5, writer.Count);
    }

    private static string Written(List<RunEvent> events, Protocol? dialect = null, CozeRendering? rendering = null)
    {
        rendering = (rendering ?? new()) with { Bot = "7478675888952246323" };
        return Encoding.UTF8.GetString(Streams.Write(new CozeStreamWriter(CozeRuns.Header(dialect, rendering)), RandomRuns.LogOf(events)));
    }

    private static void AssertGolden(string name, string actual) => Assert.Equal(File.ReadAllText(CozeGolden.PathOf(name)), actual);
}

/// <summary>Recorded streams of our own making, in the shapes of the wire.</summary>
internal static class CozeGolden
{
    public static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Coze", "Golden", name);
}
