using System.Buffers;
using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Parley.Conversations;

namespace Parley.Runs;

/// <summary>
/// The one pump that makes run logs durable: what waits to be sent at once, plain deltas within <see cref="DeltaDelay"/>, everything that
/// waits at that moment in one commit of the store.
/// </summary>
internal sealed class LogFlusher : IAsyncDisposable
{
    /// <summary>How long a delta may be in memory only. With the commit itself it stays below the 50 ms that are promised.</summary>
    private static readonly TimeSpan DeltaDelay = TimeSpan.FromMilliseconds(35);

    /// <summary>Between tries, while the store fails; after the last of them the runs that wait are ended as failed.</summary>
    private static readonly TimeSpan[] RetryDelays = [TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(400), TimeSpan.FromMilliseconds(1000)];

    /// <summary>After so many writes that it refused one by one the store counts as broken, and the rest is not tried.</summary>
    private const int RefusalsOfABrokenStore = 3;

    /// <summary>So many bytes of one run are saved in one commit, about.</summary>
    private const int CommitBytes = 1 << 20;

    /// <summary>A buffer that one huge event has blown up beyond this many bytes is not kept.</summary>
    private const int LargestKeptBuffer = 4 << 20;

    private static readonly RunError StoreFailed = new(ErrorSide.Store, ErrorCause.Unavailable, "The store does not accept writes.");

    private readonly IConversationStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConcurrentQueue<RunLog> _dirty = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly List<RunLog> _unsaved = [];
    private readonly ITimer _timer;
    private readonly Task _pump;
    private int _armed;

