using System.Buffers;
using Parley.Runs;

namespace Parley.Tests.Runs;

public sealed class EventCodecTests
{
    private static readonly RunEvent[] EveryKind =
    [
        new RunStarted("m", new RawJson("""{"id":"x"}""")),
        new ItemStarted(0, new ReasoningItem("enc"), new Id(9), SourceId: "rs_1"),
        new PartStarted(0, 0, PartKind.ReasoningText),
        new PartDelta(0, 0, "hm 🙂 <&>\u2028"),
        new PartCompleted(0, 0),
        new ItemCompleted(0, ItemStatus.Completed, new ReasoningItem("later")),
        new ItemStarted(1, new MessageItem(Role.Assistant), new Id(8), Within: 0, By: new AgentRef("inner", "2", "workflow")),
        new PartStarted(1, 0, PartKind.Text),
        new PartDelta(1, 0, new string('x', 200_000)),
        new PartAnnotated(1, 0, new Annotation("url_citation", 1, 2, new Source("t", "http://127.0.0.1/", Score: 0.5))),
        new PartCompleted(1, 0, "another text"),
        new PartStarted(1, 1, PartKind.Media, new Media("http://127.0.0.1/a.png", MediaType: "image/png")),
        new PartStarted(1, 2, PartKind.Data, Data: new RawJson("""{"a":[1,2.50]}""")),
        new ItemCompleted(1, ItemStatus.Incomplete) { Leftover = new Leftover(Protocol.Coze, new RawJson("""{"b":1}""")) },
        new ItemStarted(2, new ToolCallItem("call_1", "f", RunBy.Client)),
        new ItemStarted(3, new ToolResultItem("call_1", true)),
        new ItemStarted(4, new ApprovalRequestItem("f", "srv")),
        new ItemStarted(5, new ApprovalReplyItem(new Id(8), true, "ok")),
        new ItemStarted(6, new WorkflowActionItem("Question", "q1", "p", "prev", "Ask")),
        new ItemStarted(7, new SuggestionItem()),
        new ItemStarted(8, new RecallItem([new Source("t", null, "text")], "query")),
        new ItemStarted(9, new OpaqueItem(Protocol.Coze, "verbose", new RawJson("""{"x":null}"""))),
        new Extension(Protocol.Responses, "response.x", new RawJson("{}"), 3),
        new RunCompleted(FinishReason.Length, new Usage(1, 2, 4, 1, 1, UsageQuality.Partial)),
        new RunCompleted(FinishReason.Stop, Upstream: new RawJson("[2]")),
        new RunSuspended([new CallFunction(2), new AnswerQuestion(6, 1), new Approve(4), new ProvideInput(6), new Authorize(6, "http://127.0.0.1/")], State: new RawJson("[1]")),
        new RunFailed(new RunError(ErrorSide.Agent, ErrorCause.TimedOut, "slow", true, "c", "p")),
        new RunCancelled(),
    ];

    [Fact]
    public void Every_kind_of_event_comes_back_equal()
    {
        var at = new DateTimeOffset(2026, 11, 20, 13, 0, 0, TimeSpan.Zero).AddTicks(7);
        var buffer = new ArrayBufferWriter<byte>();
        var events = EveryKind.Select((@event, i) => new Logged(100 + i, at.AddMilliseconds(i), @event)).ToList();
        foreach (var logged in events) EventCodec.Encode(logged, buffer);
        var segment = new RunSegment(new Id(1), 100, 100 + events.Count - 1, EventCodec.Format, buffer.WrittenMemory);
        Assert.Equal(events, EventCodec.Decode(segment));
    }

