namespace Parley;

/// <summary>
/// Mints ids: 524,288 a second and node. It never goes back, even if the clock does, and starts in the second after
/// the one it was made in, so that a process which restarts within a second cannot mint an id twice.
/// </summary>
public sealed class IdSource
{
    private const int CounterBits = 19;
    private const long CounterLimit = 1L << CounterBits;

    private readonly TimeProvider _time;
    private readonly long _node;
    private readonly Lock _lock = new();
    private long _second;
    private long _counter;

    /// <param name="time">The clock.</param>
    /// <param name="node">0 to 1023; different for each process that shares a store.</param>
    public IdSource(TimeProvider time, int node = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)node, 1023u, nameof(node));
        _time = time;
        _node = (long)node << (CounterBits + 3);
        _second = time.GetUtcNow().ToUnixTimeSeconds() + 1;
    }

    /// <summary>A new id, larger than all before it from this source.</summary>
    public Id Next()
    {
        lock (_lock)
        {
            var now = _time.GetUtcNow().ToUnixTimeSeconds();
            if (now > _second)
            {
                _second = now;
                _counter = 0;
            }
            else if (_counter == CounterLimit)
            {
                // Out of numbers, or the clock went back: borrow from the next second rather than wait or repeat.
                _second++;
                _counter = 0;
            }

            return new Id((_second << 32) | _node | (_counter++ << 3));
        }
    }
}
