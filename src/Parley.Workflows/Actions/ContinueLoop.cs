using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Actions;

/// <summary><c>ContinueLoop</c>: goes on with the next row of the nearest loop; outside of one it does nothing.</summary>
internal sealed class ContinueLoop : IWorkflowAction
{
    public static IWorkflowAction Read(WorkflowNode _) => new ContinueLoop();

    // The step before the end of a loop is its repetition.
    public IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, CancellationToken cancellationToken)
        => turn.Loop() is { } loop ? turn.GoTo(loop.Target - 1) : turn.Nothing;
}
