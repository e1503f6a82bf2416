using System.Runtime.CompilerServices;
using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.PowerFx;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Actions;

/// <summary><c>CreateConversation</c>: makes a conversation, and puts its id into a variable.</summary>
internal sealed class CreateConversation(VariablePath variable) : IWorkflowAction
{
    public static IWorkflowAction Read(WorkflowNode node) => new CreateConversation(node.RequiredVariable("conversationId"));

    public async IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        turn.Memory.Set(variable, new FxText(await WorkflowConversations.CreateAsync(turn, cancellationToken).ConfigureAwait(false)));
        yield break;
    }
}
