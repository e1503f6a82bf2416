namespace Parley.Protocols.Upstream;

/// <summary>
/// The time limit of a call, moved with every read. Moving it is one write: the timer looks, when it fires, whether it was moved, and
/// is set again only then. It counts the peer's time: while our own side is at work it stands still.
/// </summary>
internal sealed class Deadline : IDisposable
{
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _source;
    private readonly ITimer _timer;
    private long _due;
    private TimeSpan _limit;
    private volatile bool _expired;

    public Deadline(TimeProvider time, TimeSpan limit, CancellationToken cancellationToken)
    {
        _time = time;
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _limit = limit;
        Extend(limit);
        _timer = time.CreateTimer(static state => ((Deadline)state!).Look(), this, limit, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Cancelled when the time is up, or the caller's token is.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>True when the time was up.</summary>
    public bool Expired => _expired;

    /// <summary>What is left.</summary>
    public TimeSpan Remaining => _time.GetElapsedTime(_time.GetTimestamp(), Volatile.Read(ref _due));

    /// <summary>Moves the limit away, to so long from now.</summary>
    public void Extend(TimeSpan limit)
        => Volatile.Write(ref _due, _time.GetTimestamp() + (long)(limit.TotalSeconds * _time.TimestampFrequency));

    /// <summary>Nobody waits for the peer, until the limit is moved.</summary>
    public void Pause() => Volatile.Write(ref _due, long.MaxValue);

    /// <summary>Moves the limit anywhere.</summary>
    public void Restart(TimeSpan limit)
    {
        _limit = limit;
        Extend(limit);
        _timer.Change(limit, Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        _timer.Dispose();
        _source.Dispose();
    }

    private void Look()
    {
        try
        {
            if (Volatile.Read(ref _due) == long.MaxValue)
            {
                _timer.Change(_limit, Timeout.InfiniteTimeSpan);
                return;
            }

            if (Remaining is { Ticks: > 0 } left)
            {
                // A timer counts in milliseconds; a fraction of one must not make it fire at once, again and again.
                _timer.Change(left < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : left, Timeout.InfiniteTimeSpan);
                return;
            }

            _expired = true;
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The call ended at the same moment.
        }
    }
}
