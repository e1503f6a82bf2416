using System.Threading.Tasks.Sources;
using Parley.Conversations;

namespace Parley.Runs;

/// <summary>
/// Reads a run's events in order, each once, as far as they may be sent; then waits for more. For one consumer. Dispose it.
/// </summary>
public sealed class RunLogReader : IValueTaskSource<bool>, IDisposable
{
    /// <summary>So much is read back at once: what a reader holds, however slow it is.</summary>
    private const int ReadBackBytes = 64 << 10;

    /// <summary>The same for one that is in a hurry to get further.</summary>
    private const int HurryBytes = 256 << 10;

    private readonly RunLog? _log;
    private readonly IConversationStore _store;
    private readonly Id _run;
    private readonly Action? _onDispose;
    private readonly Func<CancellationToken, ValueTask<RunSegment?>>? _rebuild;
    private ManualResetValueTaskSourceCore<bool> _signal;
    private CancellationToken _token;
    private CancellationTokenRegistration _registration;
    private RunLog.Chunk? _chunk;
    private readonly Queue<RunSegment> _segments = new();
    private SegmentReader? _stored;
    private readonly long _begin;
    private bool _joins = true;
    private bool _hurries;
    private long _next;
    private long _end;
    private bool _finished;
    private int _disposed;

    internal RunLogReader(RunLog log, IConversationStore store, Action onDispose)
        => (_log, _store, _run, _onDispose) = (log, store, log.Run, onDispose);

    // A run that is no longer in memory: everything is read back from the store, or rebuilt where its events have expired.
    internal RunLogReader(IConversationStore store, Id run, Func<CancellationToken, ValueTask<RunSegment?>> rebuild)
        => (_store, _run, _rebuild) = (store, run, rebuild);

    private RunLogReader(RunLogReader other, long from)
        => (_log, _store, _run, _rebuild, _begin, _next, _end) = (other._log, other._store, other._run, other._rebuild, from, from, from);

    /// <summary>The sequence of the next event.</summary>
    public long Position => _next;

    /// <summary>
    /// Completes with true when <see cref="TryRead(out Logged)"/> may give events, with false when the run has ended and all of it was read.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="RunException">Events had to be read back, and the store is not available.</exception>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if (_next < _end || _stored is not null) return new(true);
        if (_finished) return new(false);
        if (_log is null) return ReadBackAsync(cancellationToken);
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<bool>(cancellationToken);
        if (cancellationToken != _token)
        {
            // One registration for all waits with the same token: a wait must cost nothing per event.
            _registration.Dispose();
            _token = cancellationToken;
            _registration = cancellationToken.UnsafeRegister(static self => ((RunLogReader)self!).Cancel(), this);
        }

        _signal.Reset();
        var version = _signal.Version;
        switch (_log.Next(this, _next, wait: true))
        {
            case ReadResult.Ready:
                return new(true);
            case ReadResult.Ended:
                _finished = true;
                return new(false);
            case ReadResult.Dropped:
                return ReadBackAsync(cancellationToken);
            default:
                // The token may have been cancelled between the check and the registration of this wait.
                if (cancellationToken.IsCancellationRequested) Cancel();
                return new(this, version);
        }
    }

    /// <summary>Another reader of the same events, beginning with one that this reader has read. It must be disposed of first.</summary>
    public RunLogReader Again(long from) => new(this, from);

    /// <summary>The next event, if one may be read without waiting.</summary>
    public bool TryRead(out Logged logged) => TryRead(most: 1, out logged, out _);

    /// <summary>
    /// The next event, if one may be read without waiting; of a stored log up to <paramref name="most"/> deltas of one part that follow each
    /// other as one, with the number and time of the first. <paramref name="count"/> says how many they were.
    /// </summary>
    /// <param name="most">How many deltas are taken together at most.</param>
    /// <param name="logged">The event.</param>
    /// <param name="count">How many it stands for.</param>
    /// <param name="isMute">For an item and a part, whether the text of its deltas is not needed: it may be empty then.</param>
    public bool TryRead(long most, out Logged logged, out int count, Func<int, int, bool>? isMute = null)
    {
        _hurries = most > 1;
        if (_stored is not null)
        {
            logged = _stored.Read(_joins ? most : 1, out count, isMute);

            // Each piece of audio has a padding of its own: they must stay apart.
            if (logged.Event is PartStarted { Kind: PartKind.Audio }) _joins = false;
            _next = _end = _stored.Next;
            if (_stored.IsAtEnd) _stored = _segments.TryDequeue(out var segment) ? new SegmentReader(segment) : null;
            return true;
        }

        if (_next == _end && (_log is null || _log.Next(this, _next, wait: false) != ReadResult.Ready))
        {
            (logged, count) = (default, 0);
            return false;
        }

        (logged, count) = (_chunk!.Read(_next++), 1);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _registration.Dispose();
        _log?.StopWaiting(this);
        _onDispose?.Invoke();
    }

    /// <summary>True if all that there is has been read, and the run goes on.</summary>
    internal bool IsWaiting => _stored is null && _next == _end && _log?.Next(this, _next, wait: false) == ReadResult.Waiting;

    internal void SetWindow(RunLog.Chunk chunk, long end) => (_chunk, _end) = (chunk, end);

    internal void Wake(bool inline)
    {
        _signal.RunContinuationsAsynchronously = !inline;
        _signal.SetResult(true);
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _signal.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _signal.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _signal.OnCompleted(continuation, state, token, flags);

    private void Cancel()
    {
        if (_log is null || !_log.StopWaiting(this)) return;
        _signal.RunContinuationsAsynchronously = true;
        _signal.SetException(new OperationCanceledException(_token));
    }

    private async ValueTask<bool> ReadBackAsync(CancellationToken cancellationToken)
    {
        foreach (var segment in await _store.ReadSegmentsAsync(_run, _next, _hurries ? HurryBytes : ReadBackBytes, cancellationToken).ConfigureAwait(false)) _segments.Enqueue(segment);
        if (_segments.Count == 0 && _rebuild is not null && _next == _begin && await _rebuild(cancellationToken).ConfigureAwait(false) is { } rebuilt) _segments.Enqueue(rebuilt);
        if (_segments.TryDequeue(out var first)) _stored = new SegmentReader(first);

        // A log in memory may have been dropped in the middle of a segment.
        while (_stored is { IsAtEnd: false } && _stored.Next < _next) _stored.Read(_next - _stored.Next, out _);

        // Whatever was dropped is in the store, unless the run was deleted under its reader.
        _finished = _stored is null;
        return !_finished;
    }
}
