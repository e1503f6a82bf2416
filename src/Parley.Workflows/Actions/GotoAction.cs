using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Actions;

/// <summary><c>GotoAction</c>: goes on with another action, wherever it stands.</summary>
internal sealed class GotoAction(string target) : IWorkflowAction
{
    public string Target => target;

    public static IWorkflowAction Read(WorkflowNode node) => new GotoAction(node.Required("actionId"));

    public IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, CancellationToken cancellationToken) => turn.GoTo(turn.Program.Find(target));
}
