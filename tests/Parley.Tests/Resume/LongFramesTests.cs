using System.Buffers;
using System.Text;
using Parley.Conversations;
using Parley.Protocols.Sse;
using Parley.Runs;
using Parley.Tests.ChatCompletions;
using Parley.Tests.Events;

namespace Parley.Tests.Resume;

/// <summary>A stream whose writer keeps little is the same to the byte as that of one who keeps all.</summary>
public sealed class LongFramesTests
{
    public static TheoryData<string> Formats => [.. Streams.Names];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task However_little_a_writer_keeps_the_stream_is_the_same_after_every_N(string name)
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var log = RandomRuns.LogOf(seed % 2 == 0 ? new RandomRuns(seed).Next() : ChatRuns.Next(new Random(seed)));
            await AssertSameAsync(name, log, (seed % 4) switch { 0 => 0, 1 => 3, 2 => 20, _ => 64 << 10 });
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task A_text_that_looks_like_what_stands_for_one_is_shown_as_it_is(string name)
    {
        var log = RandomRuns.LogOf(
        [
            new RunStarted(),
            new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Text), new PartDelta(0, 0, LeftText.MarkOf(0)), new PartCompleted(0, 0), new ItemCompleted(0),
            new ItemStarted(1, new MessageItem(Role.Assistant)), new PartStarted(1, 0, PartKind.Text), new PartDelta(1, 0, "short "), new PartDelta(1, 0, LeftText.MarkOf(1) + LeftText.MarkOf(7)), new PartCompleted(1, 0), new ItemCompleted(1),
            new RunCompleted(FinishReason.Stop),
        ]);
        await AssertSameAsync(name, log, 1000);
    }

    // A workflow's output is JSON in a string of JSON, and an object_string is an array in one.
    [Theory]
    [MemberData(nameof(Formats))]
    public async Task A_text_is_escaped_once_for_each_string_that_it_stands_in(string name)
    {
        var log = RandomRuns.LogOf(
        [
            new RunStarted(), new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Text), new PartDelta(0, 0, "\"<so>\"\n"), new PartDelta(0, 0, "\\ & so on"), new PartCompleted(0, 0),
            new PartStarted(0, 1, PartKind.Media, new Media("https://example.test/a.png", MediaType: "image/png")), new PartCompleted(0, 1), new ItemCompleted(0), new RunCompleted(FinishReason.Stop),
        ]);
        await AssertSameAsync(name, log, 2);
    }

    [Fact]
    public void What_a_state_keeps_is_limited_and_shown_texts_alone_are_left()
    {
        var state = new RunState();
        state.Limit(10);
        foreach (var logged in RandomRuns.LogOf(
        [
            new RunStarted(), new ItemStarted(0, new ToolCallItem("c", "f", RunBy.Server)), new PartStarted(0, 0, PartKind.Input), new PartDelta(0, 0, "an input is used"), new PartCompleted(0, 0), new ItemCompleted(0),
            new ItemStarted(1, new MessageItem(Role.Assistant)), new PartStarted(1, 0, PartKind.Text), new PartDelta(1, 0, "ten or "), new PartDelta(1, 0, "more"), new PartDelta(1, 0, "!"), new PartCompleted(1, 0), new ItemCompleted(1),
            new ItemStarted(2, new MessageItem(Role.Assistant)), new PartStarted(2, 0, PartKind.Text), new PartDelta(2, 0, "ten again"), new PartCompleted(2, 0, "replaced"),
            new PartStarted(2, 1, PartKind.Text), new PartDelta(2, 1, "no"), new PartCompleted(2, 1, "yes"), new PartStarted(2, 2, PartKind.Text), new PartDelta(2, 2, "of"),
        ])) state.Apply(logged);
        Assert.Equal(["an input is used", LeftText.MarkOf(0), "replaced", LeftText.MarkOf(1), "of"], [state.Items[0].Input, state.Items[1].Text, .. state.Items[2].Parts.Select(part => part.Text)]);
        Assert.Equal([new LeftText(1, 0, 7), new LeftText(2, 1, 19)], state.Left);
    }

    private static async Task AssertSameAsync(string name, List<Logged> log, int kept)
    {
        var whole = Encoding.UTF8.GetString(Streams.Write(Streams.NewWriter(name), log));
        string[] frames = [.. whole.Split("\n\n").SkipLast(1).Select(frame => frame + "\n\n")];
        for (var n = 0; n <= frames.Length; n++) Assert.Equal(string.Concat(frames[n..]), await ResumeAsync(name, log, n, kept));
    }

    private static async Task<string> ResumeAsync(string name, List<Logged> log, long after, int kept)
    {
        var encoded = new ArrayBufferWriter<byte>();
        foreach (var logged in log) EventCodec.Encode(logged, encoded);
        var segment = new RunSegment(new Id(8), 0, log.Count - 1, EventCodec.Format, encoded.WrittenMemory);
        using var reader = new RunLogReader(new MemoryStore(), new Id(8), _ => new((RunSegment?)segment));
        var writer = Streams.NewWriter(name);
        writer.State?.Limit(kept);
        var (sent, frames) = (new ArrayBufferWriter<byte>(), new ArrayBufferWriter<byte>());
        await FrameReplay.SkipAsync(reader, writer, after, hasLostTail: false, frames, Token);
        while (true)
        {
            await foreach (var piece in LongFrames.ReadAsync(frames.WrittenMemory, writer, reader, Token)) sent.Write(piece.Span);
            if (!await reader.WaitAsync(Token) || !reader.TryRead(out var logged)) return Encoding.UTF8.GetString(sent.WrittenSpan);
            frames.ResetWrittenCount();
            writer.Write(logged, logged.Event is PartDelta ? sent : frames);
        }
    }
}
