using System.Runtime.CompilerServices;
using Parley.Agents;
using Parley.Runs;
using Parley.Workflows.Actions;
using Parley.Workflows.PowerFx;

namespace Parley.Workflows.Engine;

/// <summary>One run of a workflow, from a start or an answer to the next wait or the end: the loop that executes its steps.</summary>
internal sealed partial class WorkflowExecution
{
    private readonly WorkflowDefinition _definition;
    private readonly WorkflowServices _services;
    private readonly AgentRequest _request;
    private readonly WorkflowMemory _memory;
    private readonly WorkflowTurn _turn;
    private readonly List<(int Step, int Item)> _open = [];
    private int _step;
    private int _items;
    private int _count;

    private WorkflowExecution(WorkflowDefinition definition, WorkflowServices services, AgentRequest request, WorkflowMemory memory)
    {
        (_definition, _services, _request, _memory) = (definition, services, request, memory);
        _turn = new WorkflowTurn(services, definition.Program, memory, request);
    }

    /// <summary>Executes.</summary>
    public async IAsyncEnumerable<RunEvent> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new RunStarted();
        using var timer = new CancellationTokenSource(_services.Longest, _services.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);

        // What is around the place where a question waited is open again.
        foreach (var frame in _memory.Frames) yield return Open(frame.Step);
        while (_step < _definition.Program.Steps.Count)
        {
            var step = _definition.Program.Steps[_step];
            if (step.Kind != StepKind.Action)
            {
                var passed = new List<RunEvent>();
                var broken = Between(() => Pass(step, passed));
                foreach (var closed in passed) yield return closed;
                if (broken is null) continue;
                foreach (var last in Fail(broken)) yield return last;
                yield break;
            }

            if (step.IsDisabled)
            {
                _step = step.IsScope ? step.Target + 1 : _step + 1;
                continue;
            }

            if (Overrun(step, timer.IsCancellationRequested) is { } overrun)
            {
                foreach (var last in Fail(overrun)) yield return last;
                yield break;
            }

            var own = _items;
            var acts = step.Action!.ActsOutside;
            yield return Open(_step);
            if (acts)
            {
                // As it is before the action, so that the action is the same when it is done again. A run that is kept nowhere cannot go on.
                if (step.RetriesUnknown && _request.Run is { Stored: true, Detached: false })
                {
                    if (Keep(step, hasSaid: true, out var place) is { } tooLarge)
                    {
                        foreach (var last in Fail(tooLarge)) yield return last;
                        yield break;
                    }

                    yield return Checkpoint.Of(own, place);
                }

                await SaveAsync(cancellationToken).ConfigureAwait(false);
            }

            _turn.Begin(_step, step.Target);
            if (step.IsScope) _memory.Frames.Add(new WorkflowFrame(_step));
            RunError? failure = null;
            IAsyncEnumerator<RunEvent>? events = null;
            try
            {
                while (true)
                {
                    RunEvent happened;
                    try
                    {
                        events ??= step.Action.RunAsync(_turn, both.Token).GetAsyncEnumerator(both.Token);
                        if (!await events.MoveNextAsync().ConfigureAwait(false)) break;
                        happened = Place(events.Current, own);
                    }
                    catch (Exception exception) when (!cancellationToken.IsCancellationRequested && (timer.IsCancellationRequested ? TooLong(step) : ErrorOf(exception, step)) is { } error)
                    {
                        failure = error;
                        break;
                    }

                    yield return happened;
                }
            }
            finally
            {
                if (events is not null) await events.DisposeAsync().ConfigureAwait(false);
            }

            if (failure is not null)
            {
                foreach (var last in Fail(failure)) yield return last;
                yield break;
            }

            if (_turn.Waits is { } waits)
            {
                if (Keep(step, hasSaid: false, out var place) is { } notKept)
                {
                    foreach (var last in Fail(notKept)) yield return last;
                    yield break;
                }

                yield return ItemOrdinals.Shift(new RunSuspended(waits.ToValueList(), _turn.Usage, place), own + 1);
                yield break;
            }

            _memory.Previous = step.Id;
            (_turn.Answer, _turn.Remembered) = (null, null);
            if (_turn.IsOver) break;
            if (!step.IsScope)
            {
                _open.RemoveAt(_open.Count - 1);
                yield return new ItemCompleted(own);
                if (acts) await SaveAsync(cancellationToken).ConfigureAwait(false);
            }

            var left = new List<RunEvent>();
            failure = Between(() => Leave(_turn.Next, left));
            foreach (var closed in left) yield return closed;
            if (failure is not null)
            {
                foreach (var last in Fail(failure)) yield return last;
                yield break;
            }

            _step = _turn.Next;
        }

