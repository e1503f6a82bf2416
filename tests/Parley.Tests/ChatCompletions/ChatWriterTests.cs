using System.Buffers;
using System.Text;
using System.Text.Json;
using Parley.Protocols.ChatCompletions;
using Parley.Runs;
using Parley.Tests.Events;
using static Parley.Tests.ChatCompletions.ChatWire;

namespace Parley.Tests.ChatCompletions;

public sealed class ChatWriterTests
{
    private static readonly RunEvent[] Everything =
    [
        new RunStarted("m"),
        new ItemStarted(0, new ReasoningItem()),
        new PartStarted(0, 0, PartKind.ReasoningText),
        new PartDelta(0, 0, "Let me see."),
        new PartCompleted(0, 0),
        new ItemCompleted(0),
        new ItemStarted(1, new MessageItem(Role.Assistant)),
        new PartStarted(1, 0, PartKind.Text),
        new PartDelta(1, 0, "It is \"fine\",\n世界🙂 \u2028."),
        new PartAnnotated(1, 0, new Annotation("url_citation", 0, 5, new Source("Page", "https://example.org/"))),
        new PartCompleted(1, 0),
        new ItemCompleted(1),
        new ItemStarted(2, new ToolCallItem("srv", "search", RunBy.Server)),
        new PartStarted(2, 0, PartKind.Input),
        new PartDelta(2, 0, "{}"),
        new ItemCompleted(2),
        new ItemStarted(3, new MessageItem(Role.Assistant)),
        new PartStarted(3, 0, PartKind.Text),
        new PartDelta(3, 0, "And more."),
        new ItemCompleted(3),
        new ItemStarted(4, new ToolCallItem("call_a", "weather", RunBy.Client)),
        new PartStarted(4, 0, PartKind.Input),
        new ItemStarted(5, new ToolCallItem("call_b", "time", RunBy.Client)),
        new PartStarted(5, 0, PartKind.Input),
        new PartDelta(4, 0, "{\"city\":"),
        new PartDelta(5, 0, "{}"),
        new PartDelta(4, 0, "\"Ulm\"}"),
        new ItemCompleted(4),
        new ItemCompleted(5),
        new ItemStarted(6, new SuggestionItem()),
        new PartStarted(6, 0, PartKind.Text),
        new PartDelta(6, 0, "Ask me more"),
        new ItemCompleted(6),
        new RunSuspended([new CallFunction(4), new CallFunction(5)], new Usage(10, 20, null, 4, 5)),
    ];

    [Fact]
    public void A_run_is_written_as_openai_writes_streams() => Approve("everything.sse", ChatWire.Write(Everything));

    [Fact]
    public void A_run_is_written_whole_as_openai_writes_answers() => Approve("everything.json", Body(Everything));

