using Parley.Conversations;
using Parley.Runs;
using Parley.Tests.Events;

namespace Parley.Tests.Runs;

public sealed class RunAppenderTests
{
    private static readonly Run Header = Headers.Of("coze");

    private readonly FakeTime _time = new();

    [Fact]
    public void A_missing_start_is_inserted_and_what_is_open_is_closed()
    {
        var log = Appended(new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Text), new PartDelta(0, 0, "Hi"), new RunCompleted(FinishReason.Stop));
        Assert.Equal(["RunStarted", "ItemStarted", "PartStarted", "PartDelta", "PartCompleted", "ItemCompleted", "RunCompleted"], log.Select(e => e.GetType().Name));
        Assert.Equal(ItemStatus.Completed, ((ItemCompleted)log[5]).Status);
    }

    [Fact]
    public void A_run_refused_before_it_started_is_its_failure_alone()
        => Assert.IsType<RunFailed>(Assert.Single(Appended(new RunFailed(RunError.Rejected("no")))));

    [Fact]
    public void What_was_open_when_a_run_fails_is_incomplete()
    {
        var log = Appended(new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Text), new RunFailed(RunError.Rejected("no")));
        Assert.Equal(ItemStatus.Incomplete, log.OfType<ItemCompleted>().Single().Status);
    }

    [Fact]
    public void Open_calls_suspend_a_run_even_if_the_agent_says_stop()
    {
        var log = Appended(new ItemStarted(0, new ToolCallItem("c", "f", RunBy.Client)), new PartStarted(0, 0, PartKind.Input), new PartDelta(0, 0, "{}"), new RunCompleted(FinishReason.Stop));
        Assert.Equal(new RunSuspended([new CallFunction(0)]), log[^1]);
        Assert.Equal(ItemStatus.Completed, log.OfType<ItemCompleted>().Single().Status);
    }

    [Fact]
    public void A_call_cut_by_the_length_limit_is_not_waited_for()
    {
        var log = Appended(new ItemStarted(0, new ToolCallItem("c", "f", RunBy.Client)), new PartStarted(0, 0, PartKind.Input), new PartDelta(0, 0, "{\"a"), new RunCompleted(FinishReason.Length));
        Assert.IsType<RunCompleted>(log[^1]);
        Assert.Equal(ItemStatus.Incomplete, log.OfType<ItemCompleted>().Single().Status);
    }

    [Fact]
    public void Calls_run_by_the_server_or_answered_do_not_suspend()
    {
        var log = Appended(
            new ItemStarted(0, new ToolCallItem("s", "f", RunBy.Server)), new ItemCompleted(0),
            new ItemStarted(1, new ToolCallItem("c", "f", RunBy.Client)), new ItemCompleted(1),
            new ItemStarted(2, new ToolResultItem("c"), Within: 1), new ItemCompleted(2),
            new RunCompleted(FinishReason.Stop));
        Assert.IsType<RunCompleted>(log[^1]);
    }

    [Fact]
    public void A_question_that_waits_stays_open()
    {
        var log = Appended(
            new ItemStarted(0, new WorkflowActionItem("Question", "q")), new ItemStarted(1, new MessageItem(Role.Assistant), Within: 0),
            new RunSuspended([new AnswerQuestion(0, 1)]));
        Assert.Equal(1, log.OfType<ItemCompleted>().Single().Item);
    }

    [Fact]
    public void The_rest_of_a_completed_text_is_one_more_delta()
    {
        var log = Appended(Text("Hel", "Hello"));
        Assert.Equal(["Hel", "lo"], log.OfType<PartDelta>().Select(delta => delta.Text));
        Assert.Null(log.OfType<PartCompleted>().Single().Text);
    }

    [Fact]
    public void A_completed_text_that_differs_is_kept_and_is_a_loss()
    {
        var (appender, log) = Append(Text("20", "2024"[1..]));
        Assert.Equal("024", log.OfType<PartCompleted>().Single().Text);
        Assert.Equal("024", appender.State.Items[0].Text);
        Assert.Equal(["text-differs"], appender.Losses);
    }

    [Fact]
    public void Reasoning_and_the_message_after_it_share_a_base_id()
    {
        var log = Appended(
            new ItemStarted(0, new ReasoningItem()), new ItemCompleted(0), new ItemStarted(1, new MessageItem(Role.Assistant)), new ItemCompleted(1),
            new ItemStarted(2, new MessageItem(Role.Assistant)), new RunCompleted(FinishReason.Stop));
        var ids = log.OfType<ItemStarted>().Select(item => item.Id).ToList();
        Assert.Equal(1, ids[0].Facet);
        Assert.Equal(ids[0].Entity, ids[1]);
        Assert.NotEqual(ids[1], ids[2]);
    }

    [Fact]
    public void A_message_that_begins_while_the_reasoning_goes_on_is_one_of_its_own()
    {
        var ids = Appended(new ItemStarted(0, new ReasoningItem()), new ItemStarted(1, new MessageItem(Role.Assistant)), new RunCompleted(FinishReason.Stop))
            .OfType<ItemStarted>().Select(item => item.Id).ToList();
        Assert.NotEqual(ids[0].Entity, ids[1]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("used")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123x")]
    public void A_call_id_that_is_empty_too_long_or_used_is_replaced(string callId)
    {
        var log = Appended(
            new ItemStarted(0, new ToolCallItem("used", "f", RunBy.Server)), new ItemCompleted(0),
            new ItemStarted(1, new ToolCallItem(callId, "f", RunBy.Server)), new ItemCompleted(1), new RunCompleted(FinishReason.Stop));
        var call = (ToolCallItem)log.OfType<ItemStarted>().Last().Head;
        Assert.StartsWith("call_", call.CallId, StringComparison.Ordinal);
        Assert.Equal(55, call.CallId.Length);
    }

    public static TheoryData<string, RunEvent[]> Illegal => new()
    {
        { "delta before its part", [new ItemStarted(0, new MessageItem(Role.Assistant)), new PartDelta(0, 0, "x")] },
        { "delta of no item", [new PartDelta(0, 0, "x")] },
        { "delta after its part", [new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Text), new PartCompleted(0, 0), new PartDelta(0, 0, "x")] },
        { "part in a finished item", [new ItemStarted(0, new MessageItem(Role.Assistant)), new ItemCompleted(0), new PartStarted(0, 0, PartKind.Text)] },
        { "item out of order", [new ItemStarted(1, new MessageItem(Role.Assistant))] },
        { "part out of order", [new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 1, PartKind.Text)] },
        { "item ended twice", [new ItemStarted(0, new MessageItem(Role.Assistant)), new ItemCompleted(0), new ItemCompleted(0)] },
        { "negative item", [new ItemCompleted(-1)] },
        { "two starts", [new RunStarted(), new RunStarted()] },
    };

    [Theory, MemberData(nameof(Illegal))]
    public void An_agent_that_breaks_the_grammar_is_refused(string what, RunEvent[] events)
    {
        var error = Assert.Throws<RunException>(() => Appended(events)).Error;
        Assert.True((error.Side, error.Cause) == (ErrorSide.Agent, ErrorCause.Malformed), what);
    }

    private static RunEvent[] Text(string streamed, string whole) =>
    [
        new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Text), new PartDelta(0, 0, streamed),
        new PartCompleted(0, 0, whole), new ItemCompleted(0), new RunCompleted(FinishReason.Stop),
    ];

    private List<RunEvent> Appended(params RunEvent[] events) => Append(events).Log;

    private (RunAppender Appender, List<RunEvent> Log) Append(params RunEvent[] events)
    {
        var log = new RunLog(Header.Id, strict: false);
        var appender = new RunAppender(Header, log.Append, new IdSource(_time), _time);
        foreach (var @event in events) appender.Accept(@event);
        log.Ending = new RunEnding(Header, [], false, []);
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        return (appender, log.TryEncode(buffer, out var write) ? [.. EventCodec.Decode(write!.Segment!.Value).Select(logged => logged.Event)] : []);
    }
}
