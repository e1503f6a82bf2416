using System.Runtime.CompilerServices;
using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Actions;

/// <summary><c>CopyConversationMessages</c>: adds messages that a formula gives to a conversation.</summary>
internal sealed class CopyConversationMessages(WorkflowValue conversation, WorkflowValue messages) : IWorkflowAction
{
    public static IWorkflowAction Read(WorkflowNode node) => new CopyConversationMessages(node.RequiredValue("conversationId"), node.RequiredValue("messages"));

    public async IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var name = ConversationItems.NameOf(turn, conversation);
        var items = MessageRecord.ToItems(messages.Evaluate(turn.Scope));
        var (said, _) = await ConversationItems.AddAsync(turn, name, items, cancellationToken).ConfigureAwait(false);
        foreach (var happened in said) yield return happened;
    }
}