    public LogFlusher(IConversationStore store, TimeProvider time, ILogger logger)
    {
        (_store, _time, _logger) = (store, time, logger);
        _timer = time.CreateTimer(static self => ((LogFlusher)self!).Elapsed(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _pump = Task.Run(PumpAsync);
    }

    /// <summary>Says that a log has events that are not durable.</summary>
    public void Enqueue(RunLog log)
    {
        if (log.TryQueue()) _dirty.Enqueue(log);
        if (log.HasBarrier) _wake.Writer.TryWrite(true);
        else if (Interlocked.Exchange(ref _armed, 1) == 0) _timer.Change(DeltaDelay, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Saves what waits, then stops.</summary>
    public async ValueTask DisposeAsync()
    {
        _wake.Writer.TryComplete();
        await _pump.ConfigureAwait(false);
        await _timer.DisposeAsync().ConfigureAwait(false);
    }

    private void Elapsed()
    {
        Volatile.Write(ref _armed, 0);
        _wake.Writer.TryWrite(true);
    }

    private async Task PumpAsync()
    {
        var buffer = new ArrayBufferWriter<byte>(64 << 10);
        var writes = new List<RunWrite>();
        var logs = new List<(RunLog Log, long Until)>();
        while (await _wake.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            _wake.Reader.TryRead(out _);

            // What else is ready to run is let go first, and what it appends is saved with the rest.
            await Task.Yield();
            if (buffer.Capacity > LargestKeptBuffer) buffer = new ArrayBufferWriter<byte>(64 << 10);
            await TryFlushAsync(buffer, writes, logs).ConfigureAwait(false);
        }

        await TryFlushAsync(buffer, writes, logs).ConfigureAwait(false);
    }

    // Every run depends on this pump: nothing may end it.
    private async Task TryFlushAsync(ArrayBufferWriter<byte> buffer, List<RunWrite> writes, List<(RunLog Log, long Until)> logs)
    {
        try
        {
            await FlushAsync(buffer, writes, logs).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            _logger.LogError(exception, "Saving what runs said failed.");
        }
    }

    private bool TryEncode(RunLog log, ArrayBufferWriter<byte> buffer, long from, out RunWrite? write)
    {
        try
        {
            return log.TryEncode(buffer, out write, from);
        }
        catch (Exception exception)
        {
            _logger.LogError(exception, "The events of run {Run} cannot be encoded.", log.Run);
            log.EndUndurably(new RunFailed(new RunError(ErrorSide.Server, ErrorCause.Malformed, exception.Message)), _time.GetUtcNow());
            write = null;
            return false;
        }
    }

    private async Task FlushAsync(ArrayBufferWriter<byte> buffer, List<RunWrite> writes, List<(RunLog Log, long Until)> logs)
    {
        while (true)
        {
            writes.Clear();
            logs.Clear();

            // No more than are waiting now: one that speaks without a pause must not hold up the others, nor be taken twice before it is saved.
            for (var left = _dirty.Count; left > 0 && _dirty.TryDequeue(out var log); left--)
            {
                // Off the list before its events are read: what is appended from here on puts it back.
                log.Unqueue();
                var (until, bytes) = (0L, 0);
                while (!log.IsUndurable && bytes < CommitBytes && TryEncode(log, buffer, until, out var write))
                {
                    var segment = write!.Segment!.Value;
                    (until, bytes) = (segment.Last + 1, bytes + segment.Data.Length);
                    writes.Add(write);
                    logs.Add((log, until));
                }
            }

            if (_unsaved.Count > 0) await SaveUnsavedAsync().ConfigureAwait(false);
            if (writes.Count == 0) return;
            if (!await CommitAsync(writes).ConfigureAwait(false))
            {
                await GiveUpAsync(writes, logs).ConfigureAwait(false);
                return;
            }

            for (var i = 0; i < logs.Count; i++)
            {
                // Of several stretches of a log the last speaks for all.
                var (log, until) = logs[i];
                if (i + 1 < logs.Count && logs[i + 1].Log == log) continue;
                log.MadeDurable(until);
                if (log.Count > until && log.TryQueue()) _dirty.Enqueue(log);
            }

            // Deltas that came during the commit can wait for the timer; whatever readers wait for cannot.
            if (!_dirty.Any(log => log.HasBarrier || log.IsFull))
            {
                if (!_dirty.IsEmpty && Interlocked.Exchange(ref _armed, 1) == 0) _timer.Change(DeltaDelay, Timeout.InfiniteTimeSpan);
                return;
            }
        }
    }

    private async Task<bool> CommitAsync(List<RunWrite> writes)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (await TryCommitAsync(writes).ConfigureAwait(false)) return true;
            if (attempt == RetryDelays.Length) return false;
            await Task.Delay(RetryDelays[attempt], _time).ConfigureAwait(false);
        }
    }

    // One write that cannot be stored must not take the others with it: each is tried alone. What the store still refuses is ended, its
    // readers are told, and saving that these runs have failed is tried on: a run that looks active would keep its conversation busy.
    private async Task GiveUpAsync(List<RunWrite> writes, List<(RunLog Log, long Until)> logs)
    {
        var refused = 0;
        for (var i = 0; i < logs.Count; i++)
        {
            var (log, until) = logs[i];
            if (log.IsUndurable) continue;
            if (refused < RefusalsOfABrokenStore && await TryCommitAsync([writes[i]]).ConfigureAwait(false))
            {
                log.MadeDurable(until);
                if (log.Count > until && log.TryQueue()) _dirty.Enqueue(log);
                continue;
            }

            refused++;
            if (log.EndUndurably(new RunFailed(StoreFailed), _time.GetUtcNow())) _unsaved.Add(log);
        }

        _timer.Change(RetryDelays[^1], Timeout.InfiniteTimeSpan);
    }

    private async Task<bool> TryCommitAsync(IReadOnlyList<RunWrite> writes)
    {
        try
        {
            await _store.CommitAsync(writes, CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception)
        {
            _logger.LogError(exception, "The store did not take {Count} writes.", writes.Count);
            return false;
        }
    }

    private async Task SaveUnsavedAsync()
    {
        var buffer = new ArrayBufferWriter<byte>();
        var refused = 0;
        foreach (var log in _unsaved.ToArray())
        {
            if (refused == RefusalsOfABrokenStore) break;
            if (await SaveAsync(log, buffer).ConfigureAwait(false)) _unsaved.Remove(log);
            else refused++;
        }

        if (_unsaved.Count > 0) _timer.Change(RetryDelays[^1], Timeout.InfiniteTimeSpan);
    }

    private async Task<bool> SaveAsync(RunLog log, ArrayBufferWriter<byte> buffer)
    {
        while (log.TryEncode(buffer, out var write))
        {
            if (!await TryCommitAsync([write!]).ConfigureAwait(false)) return false;
            log.MadeDurable(write!.Segment!.Value.Last + 1);
        }

        return true;
    }
}
