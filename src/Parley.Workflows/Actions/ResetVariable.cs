using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.PowerFx;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Actions;

/// <summary><c>ResetVariable</c>: makes a variable blank.</summary>
internal sealed class ResetVariable(VariablePath variable) : IWorkflowAction
{
    public static IWorkflowAction Read(WorkflowNode node) => new ResetVariable(node.RequiredVariable("variable"));

    public IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, CancellationToken cancellationToken)
    {
        turn.Memory.Set(variable, FxBlank.Value);
        return turn.Nothing;
    }
}
