using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.PowerFx;

namespace Parley.Workflows.Actions;

/// <summary><c>ConditionGroup</c>: goes on with the actions of the first condition that is true, else with the others, if there are any.</summary>
internal sealed class ConditionGroup(IReadOnlyList<(WorkflowValue Condition, int Target)> branches, int otherwise) : IWorkflowAction
{
    public IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, CancellationToken cancellationToken)
    {
        foreach (var (condition, target) in branches)
        {
            switch (condition.Evaluate(turn.Scope))
            {
                case FxBoolean { Value: true }:
                    return turn.GoTo(target);
                case FxBoolean or FxBlank:
                    break;
                case var other:
                    throw new WorkflowException($"a condition must be true or false, and is a {other.TypeName}");
            }
        }

        return turn.GoTo(otherwise);
    }
}
