using Microsoft.Extensions.Logging;
using Parley.Agents;
using Parley.Conversations;

namespace Parley.Runs;

// How a run is executed: context in, events out, messages at the end.
public sealed partial class Runner
{
    /// <summary>After so many events without a wait readers are woken, for an agent that never waits.</summary>
    private const int PublishAfter = 128;

    /// <summary>A run that continues another is given at least so many messages: the outputs need their calls, and those their question.</summary>
    private const int ContinuedHistory = 50;

    private LiveRun Launch(RunRequest request, Run run, IReadOnlyList<Message> input, Run? continues)
    {
        var log = new RunLog(run.Id, _strict);
        return Launch(request, run, input, continues, log, new RunAppender(run, log.Append, _ids, _time));
    }

    private LiveRun Launch(RunRequest request, Run run, IReadOnlyList<Message> input, Run? continues, RunLog log, RunAppender appender)
    {
        var live = new LiveRun(run, input, log, _store, _time);
        live.LeaveAgent = () =>
        {
            if (appender.HasEnded) return;
            _logger.LogWarning("Agent {Agent} does not stop although run {Run} was cancelled; the run ends without it.", run.Agent.Name, run.Id);
            Finish(live, log, appender, new RunCancelled());
        };
        log.OnEnded = failed =>
        {
            if (failed is not null)
            {
                // The agent may still be speaking: its state is read only if it is not.
                var state = appender.HasEnded ? appender.State : new RunState();
                log.Ending = EndingOf(run, state, failed, [], live.Context, _time.GetUtcNow());
                live.Cancel();
            }

            _live.TryRemove(run.Id, out _);
            live.Complete(log.Ending!.Run);
        };
        _live[run.Id] = live;
        _ = Task.Run(() => ExecuteAsync(request, live, log, appender, continues));
        return live;
    }

    private async Task ExecuteAsync(RunRequest request, LiveRun live, RunLog log, RunAppender appender, Run? continues)
    {
        try
        {
            var asked = await RequestForAsync(request, live, continues).ConfigureAwait(false) with { Saved = token => SaveAsync(log, token) };
            live.Context = asked.Context;
            var events = request.Agent.Behaviour.RunAsync(asked, live.Cancelled).GetAsyncEnumerator(live.Cancelled);
            await using var _ = events.ConfigureAwait(false);
            var unpublished = 0;
            while (!appender.HasEnded)
            {
                var next = events.MoveNextAsync();
                if (!next.IsCompleted || unpublished == PublishAfter)
                {
                    // Nothing more is waiting: now is the time to let readers have it, and to have it saved.
                    Publish(log);
                    unpublished = 0;
                    if (log.IsFull) await log.WaitForRoomAsync().ConfigureAwait(false);
                }

                if (!await next.ConfigureAwait(false)) break;
                if (events.Current is RunEnded end)
                {
                    Finish(live, log, appender, end);
                    break;
                }

                appender.Accept(events.Current);
                unpublished++;
            }

            Finish(live, log, appender, new RunFailed(RunError.NoEnd));
        }
        catch (Exception exception)
        {
            Finish(live, log, appender, EndOf(exception, live));
        }
    }

    private RunEnded EndOf(Exception exception, LiveRun live)
    {
        if (live.Cancelled.IsCancellationRequested) return new RunCancelled((exception as AgentCancelledException)?.Spent);
        if (exception is RunException known)
        {
            _logger.LogInformation("Run {Run} of agent {Agent} failed: {Side} {Cause}: {Message}", live.Header.Id, live.Header.Agent.Name, known.Error.Side, known.Error.Cause, known.Error.Message);
            return new RunFailed(known.Error);
        }

        _logger.LogError(exception, "Run {Run} of agent {Agent} failed.", live.Header.Id, live.Header.Agent.Name);
        return new RunFailed(new RunError(ErrorSide.Server, ErrorCause.Unavailable, exception.Message));
    }

    private void Finish(LiveRun live, RunLog log, RunAppender appender, RunEnded end)
    {
        if (!appender.End(end)) return;

        // Only if the log has it: a run that the store failed has ended otherwise.
        if (appender.State.End is { } ended) log.Ending ??= EndingOf(live.Header, appender.State, ended, appender.Losses, live.Context, _time.GetUtcNow());
        Publish(log);
    }

    private void Publish(RunLog log)
    {
        log.Publish();
        _flusher.Enqueue(log);
    }