    [Fact]
    public void Usage_is_told_only_to_who_asked_and_reasoning_only_where_it_is_shown()
    {
        var stream = ChatWire.Write(Everything, new ChatRendering("other", IncludeUsage: false, Reasoning: false));
        Assert.DoesNotContain("usage", stream, StringComparison.Ordinal);
        Assert.DoesNotContain("reasoning", stream, StringComparison.Ordinal);
        Assert.DoesNotContain("Let me see", Body(Everything, new ChatRendering("other", Reasoning: false)), StringComparison.Ordinal);
        Assert.Contains("\"model\":\"other\"", stream, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_is_an_error_and_then_done()
    {
        var stream = ChatWire.Write([new RunStarted(), new RunFailed(new RunError(ErrorSide.Agent, ErrorCause.TimedOut, "secret", false, "upstream_stalled"))]);
        Assert.EndsWith("data: {\"error\":{\"message\":\"The agent did not answer in time.\",\"type\":\"server_error\",\"param\":null,\"code\":\"upstream_stalled\"}}\n\ndata: [DONE]\n\n", stream, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("stop", "stop")]
    [InlineData("length", "length")]
    [InlineData("content_filter", "content_filter")]
    [InlineData("interrupted", "stop")]
    public void Finish_reasons_are_openais_own(string finish, string written)
        => Assert.Contains($"\"finish_reason\":\"{written}\"", ChatWire.Write([new RunStarted(), new RunCompleted(new FinishReason(finish))]), StringComparison.Ordinal);

    [Fact]
    public void A_question_ends_with_stop_because_there_is_nothing_to_call()
        => Assert.Contains("\"finish_reason\":\"stop\"", ChatWire.Write([new RunStarted(), new ItemStarted(0, new WorkflowActionItem("Question", "q")), new RunSuspended([new AnswerQuestion(0)])]), StringComparison.Ordinal);

    [Fact]
    public void Output_for_programs_is_the_answer_where_nothing_was_said()
    {
        RunEvent[] events = [new RunStarted(), new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Data, Data: new RawJson("""{"a":1}""")), new ItemCompleted(0), new RunCompleted(FinishReason.Stop)];
        Assert.Equal("""{"a":1}""", Fold(ChatWire.ReadStream(ChatWire.Write(events))).Items.Single().Text);
        using var body = JsonDocument.Parse(Body(events));
        Assert.Equal("""{"a":1}""", body.RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
    }

    [Fact]
    public void What_was_written_is_read_as_the_same_run_minus_the_declared_losses()
    {
        var random = new Random(20261120);
        for (var round = 0; round < 1000; round++)
        {
            var events = ChatRuns.Next(random);
            var once = ChatWire.ReadStream(ChatWire.Write(events));
            var (wrote, read) = (Fold(events), Fold(once));
            Assert.Equal(Seen(wrote), Seen(read));
            if (wrote.End is RunFailed or RunCancelled) Assert.IsType<RunFailed>(read.End);
            else Assert.Equal(wrote.End!.GetType(), read.End!.GetType());
            Assert.Equal(once, ChatWire.ReadStream(ChatWire.Write(once)));
        }
    }

    [Fact]
    public void What_all_other_protocols_know_is_written_and_read_once_and_then_stays_as_it_is()
    {
        var (all, plain) = (new RandomRuns(2), new RandomRuns(3) { Replaces = false });
        for (var round = 0; round < 500; round++)
        {
            var once = ChatWire.ReadStream(ChatWire.Write(all.Next()));
            Assert.Equal(once, ChatWire.ReadStream(ChatWire.Write(once)));

            var events = plain.Next();
            Assert.Equal(Seen(Fold(events)), Seen(Fold(ChatWire.ReadStream(ChatWire.Write(events)))));
        }
    }

    [Fact]
    public void An_answer_that_was_not_streamed_reads_as_the_stream_does()
    {
        var random = new Random(4);
        for (var round = 0; round < 1000; round++)
        {
            var events = ChatRuns.Next(random);
            if (events[^1] is RunFailed or RunCancelled) continue;
            var body = new List<RunEvent>();
            ChatCompletionsReader.ReadBody(Encoding.UTF8.GetBytes(Body(events)), body);
            var (streamed, whole) = (Fold(ChatWire.ReadStream(ChatWire.Write(events))), Fold(body));
            Assert.Equal(Seen(streamed), Seen(whole));
            Assert.Equal(streamed.End!.GetType(), whole.End!.GetType());
            Assert.Equal(streamed.End.Usage, whole.End.Usage);
        }
    }

    // All that this protocol shows of a run: no borders of items, no item of another protocol.
    private static string Seen(RunState state)
    {
        var messages = state.Items.Where(item => item.Head is MessageItem).ToList();
        var texts = messages.Select(item => string.Concat(item.Parts.Where(part => part.Kind == PartKind.Text).Select(part => part.Text))).Where(text => text.Length > 0);
        return string.Join('|',
            [
                string.Join("\n\n", texts),
                string.Concat(messages.SelectMany(item => item.Parts).Where(part => part.Kind == PartKind.Refusal).Select(part => part.Text)),
                string.Concat(state.Items.Where(item => item.Head is ReasoningItem).Select(item => item.Reasoning)),
                .. state.Items.Where(item => item.Head is ToolCallItem { RunBy: RunBy.Client }).Select(item => item.Head + item.Input),
                .. messages.SelectMany(item => item.Parts).SelectMany(part => part.Notes).Select(note => note.ToString()),
            ]);
    }

    private static string Body(IEnumerable<RunEvent> events, ChatRendering? rendering = null)
    {
        var buffer = new ArrayBufferWriter<byte>();
        ChatObject.WriteCompletion(Header(rendering), Fold(events), buffer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Approve(string name, string actual)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "ChatCompletions", "Golden", name);
        Assert.Equal(File.ReadAllText(path).TrimEnd('\n'), actual.TrimEnd('\n'));
    }
}
