using Parley.Conversations;

namespace Parley.Runs;

// How runs are found and read, in memory or from the store, and what a start finds.
public sealed partial class Runner
{
    /// <summary>The run's header as of now; null if it is absent.</summary>
    public async ValueTask<Run?> FindAsync(string owner, Id run, CancellationToken cancellationToken)
    {
        if (FindLive(run)?.Header is { Stored: true } header) return header.Owner == owner ? header : null;
        return await _store.FindRunAsync(owner, run, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The runs of a chat, oldest first; empty if it is absent.</summary>
    public async ValueTask<IReadOnlyList<Run>> FindChatAsync(string owner, Id chat, CancellationToken cancellationToken)
    {
        // While its first run is active a chat has no other: what is polled most costs no look-up.
        if (FindLive(chat)?.Header is { Stored: true } only && only.Owner == owner && only.Chat == chat) return [only];
        var runs = await _store.ListChatAsync(owner, chat, cancellationToken).ConfigureAwait(false);
        return [.. runs.Select(run => FindLive(run.Id)?.Header ?? run)];
    }

    /// <summary>A reader for a client: see <see cref="LiveRun.Attach"/>. A run that has ended is read from the store.</summary>
    public RunLogReader Attach(Run run) => FindLive(run.Id)?.Attach() ?? ReadStored(run);

    /// <summary>The fold of a run so far. Of a run whose events have expired it is rebuilt from its messages.</summary>
    public async ValueTask<RunState> FoldAsync(Run run, CancellationToken cancellationToken)
    {
        var state = new RunState();
        using var reader = FindLive(run.Id)?.Read() ?? ReadStored(run);
        while (true)
        {
            while (reader.TryRead(long.MaxValue, out var logged, out var count)) state.Apply(logged, count);
            if (state.End is not null) return state;

            // So far and no further: a run under way is not waited for.
            if (reader.IsWaiting || !await reader.WaitAsync(cancellationToken).ConfigureAwait(false)) return state;
        }
    }

    private RunLogReader ReadStored(Run run) => new(_store, run.Id, token => RebuildAsync(run, token));

    // Where its events have expired, its messages tell them.
    private async ValueTask<RunSegment?> RebuildAsync(Run run, CancellationToken cancellationToken)
    {
        if (!run.HasEnded) return null;
        if (run.Tip.IsNone) return RunMessages.ToSegment(run, []);
        var query = new MessageQuery { Owner = run.Owner, Conversation = run.Conversation, Tip = run.Tip, Ascending = true, Take = int.MaxValue, Runs = [run.Id] };
        try
        {
            var page = await _store.ListMessagesAsync(query, cancellationToken).ConfigureAwait(false);
            return RunMessages.ToSegment(run, [.. page.Items.Where(message => !message.IsInput)]);
        }
        catch (RunException exception) when (exception.Error.Cause == ErrorCause.NotFound)
        {
            return RunMessages.ToSegment(run, []);
        }
    }
}
