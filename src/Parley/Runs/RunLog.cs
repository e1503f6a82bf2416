using System.Buffers;
using Parley.Conversations;

namespace Parley.Runs;

/// <summary>
/// The events of one run, as they are appended: the only buffer between an agent and its readers. One writer, any number of readers, none
/// of which slows the writer or another. What is durable and over the memory limit is dropped, and read back from the store.
/// </summary>
internal sealed class RunLog(Id run, bool strict)
{
    private const int ChunkSize = 64;

    /// <summary>How many bytes of durable events are kept in memory for readers that come late, about.</summary>
    private const long KeptBytes = 256 << 10;

    /// <summary>How many bytes may wait to become durable before the writer waits for the store, about.</summary>
    private const long BacklogBytes = 16 << 20;

    /// <summary>How many bytes of events go into one segment, about: a reader that reads it back holds all of it, however slow it is.</summary>
    private const long SegmentBytes = 64 << 10;

    private readonly Lock _lock = new();
    private readonly List<Chunk> _chunks = [];
    private readonly Queue<long> _barriers = new();
    private readonly List<RunLogReader> _waiting = [];
    private long _dropped;
    private long _count;
    private long _durable;
    private long _keptBytes;
    private long _backlogBytes;
    private bool _ended;
    private bool _undurable;
    private int _queued;
    private TaskCompletionSource? _room;
    private (long Until, TaskCompletionSource Done)? _saved;
    private RunError? _refused;

    /// <summary>The run.</summary>
    public Id Run { get; } = run;

    /// <summary>The end of the run, set before its terminal event is published; it becomes durable together with it.</summary>
    public RunEnding? Ending { get; set; }

    /// <summary>Called when the end of the run is durable (null), or when the store did not take it (the end that replaces it).</summary>
    public Action<RunFailed?>? OnEnded { get; set; }

    /// <summary>How many events are in the log.</summary>
    public long Count { get { lock (_lock) return _count; } }

    /// <summary>True if the writer should wait with <see cref="WaitForRoomAsync"/>.</summary>
    public bool IsFull => Volatile.Read(ref _backlogBytes) > BacklogBytes;

    /// <summary>True while an event that must be durable before it is sent is not.</summary>
    public bool HasBarrier { get { lock (_lock) return !_undurable && (strict ? _durable < _count : _barriers.Count > 0 || _saved is not null); } }

    /// <summary>Adds the next event; readers are woken by <see cref="Publish"/>. False if the run has ended: the store failed it.</summary>
    public bool Append(RunEvent @event, DateTimeOffset at)
    {
        var bytes = Size(@event);
        lock (_lock)
        {
            if (_ended) return false;
            var slot = (int)(_count % ChunkSize);
            if (slot == 0) _chunks.Add(new Chunk());
            _chunks[^1].Add(slot, @event, at, bytes);
            if (IsBarrier(@event)) _barriers.Enqueue(_count);
            _count++;
            _keptBytes += bytes;
            _backlogBytes += bytes;
            _ended = @event is RunEnded;
            return true;
        }
    }

    /// <summary>Wakes the readers that have something to read. A single reader runs on within this call until it has to wait.</summary>
    public void Publish() => Wake(inline: true);

    /// <summary>True if the store did not take the log, and its readers have been told so.</summary>
    public bool IsUndurable { get { lock (_lock) return _undurable; } }

    /// <summary>Marks the log as waiting to be saved; false if it was.</summary>
    public bool TryQueue() => Interlocked.Exchange(ref _queued, 1) == 0;

    /// <summary>Takes the mark away, before its events are taken.</summary>
    public void Unqueue() => Interlocked.Exchange(ref _queued, 0);

