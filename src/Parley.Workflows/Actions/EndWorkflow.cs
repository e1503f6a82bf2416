using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Actions;

/// <summary><c>EndConversation</c>, <c>EndWorkflow</c> and their older names: the run is over. The next message begins anew.</summary>
internal sealed class EndWorkflow : IWorkflowAction
{
    public static IWorkflowAction Read(WorkflowNode _) => new EndWorkflow();

    public IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, CancellationToken cancellationToken) => turn.End();
}
