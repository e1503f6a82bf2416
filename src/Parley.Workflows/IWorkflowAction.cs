using Parley.Runs;
using Parley.Workflows.Engine;

namespace Parley.Workflows;

/// <summary>What an action of a workflow does. Immutable: what it must remember while it waits is in the turn.</summary>
internal interface IWorkflowAction
{
    /// <summary>
    /// It acts on the outside: that it is about to is durable before it runs, and how it ended before the next step begins, so that it is done at most once.
    /// </summary>
    bool ActsOutside => false;

    /// <summary>
    /// Does it. The events are the items that it makes, numbered from 0 by itself; where the run goes on, it tells the turn.
    /// </summary>
    /// <exception cref="WorkflowException">It failed.</exception>
    IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, CancellationToken cancellationToken);
}