    /// <summary>Waits until enough of the backlog is durable.</summary>
    public Task WaitForRoomAsync()
    {
        lock (_lock)
        {
            if (!IsFull) return Task.CompletedTask;
            return (_room ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Waits until all that was appended so far is durable. For the writer only.</summary>
    /// <exception cref="RunException">The store does not take it.</exception>
    public Task WaitUntilDurableAsync()
    {
        lock (_lock)
        {
            if (_refused is not null) return Task.FromException(new RunException(_refused));
            if (_durable == _count) return Task.CompletedTask;
            _saved = (_count, _saved?.Done ?? new(TaskCreationOptions.RunContinuationsAsynchronously));
            return _saved.Value.Done.Task;
        }
    }

    /// <summary>Encodes the next stretch that is not durable, beginning no earlier than with <paramref name="from"/>; false if there is none.</summary>
    public bool TryEncode(ArrayBufferWriter<byte> buffer, out RunWrite? write, long from = 0)
    {
        long first, last;
        RunEnding? ending;
        lock (_lock)
        {
            // The end goes with the ending: never one without the other, and both as they are at this moment.
            ending = _ended ? Ending : null;
            (first, last) = (Math.Max(_durable, from), _ended && ending is null ? _count - 1 : _count);
            if (first >= last)
            {
                write = null;
                return false;
            }
        }

        buffer.ResetWrittenCount();
        var next = first;
        while (next < last && buffer.WrittenCount < SegmentBytes)
        {
            Chunk chunk;
            lock (_lock) chunk = ChunkOf(next);
            var stop = Math.Min(last, (next / ChunkSize + 1) * ChunkSize);
            for (; next < stop && buffer.WrittenCount < SegmentBytes; next++) EventCodec.Encode(chunk.Read(next), buffer);
        }

        write = new RunWrite(new RunSegment(Run, first, next - 1, EventCodec.Format, buffer.WrittenSpan.ToArray()), next == last ? ending : null);
        return true;
    }

    /// <summary>Says that all events before <paramref name="sequence"/> are durable.</summary>
    public void MadeDurable(long sequence)
    {
        TaskCompletionSource? room = null, done = null;
        bool ended;
        lock (_lock)
        {
            for (; _durable < sequence; _durable++) _backlogBytes -= Size(ChunkOf(_durable).Read(_durable).Event);
            while (_barriers.TryPeek(out var barrier) && barrier < sequence) _barriers.Dequeue();
            if (!IsFull) (room, _room) = (_room, null);
            if (_saved is { } saved && saved.Until <= _durable) (done, _saved) = (saved.Done, null);
            DropOldest();
            ended = _ended && _durable == _count;
        }

        // First the header, then the readers: whoever has read the end finds the run ended.
        if (ended)
        {
            OnEnded?.Invoke(null);

            // Slow readers hold the log long after, and need not hold with it all that the run said.
            (OnEnded, Ending) = (null, null);
        }

        room?.SetResult();
        done?.SetResult();
        Wake(inline: false);
    }

    /// <summary>
    /// The store does not take the log: what readers could not see yet is withdrawn, and the run ends with this event, which they see
    /// although it is not durable. False if the run had ended durably.
    /// </summary>
    public bool EndUndurably(RunFailed end, DateTimeOffset at)
    {
        TaskCompletionSource? room, done;
        lock (_lock)
        {
            if (_undurable || (_ended && _durable == _count)) return false;

            // Readers may be as far as the first barrier; nothing from there on was sent.
            var visible = Visible;
            while (_count > visible)
            {
                _count--;
                var bytes = Size(ChunkOf(_count).Read(_count).Event);
                (_keptBytes, _backlogBytes) = (_keptBytes - bytes, _backlogBytes - bytes);
                if (_count % ChunkSize == 0) _chunks.RemoveAt(_chunks.Count - 1);
            }

            (_ended, _undurable, _refused) = (false, true, end.Error);
            Append(end, at);
            (room, _room) = (_room, null);
            (done, _saved) = (_saved?.Done, null);
        }

        OnEnded?.Invoke(end);
        room?.SetResult();
        done?.SetException(new RunException(end.Error));
        Wake(inline: false);
        return true;
    }

    /// <summary>Gives the reader what it may read next.</summary>
    public ReadResult Next(RunLogReader reader, long next, bool wait)
    {
        lock (_lock)
        {
            var visible = Visible;
            if (next < visible)
            {
                if (next < _dropped) return ReadResult.Dropped;
                reader.SetWindow(ChunkOf(next), Math.Min(visible, (next / ChunkSize + 1) * ChunkSize));
                return ReadResult.Ready;
            }

            if (_ended && visible == _count) return ReadResult.Ended;
            if (wait) _waiting.Add(reader);
            return ReadResult.Waiting;
        }
    }

    /// <summary>Takes a reader that waits off the list; false if it was being woken already.</summary>
    public bool StopWaiting(RunLogReader reader)
    {
        lock (_lock) return _waiting.Remove(reader);
    }

    // Must be called under the lock.
    private long Visible => _undurable ? _count : strict ? _durable : _barriers.Count > 0 ? _barriers.Peek() : _count;

    // Starts, item ends and the end of the run are sent only once they are durable: a client must never know of an item that is lost.
    private static bool IsBarrier(RunEvent @event) => @event is RunStarted or ItemStarted or ItemCompleted or RunEnded;

    private static long Size(RunEvent @event) => @event switch
    {
        PartDelta delta => 64 + 2 * delta.Text.Length,
        PartCompleted { Text: { } text } => 64 + 2 * text.Length,
        PartStarted { Data: { } data } => 64 + 2 * data.Text.Length,
        Extension extension => 64 + 2 * extension.Json.Text.Length,
        ItemStarted { Head: OpaqueItem opaque } => 64 + 2 * opaque.Members.Text.Length,
        _ => 128,
    };

    private Chunk ChunkOf(long sequence) => _chunks[(int)((sequence - _dropped) / ChunkSize)];

    private void DropOldest()
    {
        while (_keptBytes - _backlogBytes > KeptBytes && _chunks.Count > 1 && _dropped + ChunkSize <= _durable)
        {
            _keptBytes -= _chunks[0].Bytes;
            _chunks.RemoveAt(0);
            _dropped += ChunkSize;
        }
    }

    private void Wake(bool inline)
    {
        RunLogReader? only = null;
        List<RunLogReader>? several = null;
        lock (_lock)
        {
            if (_waiting.Count == 0) return;
            var visible = Visible;
            for (var i = _waiting.Count - 1; i >= 0; i--)
            {
                var reader = _waiting[i];
                if (reader.Position >= visible && !(_ended && visible == _count)) continue;
                _waiting.RemoveAt(i);
                if (only is null) only = reader;
                else (several ??= [only]).Add(reader);
            }
        }

        if (several is null)
        {
            only?.Wake(inline);
            return;
        }

        // With several readers none may run in the writer's time: one of them would come after all others.
        foreach (var reader in several) reader.Wake(inline: false);
    }

    internal sealed class Chunk
    {
        private readonly RunEvent[] _events = new RunEvent[ChunkSize];
        private readonly long[] _ticks = new long[ChunkSize];

        public long Bytes { get; private set; }

        public void Add(int slot, RunEvent @event, DateTimeOffset at, long bytes)
        {
            _events[slot] = @event;
            _ticks[slot] = at.UtcTicks;
            Bytes += bytes;
        }

        public Logged Read(long sequence)
        {
            var slot = (int)(sequence % ChunkSize);
            return new Logged(sequence, new DateTimeOffset(_ticks[slot], TimeSpan.Zero), _events[slot]);
        }
    }
}

/// <summary>What a log has for a reader.</summary>
internal enum ReadResult
{
    Ready,
    Dropped,
    Waiting,
    Ended,
}
