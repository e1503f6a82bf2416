using System.Text;
using Parley.Protocols.Coze;
using Parley.Runs;
using Parley.Tests.Events;

namespace Parley.Tests.Coze;

/// <summary>Streams of a workflow that is no chatflow, both ways.</summary>
public sealed class CozeWorkflowStreamTests
{
    private const int Rounds = 1500;
    private const string Done = "id: 9\nevent: Done\ndata: {\"debug_url\":\"http://x/\"}\n\n";

    [Fact]
    public void A_recorded_stream_is_read_and_written_again_as_it_was()
    {
        var recorded = File.ReadAllText(CozeGolden.PathOf("workflow-run.sse"));
        var events = Read(recorded);
        Assert.Equal(
            ["RunStarted", "ItemStarted", "PartStarted", "PartDelta", "PartDelta", "PartCompleted", "ItemCompleted", "ItemStarted", "PartStarted", "PartDelta", "PartCompleted", "ItemCompleted", "RunCompleted"],
            events.Select(@event => @event.GetType().Name));
        Assert.Equal(new RunCompleted(FinishReason.Stop, new Usage(21, 11)), events[^1]);
        Assert.Equal("""{"node_title":"Forecast"}""", events.OfType<ItemStarted>().First().Leftover!.Members.Text);
        Assert.Equal(recorded, Encoding.UTF8.GetString(Write(events)));
    }

