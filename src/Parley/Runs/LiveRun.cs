using Parley.Conversations;

namespace Parley.Runs;

/// <summary>A run that this process executes.</summary>
public sealed class LiveRun
{
    private readonly TaskCompletionSource<Run> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _cancellation = new();
    private readonly IConversationStore _store;
    private readonly RunLog _log;
    private volatile Run _header;
    private int _readers;

    internal LiveRun(Run header, IReadOnlyList<Message> input, RunLog log, IConversationStore store)
        => (_header, Input, _log, _store) = (header, input, log, store);

    /// <summary>The header as of now.</summary>
    public Run Header => _header;

    /// <summary>The input messages.</summary>
    public IReadOnlyList<Message> Input { get; }

    /// <summary>Ends with the final header when the end is durable.</summary>
    public Task<Run> Completion => _completion.Task;

    internal CancellationToken Cancelled => _cancellation.Token;

    /// <summary>A reader of its events, independent of all others.</summary>
    public RunLogReader Read(long from = 0)
    {
        Interlocked.Increment(ref _readers);
        return new RunLogReader(_log, _store, from, ReaderGone);
    }

    /// <summary>The connection of the client that asked is gone; <see cref="Run.OnDisconnect"/> decides what that means.</summary>
    public void ClientGone()
    {
        if (Header.OnDisconnect == DisconnectPolicy.Cancel) Cancel();
    }

    internal void Cancel()
    {
        // Off this thread: callbacks of the token close connections and run the agent's code.
        if (!_completion.Task.IsCompleted) _ = _cancellation.CancelAsync();
    }

    internal void Complete(Run header)
    {
        _header = header;
        _completion.TrySetResult(header);
        RemoveIfUnkept();
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
