using Parley.Conversations;

namespace Parley.Runs;

/// <summary>A run that this process executes.</summary>
public sealed class LiveRun
{
    /// <summary>
    /// How long a cancelled agent may take to stop. Then the run ends without it; with the commit it stays below the second that is promised.
    /// </summary>
    private static readonly TimeSpan AgentPatience = TimeSpan.FromMilliseconds(750);

    private readonly TaskCompletionSource<Run> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _cancellation = new();
    private readonly Lock _lock = new();
    private readonly IConversationStore _store;
    private readonly TimeProvider _time;
    private readonly RunLog _log;
    private volatile Run _header;
    private int _readers;
    private int _clients;
    private int _absences;
    private ITimer? _alone;
    private ITimer? _patience;

    internal LiveRun(Run header, IReadOnlyList<Message> input, RunLog log, IConversationStore store, TimeProvider time)
        => (_header, Input, _log, _store, _time) = (header, input, log, store, time);

    /// <summary>The header as of now.</summary>
    public Run Header => _header;

    /// <summary>The input messages.</summary>
    public IReadOnlyList<Message> Input { get; }

    /// <summary>Ends with the final header when the end is durable.</summary>
    public Task<Run> Completion => _completion.Task;

    internal CancellationToken Cancelled => _cancellation.Token;

    /// <summary>What the agent was given, once it was; a run that is stored forgets it when it has ended.</summary>
    public IReadOnlyList<Message> Context { get; internal set; } = [];

    /// <summary>Ends the run as cancelled although its agent goes on.</summary>
    internal Action? LeaveAgent { get; set; }

    /// <summary>A reader of its events, independent of all others.</summary>
    public RunLogReader Read()
    {
        Interlocked.Increment(ref _readers);
        return new RunLogReader(_log, _store, ReaderGone);
    }

    /// <summary>
    /// A reader for a client that waits for the run. When the last of them is disposed of before the end, <see cref="Run.OnDisconnect"/>
    /// decides what becomes of the run.
    /// </summary>
    public RunLogReader Attach()
    {
        lock (_lock)
        {
            _clients++;
            _alone?.Dispose();
            _alone = null;
        }

        Interlocked.Increment(ref _readers);
        return new RunLogReader(_log, _store, ClientGone);
    }

    internal void Cancel()
    {
        lock (_lock)
        {
            if (_completion.Task.IsCompleted || _patience is not null) return;
            _patience = _time.CreateTimer(static self => ((LiveRun)self!).LeaveAgent?.Invoke(), this, AgentPatience, Timeout.InfiniteTimeSpan);
        }

        // Off this thread: callbacks of the token close connections and run the agent's code.
        _ = _cancellation.CancelAsync();
    }

    internal void Complete(Run header)
    {
        lock (_lock)
        {
            _header = header;
            _completion.TrySetResult(header);
            _alone?.Dispose();
            _patience?.Dispose();

            // Clients may read on for long: what the agent knew is not theirs to hold. Of a run that is kept nowhere it is all that there is.
            LeaveAgent = null;
            if (header.Stored) Context = [];
        }

        RemoveIfUnkept();
    }

    private void ClientGone()
    {
        lock (_lock)
        {
            if (--_clients == 0 && !_completion.Task.IsCompleted && Header.OnDisconnect.After is { } after)
            {
                if (after == TimeSpan.Zero) Cancel();
                else LeaveAlone(after);
            }
        }

        ReaderGone();
    }

    private void LeaveAlone(TimeSpan limit)
    {
        var absence = ++_absences;
        _alone = _time.CreateTimer(_ => AloneTooLong(absence), null, limit, Timeout.InfiniteTimeSpan);
    }

    private void AloneTooLong(int absence)
    {
        // A client may have come back while the timer was firing, and may even have gone again.
        lock (_lock)
            if (_clients == 0 && absence == _absences) Cancel();
    }

    private void ReaderGone()
    {
        Interlocked.Decrement(ref _readers);
        RemoveIfUnkept();
    }

    private void RemoveIfUnkept()
    {
        if (Header.Stored || !_completion.Task.IsCompleted || Volatile.Read(ref _readers) > 0) return;
        // If the store fails here, the sweep removes the run later.
        _ = Task.Run(() => _store.RemoveRunAsync(Header.Id, CancellationToken.None).AsTask()).ContinueWith(
            static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }
}
