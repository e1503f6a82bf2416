using System.Text;
using Parley.Runs;

namespace Parley.Tests.Faults;

/// <summary>Every recorded stream, broken in every way at each of its events: always one lawful end, and nothing false in the answer.</summary>
public sealed class FaultMatrixTests
{
    private const int Seed = 20261120;

    private static readonly Ending[] Breaks = [Ending.Close, Ending.HalfClose, Ending.Reset];

    public static TheoryData<string> Recordings => [.. Recording.All.Select(recording => recording.Name)];

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task A_stream_that_is_whole_is_told_whole(string name)
    {
        var recording = Find(name);
        await using var bench = new FaultBench();
        var whole = await WholeAsync(bench, recording);
        Assert.Equal(name.EndsWith("failed", StringComparison.Ordinal), whole.State.End is RunFailed);
        foreach (var (protocol, client) in whole.Clients)
            Assert.True(Outcome.TextOf(client).Replace("\n\n", "", StringComparison.Ordinal) == whole.Text.Replace("\n\n", "", StringComparison.Ordinal), protocol.Name);
        Assert.NotEqual("", whole.Text);
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task A_connection_that_breaks_or_closes_before_any_event_is_one_failure_after_what_was_said(string name)
    {
        var recording = Find(name);
        await using var bench = new FaultBench();
        var whole = await WholeAsync(bench, recording);
        for (var index = 0; index <= recording.Frames.Length; index++)
        {
            foreach (var ending in Breaks)
            {
                var what = $"{name}, {ending} before event {index}";
                var outcome = await bench.PlayAsync(recording.Format, new Answer(string.Concat(recording.Frames.Take(index)), ending), what);
                outcome.AssertBeginningOf(whole, what);
                AssertFailedOrAs(whole, outcome, what);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task A_peer_that_stops_before_any_event_is_given_up_after_its_time(string name)
    {
        var recording = Find(name);
        await using var bench = new FaultBench();
        var whole = await WholeAsync(bench, recording);
        var stalled = new List<(LiveRun Live, Answer Answer)>();
        for (var index = 0; index <= recording.Frames.Length; index++)
        {
            var answer = new Answer(string.Concat(recording.Frames.Take(index)), Ending.Stall);
            stalled.Add((await bench.StartAsync(recording.Format, answer), answer));
        }

        await Task.WhenAll(stalled.Select(one => one.Answer.Waiting));
        bench.Time.Advance(TimeSpan.FromSeconds(59));
        Assert.All(stalled.SkipLast(2), one => Assert.True(!one.Live.Completion.IsCompleted || whole.State.End is RunFailed));
        var over = Task.WhenAll(stalled.Select(one => Task.WhenAll(one.Live.Completion, one.Answer.Released)));
        while (!over.IsCompleted)
        {
            bench.Time.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }

        for (var index = 0; index < stalled.Count; index++)
        {
            var what = $"{name}, stall before event {index}";
            var outcome = await FaultBench.EndOfAsync(stalled[index].Live, stalled[index].Answer, what);
            outcome.AssertBeginningOf(whole, what);
            if (outcome.State.End is RunFailed failed && whole.State.End is not RunFailed) Assert.True(failed.Error.Cause == ErrorCause.TimedOut, $"{what}: {failed.Error}");
            else AssertFailedOrAs(whole, outcome, what);
        }
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task Garbage_between_any_two_events_ends_the_run_or_is_passed_over(string name)
    {
        var recording = Find(name);
        await using var bench = new FaultBench();
        var whole = await WholeAsync(bench, recording);
        var random = new Random(Seed);
        for (var index = 0; index <= recording.Frames.Length; index++)
        {
            var noise = new byte[40];
            random.NextBytes(noise);
            foreach (var garbage in recording.Garbage.Select(Encoding.UTF8.GetBytes).Append([.. noise, .. "\n\n"u8]).Append([.. new byte[300], .. "\n\n"u8]))
            {
                var what = $"{name}, garbage \"{Encoding.UTF8.GetString(garbage)}\" before event {index}, seed {Seed}";
                var answer = new Answer([.. Bytes(recording.Frames.Take(index)), garbage, .. Bytes(recording.Frames.Skip(index))]);
                var outcome = await bench.PlayAsync(recording.Format, answer, what);
                outcome.AssertBeginningOf(whole, what);
                AssertFailedOrAs(whole, outcome, what);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task Noise_within_any_event_leaves_one_lawful_end(string name)
    {
        var recording = Find(name);
        await using var bench = new FaultBench();
        var random = new Random(Seed);
        for (var round = 0; round < 200; round++)
        {
            var bytes = recording.Bytes.ToArray();
            var at = random.Next(bytes.Length);
            random.NextBytes(bytes.AsSpan(at, Math.Min(1 + random.Next(6), bytes.Length - at)));
            var what = $"{name}, noise at {at}, round {round}, seed {Seed}";
            (await bench.PlayAsync(recording.Format, new Answer([bytes]), what)).AssertNoErrorInside(what);
        }
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task An_event_that_comes_twice_or_too_early_or_too_late_changes_no_more_than_itself(string name)
    {
        var recording = Find(name);
        await using var bench = new FaultBench();
        var whole = await WholeAsync(bench, recording);
        var says = recording.SaysText();
        for (var index = 0; index < recording.Frames.Length; index++)
        {
            var twice = recording.Frames.ToList();
            twice.Insert(index, twice[index]);
            await PlayAsync(twice, says[index], $"{name}, event {index} twice");
            if (index + 1 == recording.Frames.Length) continue;
            var swapped = recording.Frames.ToArray();
            (swapped[index], swapped[index + 1]) = (swapped[index + 1], swapped[index]);
            await PlayAsync(swapped, says[index] || says[index + 1], $"{name}, events {index} and {index + 1} swapped");
            var late = recording.Frames.ToList();
            late.RemoveAt(index);
            await PlayAsync([.. late, recording.Frames[index]], says[index], $"{name}, event {index} at the end");
            if (index + 2 == recording.Frames.Length) continue;
            var rotated = recording.Frames.ToArray();
            (rotated[index], rotated[index + 1], rotated[index + 2]) = (rotated[index + 2], rotated[index], rotated[index + 1]);
            await PlayAsync(rotated, says[index] || says[index + 1] || says[index + 2], $"{name}, events {index} to {index + 2} rotated");
        }

        async Task PlayAsync(IEnumerable<string> frames, bool isInText, string what)
        {
            var outcome = await bench.PlayAsync(recording.Format, new Answer(string.Concat(frames)), what);
            outcome.AssertNoErrorInside(what);
            if (!isInText) outcome.AssertBeginningOf(whole, what);
        }
    }

    [Fact]
    public async Task A_run_beside_those_that_break_is_not_disturbed()
    {
        var recording = Find("coze-chat");
        await using var bench = new FaultBench();
        var whole = await WholeAsync(bench, recording);
        var gate = new TaskCompletionSource();
        var slow = new SlowAnswer(recording.Frames, gate.Task);
        var beside = await bench.StartAsync(recording.Format, slow);
        foreach (var broken in Recording.All)
            foreach (var ending in Breaks)
                await bench.PlayAsync(broken.Format, new Answer(string.Concat(broken.Frames.Take(4)), ending), broken.Name);
        gate.SetResult();
        var outcome = await FaultBench.EndOfAsync(beside, slow, "beside");
        Assert.Equal(whole.Text, outcome.Text);
        Assert.Equal(whole.State.End, outcome.State.End);
    }

    [Theory]
    [InlineData("chat-completions", "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":1,\"total_tokens\":8}}\n\n", true)]
    [InlineData("chat-completions", "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n", false)]
    [InlineData("coze-run", "event: Message\ndata: {\"content\":\"Hi\",\"node_title\":\"\",\"node_seq_id\":\"0\",\"node_is_finish\":true,\"usage\":{\"input_count\":7,\"output_count\":1,\"token_count\":8}}\n\n", true)]
    public async Task A_run_that_is_cancelled_books_what_its_peer_had_told(string name, string stream, bool isTold)
    {
        await using var bench = new FaultBench();
        var answer = new Answer(stream, Ending.Stall);
        var live = await bench.StartAsync(Find(name).Format, answer);
        await answer.Waiting;
        live.Cancel();
        var outcome = await FaultBench.EndOfAsync(live, answer, name);
        Assert.IsType<RunCancelled>(outcome.State.End);
        Assert.Equal("Hi", outcome.Text);
        Assert.Equal(isTold ? new Usage(7, 1, Quality: UsageQuality.Partial) : new Usage(0, 1, Quality: UsageQuality.Estimated), outcome.Run.Usage! with { Input = isTold ? 7 : 0 });
    }

    private static Recording Find(string name) => Recording.All.First(recording => recording.Name == name);

    private static Task<Outcome> WholeAsync(FaultBench bench, Recording recording) => bench.PlayAsync(recording.Format, new Answer([recording.Bytes]), recording.Name);

    private static IEnumerable<ReadOnlyMemory<byte>> Bytes(IEnumerable<string> frames) => frames.Select(frame => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(frame));

    private static void AssertFailedOrAs(Outcome whole, Outcome outcome, string what)
        => Assert.True(outcome.State.End is RunFailed || outcome.State.End!.GetType() == whole.State.End!.GetType(), $"{what}: {outcome.State.End}");

    /// <summary>Half of the answer, and the other half when it is time.</summary>
    private sealed class SlowAnswer(string[] frames, Task gate) : Answer(string.Concat(frames.Take(frames.Length / 2)))
    {
        private byte[]? _rest = Encoding.UTF8.GetBytes(string.Concat(frames.Skip(frames.Length / 2)));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (await base.ReadAsync(buffer, cancellationToken) is > 0 and var count) return count;
            await gate.WaitAsync(cancellationToken);
            if (_rest is not { } rest) return 0;
            _rest = rest.Length > buffer.Length ? rest[buffer.Length..] : null;
            rest.AsSpan(0, Math.Min(rest.Length, buffer.Length)).CopyTo(buffer.Span);
            return Math.Min(rest.Length, buffer.Length);
        }
    }
}
