using System.Buffers;
using Parley.Conversations;
using Parley.Runs;
using Parley.Tests.Events;

namespace Parley.Tests.Runs;

public sealed class RunLogTests
{
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch;
    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly RunLog _log = new(new Id(8), strict: false);

    [Fact]
    public void A_start_is_seen_only_when_it_is_durable_and_a_delta_at_once()
    {
        using var reader = Reader();
        Append(new RunStarted());
        Assert.Equal([], ReadAll(reader));
        Save();
        Assert.Equal([0], ReadAll(reader));
        Append(new PartDelta(0, 0, "a"), new PartDelta(0, 0, "b"));
        Assert.Equal([1, 2], ReadAll(reader));
    }

    [Fact]
    public void Deltas_after_an_end_that_is_not_durable_wait_for_it()
    {
        using var reader = Reader();
        Append(new PartDelta(0, 0, "a"), new ItemCompleted(0), new PartDelta(1, 0, "b"));
        Assert.Equal([0], ReadAll(reader));
        Save();
        Assert.Equal([1, 2], ReadAll(reader));
    }

    [Fact]
    public async Task The_writer_may_wait_until_what_it_appended_is_durable_and_is_told_if_it_never_will_be()
    {
        await _log.WaitUntilDurableAsync();
        Append(new PartDelta(0, 0, "a"));
        var first = _log.WaitUntilDurableAsync();
        Assert.True(_log.HasBarrier);
        Assert.False(first.IsCompleted);
        Save();
        await first;
        Append(new PartDelta(0, 0, "b"));
        var second = _log.WaitUntilDurableAsync();
        Assert.True(_log.EndUndurably(new RunFailed(new RunError(ErrorSide.Store, ErrorCause.Unavailable, "full")), At));
        Assert.Equal("full", (await Assert.ThrowsAsync<RunException>(() => second)).Message);
        Assert.Equal("full", (await Assert.ThrowsAsync<RunException>(() => _log.WaitUntilDurableAsync())).Message);
    }

    [Fact]
    public void Strictly_nothing_is_seen_before_it_is_durable()
    {
        var log = new RunLog(new Id(8), strict: true);
        using var reader = new RunLogReader(log, null!, () => { });
        log.Append(new PartDelta(0, 0, "a"), At);
        Assert.False(reader.TryRead(out _));
        log.MadeDurable(1);
        Assert.True(reader.TryRead(out _));
    }

    [Fact]
    public async Task A_waiting_reader_runs_on_within_publish_and_again_waits()
    {
        using var reader = Reader();
        var seen = new List<long>();
        var done = Follow(reader, seen);
        for (var i = 0; i < 200; i++)
        {
            Append(new PartDelta(0, 0, "x"));
            _log.Publish();
            Assert.Equal(i + 1, seen.Count);
        }

        End();
        await done;
        Assert.Equal(201, seen.Count);
    }

    [Fact]
    public async Task Each_of_many_readers_gets_every_event_whenever_it_begins()
    {
        var readers = new List<List<long>>();
        var tasks = new List<Task>();
        for (var i = 0; i < 500; i++)
        {
            if (i % 10 == 0)
            {
                readers.Add([]);
                tasks.Add(Follow(Reader(), readers[^1]));
            }

            Append(new PartDelta(0, 0, "x"));
            if (i % 7 == 0) _log.Publish();
        }

        End();
        await Task.WhenAll(tasks);
        foreach (var seen in readers) Assert.Equal(Enumerable.Range(0, 501).Select(n => (long)n), seen);
    }

