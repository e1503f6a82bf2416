using System.Buffers;
using Microsoft.Extensions.Logging;
using Parley.Agents;
using Parley.Conversations;

namespace Parley.Runs;

// What becomes of the runs that a dead process left under way.
public sealed partial class Runner
{
    /// <summary>
    /// Ends the runs that a dead process left under way, or lets them go on where they may do again what they were about to do. To be called once, before
    /// requests are served. Returns how many there were.
    /// </summary>
    /// <param name="findAgent">Finds an agent by its name; without it no run goes on.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<int> RecoverAsync(Func<string, Agent?>? findAgent, CancellationToken cancellationToken)
    {
        var left = await _store.ListActiveRunsAsync(cancellationToken).ConfigureAwait(false);
        foreach (var run in left)
        {
            try
            {
                var (state, checkpoint) = await ReadLeftAsync(run, log: null, cancellationToken).ConfigureAwait(false);
                if (checkpoint is { } kept && run is { Stored: true, Detached: false } && findAgent?.Invoke(run.Agent.Name) is { } agent) await GoOnAsync(run, agent, kept, cancellationToken).ConfigureAwait(false);
                else await EndLeftAsync(run, state, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // One damaged log must not keep the server from starting.
                _logger.LogError(exception, "Run {Run}, which a dead process left, cannot be ended.", run.Id);
            }
        }

        return left.Count;
    }

    private static ItemState? UnknownIn(RunState state)
        => state.Items.LastOrDefault(item => item is { Status: null, Head: WorkflowActionItem { Effect: not null } });

    // An action whose intent is known and whose outcome is not is neither told as done nor done again.
    private static RunError ErrorOfLeft(RunState state)
    {
        if (UnknownIn(state)?.Head is not WorkflowActionItem action) return new RunError(ErrorSide.Server, ErrorCause.Unavailable, "The server stopped while the run was under way.", true);
        return new RunError(
            ErrorSide.Server, ErrorCause.Unavailable, $"The server stopped while action {action.ActionId} ({action.Kind}) was under way: its outcome is unknown.", true, "outcome_unknown");
    }

    // What a run said, also into a log, and what its agent remembers where the action whose outcome is unknown may be done again.
    private async Task<(RunState State, RawJson? Checkpoint)> ReadLeftAsync(Run run, RunLog? log, CancellationToken cancellationToken)
    {
        var state = new RunState();
        (int? Item, RawJson State)? last = null;
        using var reader = ReadStored(run);
        while (await reader.WaitAsync(cancellationToken).ConfigureAwait(false))
        {
            while (reader.TryRead(log is null ? long.MaxValue : 1, out var logged, out var count))
            {
                log?.Append(logged.Event, logged.At);
                state.Apply(logged, count);
                if (Checkpoint.StateIn(logged.Event) is { } kept) last = (((Extension)logged.Event).Item, kept);
            }
        }

        return (state, UnknownIn(state) is { Head: WorkflowActionItem { Effect: OutsideEffect.Repeatable } } unknown && last is { } checkpoint && unknown.Ordinal == checkpoint.Item ? checkpoint.State : null);
    }

    // The run goes on with the action whose outcome is unknown, once more.
    private async Task GoOnAsync(Run run, Agent agent, RawJson checkpoint, CancellationToken cancellationToken)
    {
        var log = new RunLog(run.Id, _strict);
        var (state, _) = await ReadLeftAsync(run, log, cancellationToken).ConfigureAwait(false);
        var unknown = UnknownIn(state)!;
        log.MadeDurable(state.Count);
        var input = new List<Message>();
        for (var i = 0; i < run.Input.Count; i++)
            if (await _store.FindMessageAsync(run.Owner, run.Conversation, run.Input[i], cancellationToken).ConfigureAwait(false) is { } message) input.Add(message);
        var appender = new RunAppender(run, log.Append, _ids, _time, state);
        appender.Losses.Add(Run.LostTail);
        foreach (var item in state.Items.Where(item => item.Status is null).Reverse().ToList()) appender.Accept(new ItemCompleted(item.Ordinal, ItemStatus.Incomplete));
        var request = new RunRequest
        {
            Owner = run.Owner,
            Agent = agent with { Behaviour = new ContinuedAgent(agent.Behaviour, state.Items.Count) },
            Dialect = run.Dialect,
            Input = default,
        };
        Launch(request, run, input, run with { Status = RunStatus.Suspended, End = new RunSuspended(default, null, checkpoint) }, log, appender);
        _logger.LogWarning("Run {Run} of agent {Agent} was under way when its process ended; it goes on with action {Action}.", run.Id, run.Agent.Name, ((WorkflowActionItem)unknown.Head).ActionId);
    }

    private async Task EndLeftAsync(Run run, RunState state, CancellationToken cancellationToken)
    {
        var log = new RunLog(run.Id, strict: false);
        var appender = new RunAppender(run, log.Append, _ids, _time, state);
        appender.End(new RunFailed(ErrorOfLeft(state)));

        // What the client got last may not have been on disk: see FrameReplay.
        log.Ending = EndingOf(run, state, state.End!, [.. appender.Losses, Run.LostTail], [], _time.GetUtcNow());

        // This log begins where the one of the dead process ended.
        var before = state.Count - log.Count;
        var writes = new List<RunWrite>();
        var buffer = new ArrayBufferWriter<byte>();
        for (var from = 0L; log.TryEncode(buffer, out var write, from);)
        {
            var segment = write!.Segment!.Value;
            from = segment.Last + 1;
            writes.Add(write with { Segment = segment with { First = before + segment.First, Last = before + segment.Last } });
        }

        await _store.CommitAsync(writes, cancellationToken).ConfigureAwait(false);
        _logger.LogWarning("Run {Run} of agent {Agent} was under way when its process ended; it has failed.", run.Id, run.Agent.Name);
    }
}