    private async ValueTask SaveAsync(RunLog log, CancellationToken cancellationToken)
    {
        var saved = log.WaitUntilDurableAsync();
        Publish(log);
        await saved.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private RunEnding EndingOf(Run header, RunState state, RunEnded end, IEnumerable<string> losses, IReadOnlyList<Message> context, DateTimeOffset at)
    {
        var kept = header.Stored && !header.Detached;
        IReadOnlyList<Message> output = kept ? RunMessages.Of(header, state, at) : [];
        if (_losses is not null) losses = losses.Concat(_losses(header, state));
        var run = header with
        {
            Status = end switch
            {
                RunCompleted => RunStatus.Completed,
                RunSuspended => RunStatus.Suspended,
                RunCancelled => RunStatus.Cancelled,
                _ => RunStatus.Failed,
            },
            End = end,
            StartedAt = state.Started ? state.StartedAt : null,
            FirstTextAt = state.FirstTextAt,
            EndedAt = at,
            EventCount = state.Count,
            Usage = UsageBooking.Of(end, state, context),
            Upstream = state.Upstream,
            Losses = losses.ToValueList(),
            Tip = output.Count > 0 ? output[^1].Id : kept && header.Input.Count > 0 ? header.Input[^1] : header.Parent,
        };
        IReadOnlyList<string> open = end is RunSuspended suspended && header.Stored
            ? [.. suspended.Required.OfType<CallFunction>().Select(call => ((ToolCallItem)state.Items[call.Item].Head).CallId)]
            : [];
        if (open.Count == 0 && end is RunSuspended && header is { Stored: true, Detached: true }) open = [WaitKeyOf(header, (RunSuspended)end, state, context)];
        return new RunEnding(run, output, kept && !(end is RunCancelled && header.LeavesPathWhenCancelled), open);
    }

    private static string WaitKeyOf(Run header, RunSuspended suspended, RunState state, IReadOnlyList<Message> context)
    {
        var before = context.Where(message => message.Role is not null).Select(message => (message.Role!.Value, WaitKey.TextOf(message.Content)));
        var said = state.Items.Where(item => item.Head is MessageItem).Select(item => WaitKey.TextOf(item.ToContent())).Append(WaitPrompt.Of(suspended, state.Items) ?? "").Where(text => text.Length > 0);
        return WaitKey.Of(header.Request.User, before.Append((Role.Assistant, string.Join("\n\n", said))));
    }

    private async Task<AgentRequest> RequestForAsync(RunRequest request, LiveRun live, Run? continues)
    {
        var run = live.Header;
        var context = new List<Message>();
        if (run.Detached)
        {
            foreach (var item in request.Path) context.Add(item.ToMessage(_ids.Next(), run.Conversation, default, run.CreatedAt));
        }
        else if (!run.Parent.IsNone)
        {
            var page = await _store.ListMessagesAsync(
                new MessageQuery { Owner = run.Owner, Conversation = run.Conversation, Tip = run.Parent, Take = continues is null ? request.Agent.History : Math.Max(request.Agent.History, ContinuedHistory), Kinds = MessageKinds.Context, SectionOnly = true },
                live.Cancelled).ConfigureAwait(false);
            // A run that begins a new section is given nothing of the one before.
            // What is answered again is on the path already, and its input all the same.
            context.AddRange(page.Items.Where(message => message.Section == run.Section && !run.Input.Contains(message.Id)).Reverse());

            // Cut in the middle of a tool call, the history must not begin with results of calls that are not in it.
            var first = context.FindIndex(message => message.Head is not ToolResultItem);
            context.RemoveRange(0, first < 0 ? context.Count : first);
        }

        var (upstream, unseen) = request.Agent.IsStateful ? await FindUpstreamAsync(run, continues, context, live.Cancelled).ConfigureAwait(false) : default;

        // Outputs follow their calls; what was inserted while these waited is as new to the agent as the outputs are.
        var last = continues is null ? -1 : context.FindLastIndex(message => message.Run == continues.Id);
        var since = last < 0 ? context.Count : last + 1;
        context.InsertRange(since, live.Input);
        return new AgentRequest
        {
            Run = run,
            Context = context,
            InputCount = context.Count - since,
            Continues = continues,
            Upstream = upstream,
            UnseenCount = upstream is null ? context.Count : unseen + live.Input.Count,
            IsBranch = upstream is not null && !run.Exclusive && await HasMovedOnAsync(run, live.Cancelled).ConfigureAwait(false),
            Files = _files,
        };
    }

    private async ValueTask<bool> HasMovedOnAsync(Run run, CancellationToken cancellationToken)
        => await _store.FindConversationAsync(run.Owner, run.Conversation, cancellationToken).ConfigureAwait(false) is { } conversation && conversation.Head != run.Parent;

    // The nearest run of the same agent on the path that has a handle of the peer. What was cancelled, peers forget.
    private async Task<(RawJson? Upstream, int Unseen)> FindUpstreamAsync(Run run, Run? continues, List<Message> context, CancellationToken cancellationToken)
    {
        // The path of a request that carries it names no runs, but the one that it answers has said all of it or was told.
        if (run.Detached) return (continues?.Upstream, 0);
        Id looked = default;
        for (var i = context.Count - 1; i >= 0; i--)
        {
            if (context[i].IsInput || context[i].Run.IsNone || context[i].Run == looked) continue;
            looked = context[i].Run;
            var earlier = await _store.FindRunAsync(run.Owner, looked, cancellationToken).ConfigureAwait(false);
            if (earlier is { Upstream: { } upstream, Status: not RunStatus.Cancelled } && earlier.Agent.Name == run.Agent.Name) return (upstream, context.Count - 1 - i);
        }

        return default;
    }
}