        foreach (var closed in CloseAll(ItemStatus.Completed)) yield return closed;
        yield return new RunCompleted(FinishReason.Stop, _turn.Usage);
    }

    private ItemStarted Open(int number)
    {
        var step = _definition.Program.Steps[number];
        _open.Add((number, _items));
        OutsideEffect? effect = step.Action!.ActsOutside ? step.RetriesUnknown ? OutsideEffect.Repeatable : OutsideEffect.Once : null;
        return new ItemStarted(_items++, new WorkflowActionItem(step.Name, step.Id, step.Parent, _memory.Previous, step.Title, effect));
    }

    private ValueTask SaveAsync(CancellationToken cancellationToken) => _request.Saved?.Invoke(cancellationToken) ?? default;

    // A loop sets its variables between the actions, which can fail as an action can: then it is the loop that fails.
    private RunError? Between(Action stepping)
    {
        try
        {
            stepping();
            return null;
        }
        catch (Exception exception) when (_memory.Frames.Count > 0 && ErrorOf(exception, _definition.Program.Steps[_memory.Frames[^1].Step]) is { } error)
        {
            return error;
        }
    }

    // The steps between actions.
    private void Pass(WorkflowStep step, List<RunEvent> closed)
    {
        var isOpen = _memory.Frames.Count > 0 && _memory.Frames[^1].Step == step.Target;
        switch (step.Kind)
        {
            case StepKind.Leave:
                _step = step.Target;
                break;
            case StepKind.Repeat:
                _step = isOpen && ((Foreach)step.Action!).MoveNext(_memory) ? step.Target + 1 : _step + 1;
                break;
            case StepKind.Close:
                // Whoever jumped into the middle of it has nothing to close.
                if (isOpen) closed.Add(CloseLast());
                _step++;
                break;
        }
    }

    // A jump leaves the groups and loops which its aim is not in.
    private void Leave(int aim, List<RunEvent> closed)
    {
        while (_memory.Frames.Count > 0 && !IsWithin(aim, _memory.Frames[^1].Step)) closed.Add(CloseLast());
    }

    private bool IsWithin(int step, int scope) => step > scope && step <= _definition.Program.Steps[scope].Target;

    private ItemCompleted CloseLast()
    {
        var frame = _memory.Frames[^1];
        if (_definition.Program.Steps[frame.Step].Action is Foreach loop) loop.Leave(_memory);
        _memory.Frames.RemoveAt(_memory.Frames.Count - 1);
        var (_, item) = _open[^1];
        _open.RemoveAt(_open.Count - 1);
        _memory.Previous = _definition.Program.Steps[frame.Step].Id;
        return new ItemCompleted(item);
    }

    private List<RunEvent> CloseAll(ItemStatus status)
    {
        var closed = Enumerable.Reverse(_open).Select(RunEvent (open) => new ItemCompleted(open.Item, status)).ToList();
        _open.Clear();
        return closed;
    }

    // An action numbers its items from 0; here they follow the action's own, and belong to it unless it says otherwise.
    private RunEvent Place(RunEvent happened, int own)
    {
        var placed = ItemOrdinals.Shift(happened, own + 1);
        if (placed is not ItemStarted started) return placed;
        _items = Math.Max(_items, started.Item + 1);
        return started with { Within = started.Within ?? own };
    }

    // What must outlive the process; an error if it is more than a log should hold, or if nobody will find it.
    private RunError? Keep(WorkflowStep step, bool hasSaid, out RawJson place)
    {
        place = default;
        if (!_request.Run.Stored) return Error(step, "it waits for an answer, and what is not stored (store: false) cannot be answered", "not_stored") with { Param = "store" };
        place = WorkflowState.Write(_definition, _memory, _step, _turn.Remembered, hasSaid);
        return place.Text.Length <= WorkflowState.Most ? null : Error(step, $"what the workflow remembers has {place.Text.Length} characters, and at most {WorkflowState.Most} are kept", "workflow_state");
    }

    private List<RunEvent> Fail(RunError error)
    {
        // The action that failed is the last that was opened; what is around it fails with it.
        var last = CloseAll(ItemStatus.Failed);
        last.Add(new RunFailed(error, _turn.Usage));
        return last;
    }

    private RunError? Overrun(WorkflowStep step, bool isLate)
    {
        if (++_count > _services.MostSteps) return Error(step, $"the workflow has executed {_services.MostSteps} actions without an end or a question (workflows.steps)", "workflow_steps");
        return isLate ? TooLong(step) : null;
    }

    private RunError TooLong(WorkflowStep step)
        => Error(step, $"the workflow has run for more than {_services.Longest.TotalSeconds:0} seconds without an end or a question (workflows.time)", "workflow_time");

    // What a workflow's author must know; what a peer's failure says about itself stays as private as it is.
    private static RunError? ErrorOf(Exception exception, WorkflowStep step) => exception switch
    {
        RunException known => known.Error,
        WorkflowException failed => Error(step, failed.Message, failed.Code),
        FxException formula => Error(step, formula.Message, "formula_failed"),
        _ => null,
    };

    private static RunError Error(WorkflowStep step, string message, string code)
        => new(ErrorSide.Agent, ErrorCause.Rejected, $"Action {step.Id} ({step.Name}, line {step.Line}): {message}", true, code);
}