    [Fact]
    public void What_is_written_is_read_back_minus_the_declared_losses()
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var events = new RandomRuns(seed) { Replaces = false }.Next();
            Assert.Equal(FactsOf(events), FactsOf(Again(events)));
        }
    }

    [Fact]
    public void A_second_pass_loses_nothing_more()
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var once = Again(new RandomRuns(seed).Next());
            Assert.Equal(Plain(once), Plain(Again(once)));
        }
    }

    [Fact]
    public void It_does_not_matter_where_the_bytes_are_cut()
    {
        var recorded = File.ReadAllBytes(CozeGolden.PathOf("workflow-run.sse"));
        var whole = Streams.Read(new CozeWorkflowStreamReader(), recorded);
        foreach (var piece in (int[])[1, 2, 3, 7, 64]) Assert.Equal(whole, Streams.Read(new CozeWorkflowStreamReader(), recorded, piece));
    }

    [Theory]
    [InlineData(2, typeof(AnswerQuestion))]
    [InlineData(5, typeof(ProvideInput))]
    [InlineData(7, typeof(Authorize))]
    [InlineData(1, typeof(CallFunction))]
    [InlineData(6, typeof(CallFunction))]
    public void An_interrupt_says_what_is_waited_for_and_how_to_go_on(int type, Type required)
    {
        var data = type is 1 or 6 ? "{\\\"name\\\":\\\"f\\\",\\\"arguments\\\":{\\\"a\\\":1}}" : type == 7 ? "{\\\"url\\\":\\\"https://h/consent?x=1\\\"}" : "";
        var events = Read($"id: 0\nevent: Interrupt\ndata: {{\"interrupt_data\":{{\"event_id\":\"1/2\",\"type\":{type},\"data\":\"{data}\"}},\"node_title\":\"Where to?\"}}\n\n");
        var suspended = Assert.IsType<RunSuspended>(events[^1]);
        Assert.Equal(required, suspended.Required.Single().GetType());
        Assert.Equal($$"""{"event_id":"1/2","interrupt_type":{{type}}}""", suspended.State!.Value.Text);
        if (suspended.Required.Single() is Authorize authorize) Assert.Equal("https://h/consent?x=1", authorize.Link);
        if (suspended.Required.Single() is CallFunction) Assert.Equal(new ToolCallItem("call_1_2", "f", RunBy.Client), events.OfType<ItemStarted>().Single().Head);
    }

    [Fact]
    public void A_question_follows_what_was_said()
    {
        var events = Read(Message("Where to?", "n", 0, true) + "event: Interrupt\ndata: {\"interrupt_data\":{\"event_id\":\"1/2\",\"type\":2,\"data\":\"\"},\"node_title\":\"q\"}\n\n");
        Assert.Equal([new AnswerQuestion(1, 0)], ((RunSuspended)events[^1]).Required);
    }

    [Theory]
    [InlineData("event: Error\ndata: {\"error_code\":4000,\"error_message\":\"no\"}\n\n", "4000", ErrorCause.Rejected)]
    [InlineData("event: Error\ndata: {\"error_code\":\"720702011\",\"error_message\":\"no\"}\n\n", "720702011", ErrorCause.Unavailable)]
    [InlineData("event: error\r\ndata: no\r\n\r\n", null, ErrorCause.Unavailable)]
    [InlineData("data: {\"code\":\"4200\",\"msg\":\"no\"}\n\n", "4200", ErrorCause.NotFound)]
    public void A_failure_is_read_in_every_form(string frame, string? code, ErrorCause cause)
    {
        var failed = (RunFailed)Read(Message("half", "n", 0, false) + frame + Done)[^1];
        Assert.Equal((code, cause, "no"), (failed.Error.Code, failed.Error.Cause, failed.Error.Message));
    }

    [Fact]
    public void A_heartbeat_means_nothing()
        => Assert.Equal("ab", TextOf(Read(Message("a", "n", 0, false) + "id: 1\nevent: PING\ndata: {\"content\":\"{}\"}\n\n" + Message("b", "n", 1, true) + Done)));

    [Theory]
    [InlineData("{\\\"output\\\":\\\"ab\\\"}", 1)]
    [InlineData("ab", 1)]
    [InlineData("{\\\"city\\\":\\\"Ulm\\\"}", 2)]
    public void The_end_node_only_adds_what_was_not_said(string output, int items)
        => Assert.Equal(items, Read(Message("ab", "n", 0, true) + Message(output, "", 0, true) + Done).OfType<ItemStarted>().Count());

    [Fact]
    public void Where_nothing_was_said_the_end_nodes_text_is_the_answer()
        => Assert.Equal("Hello", TextOf(Read(Message("{\\\"output\\\":\\\"Hello\\\"}", "", 0, true) + Done)));

    [Fact]
    public void An_output_for_programs_is_data()
        => Assert.Equal("""{"city":"Ulm","days":[1,2]}""", Read(Message("{\\\"city\\\":\\\"Ulm\\\", \\\"days\\\":[1,2]}", "", 0, true) + Done).OfType<PartStarted>().Single().Data!.Value.Text);

    [Fact]
    public void Nodes_that_speak_at_once_are_kept_apart()
    {
        var events = Read(Message("a", "m", 0, false) + Message("x", "n", 0, false) + Message("b", "m", 1, true) + Message("y", "n", 1, true) + Done);
        Assert.Equal(["ab", "xy"], events.OfType<PartDelta>().GroupBy(delta => delta.Item).Select(item => string.Concat(item.Select(delta => delta.Text))));
    }

    [Fact]
    public void A_stream_that_breaks_off_has_failed_unless_its_output_had_come()
    {
        Assert.Equal(ErrorCause.Malformed, ((RunFailed)Read(Message("a", "n", 0, false))[^1]).Error.Cause);
        Assert.IsType<RunCompleted>(Read(Message("{\\\"output\\\":\\\"a\\\"}", "", 0, true))[^1]);
    }

    private static string TextOf(List<RunEvent> events) => string.Concat(events.OfType<PartDelta>().Select(delta => delta.Text));

    private static List<RunEvent> Read(string stream) => Streams.Read(new CozeWorkflowStreamReader(), Encoding.UTF8.GetBytes(stream));

    private static byte[] Write(List<RunEvent> events) => Streams.Write(new CozeWorkflowStreamWriter(CozeRuns.Header(Protocol.CozeWorkflowRun)), RandomRuns.LogOf(events));

    private static List<RunEvent> Again(List<RunEvent> events) => Streams.Read(new CozeWorkflowStreamReader(), Write(events));

    private static string Message(string content, string node, int sequence, bool finish)
        => $"id: 0\nevent: Message\ndata: {{\"content\":\"{content}\",\"node_title\":\"{node}\",\"node_seq_id\":\"{sequence}\",\"node_is_finish\":{(finish ? "true" : "false")},\"node_id\":\"{node}\"}}\n\n";

    // Without the ids of the stream that it was read from.
    private static List<RunEvent> Plain(List<RunEvent> events) => [.. events.Select(@event => @event switch
    {
        ItemStarted started => started with { SourceId = null },
        RunSuspended suspended => suspended with { State = null },
        _ => @event,
    })];

    // What this stream can say: texts in their order, the first thing that is waited for, and the end.
    private static List<string> FactsOf(List<RunEvent> events)
    {
        var state = new RunState();
        foreach (var logged in RandomRuns.LogOf(events)) state.Apply(logged);
        List<string> facts = [.. state.Items.Where(item => item is { Head: MessageItem, Text.Length: > 0 }).Select(item => item.Text)];
        facts.Add(state.End switch
        {
            RunCompleted completed => $"completed {completed.Usage?.Input}+{completed.Usage?.Output}={completed.Usage?.Sum}",
            RunSuspended suspended => $"suspended {suspended.Required[0].GetType().Name} {state.Items[suspended.Required[0].Item].Input}",
            RunFailed failed => $"failed {failed.Error.Message}",
            _ => "cancelled",
        });
        return facts;
    }
}