    [Fact]
    public void A_segment_of_a_later_version_is_refused_by_name()
    {
        var error = Assert.Throws<InvalidDataException>(() => EventCodec.Decode(new RunSegment(new Id(1), 0, 0, EventCodec.Format + 1, default)));
        Assert.Contains("format 2", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(int.MaxValue)]
    public void Deltas_of_one_part_are_read_together_up_to_the_number_that_is_asked_for(int most)
    {
        RunEvent[] events =
        [
            new RunStarted(), new PartDelta(0, 0, "a"), new PartDelta(0, 0, "é🙂"), new PartDelta(0, 0, "c"), new PartDelta(0, 1, "d"), new PartDelta(1, 1, "e"), new PartDelta(1, 1, "f"), new RunCancelled(),
        ];
        var buffer = new ArrayBufferWriter<byte>();
        for (var i = 0; i < events.Length; i++) EventCodec.Encode(new Logged(5 + i, DateTimeOffset.UnixEpoch.AddSeconds(i), events[i]), buffer);
        var reader = new SegmentReader(new RunSegment(new Id(1), 5, 4 + events.Length, EventCodec.Format, buffer.WrittenMemory));
        var (texts, together, next) = ("", 0, 5L);
        while (!reader.IsAtEnd)
        {
            var logged = reader.Read(most, out var count);
            Assert.Equal((next, DateTimeOffset.UnixEpoch.AddSeconds(next - 5)), (logged.Sequence, logged.At));
            if (logged.Event is PartDelta delta) texts += $"{delta.Item}{delta.Part}{delta.Text}";
            together = Math.Max(together, count);
            next += count;
        }

        Assert.Equal((5 + events.Length, Math.Min(most, 3)), (next, together));
        if (most == int.MaxValue) Assert.Equal("00aé🙂c01d11ef", texts);
    }

    [Fact]
    public void Rows_of_earlier_versions_are_read()
    {
        var run = new Run
        {
            Id = new Id(8),
            Owner = "o",
            Conversation = new Id(16),
            Section = new Id(16),
            Agent = new AgentRef("echo"),
            Status = RunStatus.Completed,
            Dialect = Protocol.Coze,
            Chat = new Id(8),
            Request = new ModelRequest(),
            CreatedAt = DateTimeOffset.UnixEpoch,
            OnDisconnect = DisconnectPolicy.Cancel,
            End = new RunCompleted(FinishReason.Stop, new Usage(1, 2, Quality: UsageQuality.Estimated)),
        };
        var row = CanonicalJson.Write(run);
        Assert.Contains("\"on_disconnect\":\"Cancel\"", row, StringComparison.Ordinal);
        Assert.Equal(run, CanonicalJson.Read<Run>(row.Replace("\"estimated\":\"Estimated\"", "\"estimated\":true", StringComparison.Ordinal)));
        var exact = run with { OnDisconnect = DisconnectPolicy.Continue, End = new RunCompleted(FinishReason.Stop, new Usage(1, 2)) };
        Assert.Equal(exact, CanonicalJson.Read<Run>(CanonicalJson.Write(exact).Replace("\"estimated\":\"Exact\"", "\"estimated\":false", StringComparison.Ordinal)));
        Assert.Contains("\"on_disconnect\":\"Continue\"", CanonicalJson.Write(exact), StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_comes_back_equal()
    {
        var run = new Run
        {
            Id = new Id(8),
            Owner = "o",
            Conversation = new Id(16),
            Section = new Id(16),
            Agent = new AgentRef("echo"),
            Status = RunStatus.Suspended,
            Dialect = Protocol.Coze,
            Rendering = new RawJson("""{"v":true}"""),
            Chat = new Id(8),
            Stored = false,
            Input = [new Id(24)],
            Request = new ModelRequest { Tools = [new ToolDefinition("f", "d", new RawJson("{}"), true)], Variables = [new("a", "b")], Temperature = 0.5, Stop = ["x"] },
            Metadata = [new("k", "v")],
            CreatedAt = DateTimeOffset.UnixEpoch,
            End = new RunSuspended([new CallFunction(0)]),
            Losses = ["text-differs"],
        };
        Assert.Equal(run, CanonicalJson.Read<Run>(CanonicalJson.Write(run)));
    }
}
