using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Actions;

/// <summary><c>SetVariable</c>: puts the value of a formula into a variable.</summary>
internal sealed class SetVariable(VariablePath variable, WorkflowValue value) : IWorkflowAction
{
    public static IWorkflowAction Read(WorkflowNode node) => new SetVariable(node.RequiredVariable("variable"), node.Has("value") ? node.RequiredValue("value") : WorkflowValue.Blank);

    public IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, CancellationToken cancellationToken)
    {
        turn.Memory.Set(variable, value.Evaluate(turn.Scope));
        return turn.Nothing;
    }
}
