using Parley.Agents;
using Parley.Runs;
using Parley.Workflows.Engine;

namespace Parley.Workflows;

/// <summary>
/// An agent that executes a workflow. What was said before does not begin it anew where a question waits: then the message is the answer, and the run goes on
/// in the text that it began with, whatever has become of its file.
/// </summary>
/// <param name="definition">The workflow.</param>
/// <param name="services">What its actions need.</param>
public sealed class WorkflowAgent(WorkflowDefinition definition, WorkflowServices services) : IAgent
{
    /// <summary>The workflow.</summary>
    public WorkflowDefinition Definition => definition;

    /// <inheritdoc/>
    public IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, CancellationToken cancellationToken)
    {
        var execution = request.Continues?.End is RunSuspended { State: { } state }
            ? WorkflowExecution.Resume(definition, services, request, state, cancellationToken)
            : WorkflowExecution.Begin(definition, services, request, cancellationToken);
        return execution.RunAsync(cancellationToken);
    }
}