    [Fact]
    public async Task A_wait_ends_when_its_token_is_cancelled_and_the_log_forgets_the_reader()
    {
        using var reader = Reader();
        using var source = new CancellationTokenSource();
        var wait = reader.WaitAsync(source.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        Assert.False(_log.StopWaiting(reader));
    }

    [Fact]
    public async Task When_the_store_fails_what_was_not_sent_is_replaced_by_one_failure()
    {
        using var reader = Reader();
        Append(new PartDelta(0, 0, "sent"), new ItemCompleted(0));
        _log.Append(new RunCompleted(FinishReason.Stop), At);
        Assert.Equal([0], ReadAll(reader));
        var failed = new RunFailed(new RunError(ErrorSide.Store, ErrorCause.Unavailable, "full"));
        Assert.True(_log.EndUndurably(failed, At));
        Assert.True(await reader.WaitAsync(Never));
        Assert.True(reader.TryRead(out var logged));
        Assert.Equal(new Logged(1, At, failed), logged);
        Assert.False(await reader.WaitAsync(Never));
        Assert.False(_log.Append(new PartDelta(0, 0, "late"), At));
    }

    [Fact]
    public void The_end_is_not_saved_before_what_it_means_for_the_conversation_is_known()
    {
        Append(new PartDelta(0, 0, "a"));
        _log.Append(new RunCompleted(FinishReason.Stop), At);
        Assert.True(_log.TryEncode(new ArrayBufferWriter<byte>(), out var write));
        Assert.Equal((0, null), (write!.Segment!.Value.Last, write.Ending));
        _log.MadeDurable(1);
        Assert.False(_log.TryEncode(new ArrayBufferWriter<byte>(), out _));
        _log.Ending = Ending();
        Assert.True(_log.TryEncode(new ArrayBufferWriter<byte>(), out write));
        Assert.Equal((1, _log.Ending), (write!.Segment!.Value.Last, write.Ending));
    }

    [Fact]
    public void A_log_that_the_store_failed_ends_once()
    {
        Append(new PartDelta(0, 0, "sent"), new ItemCompleted(0));
        var failed = new RunFailed(new RunError(ErrorSide.Store, ErrorCause.Unavailable, "full"));
        Assert.True(_log.EndUndurably(failed, At));
        Assert.False(_log.EndUndurably(failed, At));
        using var reader = Reader();
        Assert.Equal([0, 1], ReadAll(reader));
    }

    [Fact]
    public void Stretches_are_small_and_several_can_be_saved_together()
    {
        for (var i = 0; i < 300; i++) Append(new PartDelta(0, 0, new string('x', 4096)));
        _log.Append(new RunCompleted(FinishReason.Stop), At);
        _log.Ending = Ending();
        var next = 0L;
        RunWrite? last = null;
        while (_log.TryEncode(new ArrayBufferWriter<byte>(), out var write, next))
        {
            Assert.Null(last?.Ending);
            Assert.Equal(next, write!.Segment!.Value.First);
            Assert.InRange(write.Segment.Value.Data.Length, 1, 72 << 10);
            (last, next) = (write, write.Segment.Value.Last + 1);
        }

        Assert.Equal((301, _log.Ending), (next, last!.Ending));
    }

    [Fact]
    public void Memory_is_bounded_and_what_was_dropped_is_asked_of_the_store()
    {
        var text = new string('x', 1000);
        for (var i = 0; i < 10_000; i++)
        {
            Append(new PartDelta(0, 0, text));
            if (i % 100 == 0) Save();
        }

        Save();
        using var reader = Reader();
        Assert.Equal(ReadResult.Dropped, _log.Next(reader, 0, wait: false));
        Assert.Equal(ReadResult.Ready, _log.Next(reader, 9_950, wait: false));
    }

    [Fact]
    public void A_writer_far_ahead_of_the_store_has_to_wait()
    {
        var text = new string('x', 1 << 20);
        for (var i = 0; i < 9; i++) Append(new PartDelta(0, 0, text));
        Assert.True(_log.IsFull);
        var room = _log.WaitForRoomAsync();
        Assert.False(room.IsCompleted);
        while (!room.IsCompleted) Save();
        Assert.False(_log.IsFull);
    }

    [Fact]
    public void A_delta_costs_no_more_than_its_event_and_a_slot()
    {
        var delta = new PartDelta(0, 0, "forty characters of text, more or less..");
        using var reader = Reader();
        void Round()
        {
            for (var i = 0; i < 6400; i++)
            {
                _log.Append(delta, At);
                _log.Publish();
                while (reader.TryRead(out _)) { }
            }
        }

        Round();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Round();
        var perEvent = (GC.GetAllocatedBytesForCurrentThread() - before) / 6400.0;
        Assert.InRange(perEvent, 0, 20);
    }

    private static async Task Follow(RunLogReader reader, List<long> seen)
    {
        using (reader)
        {
            while (await reader.WaitAsync(Never))
                while (reader.TryRead(out var logged)) seen.Add(logged.Sequence);
        }
    }

    private static List<long> ReadAll(RunLogReader reader)
    {
        var seen = new List<long>();
        while (reader.TryRead(out var logged)) seen.Add(logged.Sequence);
        return seen;
    }

    private static RunEnding Ending() => new(Headers.Of("coze") with { Status = RunStatus.Completed }, [], false, []);

    private RunLogReader Reader() => new(_log, null!, () => { });

    private void Append(params RunEvent[] events)
    {
        foreach (var @event in events) Assert.True(_log.Append(@event, At));
    }

    private void Save()
    {
        while (_log.TryEncode(new ArrayBufferWriter<byte>(), out var write)) _log.MadeDurable(write!.Segment!.Value.Last + 1);
    }

    private void End()
    {
        Append(new RunCompleted(FinishReason.Stop));
        _log.Ending = Ending();
        while (_log.Count > 0 && _log.TryEncode(new ArrayBufferWriter<byte>(), out var write)) _log.MadeDurable(write!.Segment!.Value.Last + 1);
    }
}
