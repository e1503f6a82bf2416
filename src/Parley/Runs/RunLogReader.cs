using System.Threading.Tasks.Sources;
using Parley.Conversations;

namespace Parley.Runs;

/// <summary>
/// Reads a run's events in order, each once, as far as they may be sent; then waits for more. For one consumer. Dispose it.
/// </summary>
public sealed class RunLogReader : IValueTaskSource<bool>, IDisposable
{
    private const int ReadBackBytes = 256 << 10;

    private readonly RunLog? _log;
    private readonly IConversationStore _store;
    private readonly Id _run;
    private readonly Action? _onDispose;
    private readonly Func<CancellationToken, ValueTask<List<Logged>>>? _rebuild;
    private ManualResetValueTaskSourceCore<bool> _signal;
    private CancellationToken _token;
    private CancellationTokenRegistration _registration;
    private RunLog.Chunk? _chunk;
    private List<Logged>? _stored;
    private int _storedAt;
    private long _next;
    private long _end;
    private bool _finished;
    private int _disposed;

    internal RunLogReader(RunLog log, IConversationStore store, long from, Action onDispose)
        => (_log, _store, _run, _next, _end, _onDispose) = (log, store, log.Run, from, from, onDispose);

    // A run that is no longer in memory: everything is read back from the store, or rebuilt where its events have expired.
    internal RunLogReader(IConversationStore store, Id run, long from, Func<CancellationToken, ValueTask<List<Logged>>> rebuild)
        => (_store, _run, _next, _end, _rebuild) = (store, run, from, from, rebuild);

    /// <summary>The sequence of the next event.</summary>
    public long Position => _next;

    /// <summary>
    /// Completes with true when <see cref="TryRead"/> may give events, with false when the run has ended and all of it was read.
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

    /// <summary>The next event, if one may be read without waiting.</summary>
    public bool TryRead(out Logged logged)
    {
        if (_stored is not null)
        {
            logged = _stored[_storedAt++];
            _next = _end = logged.Sequence + 1;
            if (_storedAt == _stored.Count) _stored = null;
            return true;
        }

        if (_next == _end && (_log is null || _log.Next(this, _next, wait: false) != ReadResult.Ready))
        {
            logged = default;
            return false;
        }

        logged = _chunk!.Read(_next++);
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
        var events = new List<Logged>();
        foreach (var segment in await _store.ReadSegmentsAsync(_run, _next, ReadBackBytes, cancellationToken).ConfigureAwait(false))
            events.AddRange(EventCodec.Decode(segment));
        if (events.Count == 0 && _rebuild is not null && _next == 0) events = await _rebuild(cancellationToken).ConfigureAwait(false);
        var skip = events.FindIndex(logged => logged.Sequence >= _next);
        if (skip < 0)
        {
            // A log in memory whose events were dropped has them in the store, unless the run was deleted under its reader.
            _finished = true;
            return false;
        }

        (_stored, _storedAt) = (events, skip);
        return true;
    }
}
