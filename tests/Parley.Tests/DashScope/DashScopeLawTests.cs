using System.Buffers;
using System.Text;
using Parley.Protocols.DashScope;
using Parley.Runs;
using Parley.Tests.ChatCompletions;
using Parley.Tests.Events;

namespace Parley.Tests.DashScope;

/// <summary>The law of the room: what is written is read back, minus the losses that docs/protocols/dashscope.md declares.</summary>
public sealed class DashScopeLawTests
{
    private const int Rounds = 1500;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_written_is_read_back_minus_the_declared_losses(bool isApp)
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var events = new RandomRuns(seed) { Replaces = false }.Next();
            var (before, after) = (FactsOf(events, isApp), FactsOf(Again(events, isApp), isApp));
            Assert.True(before == after, $"seed {seed}:\n{before}\n---\n{after}");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_second_pass_loses_nothing_more(bool isApp)
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var once = Streams.Joined(Again(new RandomRuns(seed).Next(), isApp));
            Assert.Equal(once, Streams.Joined(Again(once, isApp)));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void It_does_not_matter_where_the_bytes_are_cut(bool isApp)
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var bytes = Written(new RandomRuns(seed).Next(), isApp);
            var whole = Streams.Read(new DashScopeReader(true), bytes);
            foreach (var piece in (int[])[1, 2, 3, 7, 64]) Assert.Equal(whole, Streams.Read(new DashScopeReader(true), bytes, piece));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_whole_answer_says_what_the_stream_says(bool isApp)
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var events = new RandomRuns(seed) { Replaces = false }.Next();
            var state = ChatWire.Fold(events);
            var body = new ArrayBufferWriter<byte>();
            DashScopeObject.Write(Headers.Of("dashscope"), state, isApp, false, body);
            var read = new List<RunEvent>();
            DashScopeReader.ReadBody(body.WrittenSpan, read);
            if (state.End is RunCompleted or RunSuspended) Assert.Equal(WordsOf(Again(events, isApp)), WordsOf(read));
            else Assert.IsType<RunFailed>(read[^1]);
        }
    }

    [Fact]
    public void A_frame_is_written_as_the_server_writes_it()
    {
        var stream = Encoding.UTF8.GetString(Written([new RunStarted(), new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Text), new PartDelta(0, 0, "a\"星"), new PartCompleted(0, 0), new ItemCompleted(0), new RunCompleted(FinishReason.Stop, new Usage(1, 2, null, 3, 4))], false));
        Assert.Equal(
            "id:1\nevent:result\n:HTTP_STATUS/200\ndata:{\"output\":{\"choices\":[{\"message\":{\"content\":\"a\\\"星\",\"role\":\"assistant\"},\"finish_reason\":\"null\"}]},\"usage\":{},\"request_id\":\"00000000-0000-0010-0000-000000000008\"}\n\n"
            + "id:2\nevent:result\n:HTTP_STATUS/200\ndata:{\"output\":{\"choices\":[{\"message\":{\"content\":\"\",\"role\":\"assistant\"},\"finish_reason\":\"stop\"}]},\"usage\":{\"total_tokens\":3,\"input_tokens\":1,\"output_tokens\":2,\"output_tokens_details\":{\"reasoning_tokens\":4},\"prompt_tokens_details\":{\"cached_tokens\":3}},\"request_id\":\"00000000-0000-0010-0000-000000000008\"}\n\n",
            stream);
    }

    private static byte[] Written(List<RunEvent> events, bool isApp)
        => Streams.Write(new DashScopeWriter(Headers.Of(isApp ? "dashscope-app" : "dashscope"), isApp), RandomRuns.LogOf(events));

    private static List<RunEvent> Again(List<RunEvent> events, bool isApp) => Streams.Read(new DashScopeReader(true), Written(events, isApp));

    // What is left of a run: the texts of its messages as one, of its reasoning, its calls, what it found, its end.
    private static string FactsOf(List<RunEvent> events, bool isApp)
    {
        var state = ChatWire.Fold(events);
        var end = state.End switch
        {
            RunCancelled => "failed Cancelled",
            RunFailed failed => $"failed {failed.Error.Cause}",
            RunSuspended suspended when !isApp && suspended.Required.Any(required => required is CallFunction) => "tool_calls",
            RunSuspended or RunCompleted { Finish.Value: "stop" } => "stop",
            var other => other!.ToString(),
        };
        var usage = state.End is RunFailed or RunCancelled ? null : state.End!.Usage;
        if (isApp && usage is not null) usage = new Usage(usage.Input, usage.Output);
        return $"{WordsOf(events, isApp)}\n{string.Join('|', state.Items.Select(item => item.Head).OfType<RecallItem>().SelectMany(recall => recall.Sources).Select(source => source with { Score = null }).TakeLast(1))}\n{end} {usage}";
    }

    private static string WordsOf(List<RunEvent> events, bool isApp = false)
    {
        var items = ChatWire.Fold(events).Items;
        var text = string.Join("\n\n", items.Where(item => item.Head is MessageItem && item.Parts.Any(part => part.Text.Length > 0)).Select(item => string.Concat(item.Parts.Select(part => part.Text))));
        var reasoning = string.Concat(items.Where(item => item.Head is ReasoningItem).Select(item => string.Concat(item.Parts.Select(part => part.Text))));
        var calls = isApp ? [] : items.Where(item => item.Head is ToolCallItem { RunBy: RunBy.Client }).Select(item => $"{item.Head}{item.Input}");
        return $"{text}\n{reasoning}\n{string.Join('|', calls)}";
    }
}
