using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.PowerFx;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Actions;

/// <summary><c>SetTextVariable</c>: puts a text with formulas in it into a variable.</summary>
internal sealed class SetTextVariable(VariablePath variable, WorkflowTemplate value) : IWorkflowAction
{
    public static IWorkflowAction Read(WorkflowNode node) => new SetTextVariable(node.RequiredVariable("variable"), node.RequiredTemplate("value"));

    public IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, CancellationToken cancellationToken)
    {
        turn.Memory.Set(variable, new FxText(value.Render(turn.Scope)));
        return turn.Nothing;
    }
}
