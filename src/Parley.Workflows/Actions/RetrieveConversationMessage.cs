using System.Runtime.CompilerServices;
using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Actions;

/// <summary><c>RetrieveConversationMessage</c>: puts a message of a conversation into a variable.</summary>
internal sealed class RetrieveConversationMessage(WorkflowValue conversation, WorkflowValue message, VariablePath variable) : IWorkflowAction
{
    public static IWorkflowAction Read(WorkflowNode node)
        => new RetrieveConversationMessage(node.RequiredValue("conversationId"), node.RequiredValue("messageId"), node.RequiredVariable("message"));

    public async IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var name = ConversationItems.NameOf(turn, conversation);
        var found = await WorkflowConversations.FindAsync(turn, name, message.Evaluate(turn.Scope).ToString(), cancellationToken).ConfigureAwait(false);
        turn.Memory.Set(variable, MessageRecord.Of(found));
        yield break;
    }
}
