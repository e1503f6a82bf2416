using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Actions;

/// <summary><c>BreakLoop</c>: leaves the nearest loop; outside of one it does nothing.</summary>
internal sealed class BreakLoop : IWorkflowAction
{
    public static IWorkflowAction Read(WorkflowNode _) => new BreakLoop();

    public IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, CancellationToken cancellationToken)
        => turn.Loop() is { } loop ? turn.GoTo(loop.Target) : turn.Nothing;
}
