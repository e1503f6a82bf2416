using System.Buffers;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Parley.AspNetCore.Http;
using Parley.Conversations;
using Parley.Protocols;
using Parley.Protocols.Sse;
using Parley.Runs;
using Parley.Tests.ChatCompletions;
using Parley.Tests.Events;

namespace Parley.Tests.Resume;

/// <summary>After the first N frames come exactly the others, wherever a stream is cut.</summary>
public sealed class FrameReplayTests
{
    public static TheoryData<string> Formats => [.. Streams.Names];

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task The_rest_after_every_N_is_the_same_to_the_byte(string name)
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var log = RandomRuns.LogOf(seed % 2 == 0 ? new RandomRuns(seed).Next() : ChatRuns.Next(new Random(seed)));
            var whole = Frames(await ResumeAsync(name, log, 0));
            Assert.Equal(string.Concat(whole), Encoding.UTF8.GetString(Streams.Write(Streams.NewWriter(name), log)));
            for (var n = 0; n <= whole.Length; n++) Assert.Equal(string.Concat(whole[n..]), await ResumeAsync(name, log, n));
        }
    }

    [Theory]
    [InlineData("coze", "event:conversation.chat.failed")]
    [InlineData("chat-completions", "data: {\"error\"")]
    [InlineData("tongyi", "data: {\"aiDisclaimer\"")]
    public async Task Beyond_the_end_comes_the_terminal_event_alone(string name, string begin)
    {
        var log = Broken();
        var count = Frames(await ResumeAsync(name, log, 0)).Length;
        Assert.Equal("", await ResumeAsync(name, log, count));
        foreach (var beyond in new[] { count + 1, count + 1000 }) Assert.StartsWith(begin, await ResumeAsync(name, log, beyond), StringComparison.Ordinal);
    }

    // The client's last frames were deltas that the dead process had sent and not saved: they are not those of the end.
    [Theory]
    [InlineData("coze", false)]
    [InlineData("coze", true)]
    [InlineData("coze-workflow", false)]
    [InlineData("coze-workflow", true)]
    [InlineData("chat-completions", false)]
    [InlineData("chat-completions", true)]
    public async Task A_run_that_lost_its_tail_tells_its_end_to_every_client_that_got_more_than_is_known(string name, bool isGuarded)
    {
        var log = Broken();
        var whole = Frames(await ResumeAsync(name, log, 0));
        var known = Frames(Encoding.UTF8.GetString(Streams.Write(Streams.NewWriter(name), log.SkipLast(1)))).Length;
        for (var n = known; n < whole.Length + 3; n++) Assert.Equal(string.Concat(whole[known..]), await ResumeAsync(name, log, n, hasLostTail: true, isGuarded));
        Assert.Equal(string.Concat(whole[(known - 1)..]), await ResumeAsync(name, log, known - 1, hasLostTail: true, isGuarded));
    }

    [Theory]
    [InlineData("responses", "\"sequence_number\":{0}")]
    [InlineData("coze-workflow-run", "id: {0}\n")]
    public async Task The_end_of_a_run_that_lost_its_tail_is_numbered_behind_what_its_client_got(string name, string number)
    {
        var log = Broken();
        var known = Frames(Encoding.UTF8.GetString(Streams.Write(Streams.NewWriter(name), log.SkipLast(1)))).Length;
        for (var n = known; n < known + 5; n++)
            Assert.Contains(string.Format(System.Globalization.CultureInfo.InvariantCulture, number, n), Frames(await ResumeAsync(name, log, n, hasLostTail: true))[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pieces_of_audio_are_not_joined()
    {
        var log = RandomRuns.LogOf(
        [
            new RunStarted(), new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Audio), new PartDelta(0, 0, "YQ=="), new PartDelta(0, 0, "YmM="), new PartDelta(0, 0, "ZA=="),
            new PartCompleted(0, 0), new ItemCompleted(0), new RunCompleted(FinishReason.Stop),
        ]);
        var whole = Frames(await ResumeAsync("coze", log, 0));
        for (var n = 0; n < whole.Length; n++) Assert.Equal(string.Concat(whole[n..]), await ResumeAsync("coze", log, n));
    }

    private static List<Logged> Broken() => RandomRuns.LogOf(
    [
        new RunStarted(), new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Text), new PartDelta(0, 0, "half "), new PartDelta(0, 0, "an answer"),
        new PartCompleted(0, 0), new ItemCompleted(0, ItemStatus.Incomplete), new RunFailed(new RunError(ErrorSide.Server, ErrorCause.Unavailable, "It stopped.", true)),
    ]);

    private static async Task<string> ResumeAsync(string name, List<Logged> log, long after, bool hasLostTail = false, bool isGuarded = false)
    {
        var encoded = new ArrayBufferWriter<byte>();
        foreach (var logged in log) EventCodec.Encode(logged, encoded);
        var segment = new RunSegment(new Id(8), 0, log.Count - 1, EventCodec.Format, encoded.WrittenMemory);
        using var reader = new RunLogReader(new MemoryStore(), new Id(8), _ => new((RunSegment?)segment));
        var into = new ArrayBufferWriter<byte>();
        var writer = isGuarded ? new StreamGuard(Streams.NewWriter(name), Headers.Of(name), StreamFormat.Of(name), NullLogger.Instance) : Streams.NewWriter(name);
        await FrameReplay.SkipAsync(reader, writer, after, hasLostTail, into, TestContext.Current.CancellationToken);
        while (await reader.WaitAsync(TestContext.Current.CancellationToken))
            while (reader.TryRead(out var logged)) writer.Write(logged, into);
        return Encoding.UTF8.GetString(into.WrittenSpan);
    }

    private static string[] Frames(string stream) => [.. stream.Split("\n\n").SkipLast(1).Select(frame => frame + "\n\n")];
}
