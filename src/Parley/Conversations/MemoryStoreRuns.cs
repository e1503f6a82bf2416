using Parley.Runs;

namespace Parley.Conversations;

// Runs and their logs.
public sealed partial class MemoryStore
{
    /// <inheritdoc/>
    public ValueTask<RunStartResult> StartRunAsync(RunStart start, CancellationToken cancellationToken)
    {
        lock (_lock) return new(Start(start));
    }

    /// <inheritdoc/>
    public ValueTask CommitAsync(IReadOnlyList<RunWrite> writes, CancellationToken cancellationToken)
    {
        RunException? refused = null;
        lock (_lock)
        {
            foreach (var write in writes)
            {
                // The log of a run that has ended, or is gone, never changes.
                var run = write.Ending?.Run.Id ?? write.Segment?.Run ?? default;
                if (!_runs.TryGetValue(run, out var entry) || entry.Run.HasEnded) continue;
                try
                {
                    if (write.Ending is { } ending) End(entry, ending);

                    // The caller may use its buffer again.
                    if (write.Segment is { } segment) entry.Segments[segment.First] = segment with { Data = segment.Data.ToArray() };
                }
                catch (RunException exception)
                {
                    refused = exception;
                }
            }
        }

        return refused is null ? default : ValueTask.FromException(refused);
    }

    /// <inheritdoc/>
    public ValueTask<Run?> FindRunAsync(string owner, Id run, CancellationToken cancellationToken)
    {
        lock (_lock) return new(_runs.TryGetValue(run, out var entry) && entry.Run.Owner == owner && entry.Run.Stored ? entry.Run : null);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Run>> ListChatAsync(string owner, Id chat, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new([.. Runs().Where(run => run.Chat == chat && run.Owner == owner && run.Stored).OrderBy(run => run.CreatedAt).ThenBy(run => run.Id)]);
        }
    }

    /// <inheritdoc/>
    public ValueTask<Page<Run>> ListRunsAsync(RunQuery query, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var backwards = !query.Before.IsNone && query.After.IsNone;
            var asked = Runs()
                .Where(run => run.Owner == query.Owner && run is { Stored: true, Detached: false } && query.IsByAgent(run))
                .Where(run => query.Conversation.IsNone || run.Conversation == query.Conversation)
                .Where(run => query.After.IsNone || (query.Ascending ? run.Id.Value > query.After.Value : run.Id.Value < query.After.Value))
                .Where(run => query.Before.IsNone || (query.Ascending ? run.Id.Value < query.Before.Value : run.Id.Value > query.Before.Value))
                .OrderBy(run => query.Ascending != backwards ? run.Id.Value : -run.Id.Value).ToList();
            var page = asked.Take(Math.Max(query.Take, 0)).ToList();
            if (backwards) page.Reverse();
            return new(new Page<Run>(page, asked.Count > page.Count));
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<RunSegment>> ReadSegmentsAsync(Id run, long from, int maxBytes, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var found = new List<RunSegment>();
            var bytes = 0L;
            foreach (var segment in _runs.TryGetValue(run, out var entry) ? entry.Segments.Values : [])
            {
                if (segment.Last < from) continue;
                bytes += segment.Data.Length;
                if (found.Count > 0 && bytes > maxBytes) break;
                found.Add(segment);
            }

            return new(found);
        }
    }

    /// <inheritdoc/>
    public ValueTask<Run?> FindByOpenCallAsync(string owner, string callId, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new(_runs.Values
                .Where(entry => entry.Run.Owner == owner && entry.Run.Stored && entry.OpenCalls.Contains(callId))
                .OrderByDescending(entry => entry.Run.Id).FirstOrDefault()?.Run);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Run>> ListActiveRunsAsync(CancellationToken cancellationToken)
    {
        lock (_lock) return new([.. Runs().Where(run => !run.HasEnded).OrderBy(run => run.Id)]);
    }

    /// <inheritdoc/>
    public ValueTask RemoveRunAsync(Id run, CancellationToken cancellationToken)
    {
        lock (_lock) _runs.Remove(run);
        return default;
    }

    private RunStartResult Start(RunStart start)
    {
        var run = start.Run;
        var input = start.Input;
        if (input.Count > 0) run = run with { Input = input.Select(message => message.Id).ToValueList() };
        if (_runs.ContainsKey(run.Id)) throw Taken();
        if (run.Detached)
        {
            if (_runs.TryGetValue(run.Continues, out var waiting) && waiting.OpenCalls.Count == 0) return new RunStartResult(RunStartStatus.Answered);
            Accept(run);
            return new RunStartResult(RunStartStatus.Started, run, input);
        }

        var thread = start.Create is { } create ? new Thread(create with { Head = default }) : Find(run.Owner, run.Conversation);
        if (thread is null) return new RunStartResult(RunStartStatus.NoConversation);
        var place = run is { Exclusive: true, Parent.IsNone: true } ? thread.Header.Head : run.Parent;
        if (!run.Parent.IsNone && !thread.Messages.ContainsKey(place)) return new RunStartResult(RunStartStatus.NoParent);
        if (start.ExpectedHead is { } expected && expected != thread.Header.Head) return new RunStartResult(RunStartStatus.HeadMoved);
        if (run.Exclusive && IsBusy(run.Conversation)) return new RunStartResult(RunStartStatus.Busy);
        if (start.Create is { } named && IsNameTaken(named)) return new RunStartResult(RunStartStatus.Busy);
        if (start.Create is not null && !_threads.TryAdd(thread.Header.Id, thread)) throw Taken();

        var section = run.Parent.IsNone ? thread.Header.Section : thread.Messages[place].Section;
        run = run with { Parent = place, Section = section };
        input = run.Stored ? Append(thread, place, section, input) : Chain(thread.Header.Id, place, section, input);
        Accept(run);
        if (run.Exclusive) _holders[run.Conversation] = run.Id;
        Touch(thread, run.CreatedAt);
        return new RunStartResult(RunStartStatus.Started, run, input);
    }

    private void Accept(Run run)
    {
        _runs.Add(run.Id, new Entry(run));
        if (_runs.TryGetValue(run.Continues, out var continued) && continued.Run.Owner == run.Owner) continued.OpenCalls.Clear();
    }

    private void End(Entry entry, RunEnding ending)
    {
        var run = ending.Run;
        if (!run.Detached)
        {
            var thread = _threads[run.Conversation];
            if (run.Stored) AddOutput(thread, ending);
            Touch(thread, run.EndedAt ?? run.CreatedAt);
        }

        entry.Run = run;
        entry.OpenCalls.UnionWith(ending.OpenCalls);
    }

    private static void AddOutput(Thread thread, RunEnding ending)
    {
        var run = ending.Run;
        var under = run.Input.Count > 0 ? run.Input[^1] : run.Parent;
        if (!thread.Messages.ContainsKey(under)) under = default;
        var output = Append(thread, under, run.Section, ending.Output);
        var last = output.Count > 0 ? output[^1].Id : run.Input.Count > 0 ? under : default;
        if (!ending.MoveHead || last.IsNone) return;

        // The section that the run was asked in becomes current again, unless a newer one was begun while it was under way.
        var current = thread.Header.Section;
        thread.Header = thread.Header with { Head = last, Section = current.Value > run.Id.Value ? current : run.Section };
    }

    private bool IsBusy(Id conversation)
        => _holders.TryGetValue(conversation, out var run) && _runs.TryGetValue(run, out var entry) && !entry.Run.HasEnded;

    private IEnumerable<Run> Runs() => _runs.Values.Select(entry => entry.Run);
}
