using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.PowerFx;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Actions;

/// <summary><c>ClearAllVariables</c>: forgets all variables of a scope.</summary>
internal sealed class ClearAllVariables(string variables) : IWorkflowAction
{
    public static IWorkflowAction Read(WorkflowNode node)
    {
        if (!node.Has("variables")) node.Fail("variables", "is missing");
        return new ClearAllVariables(node.Choice("variables", "ConversationScopedVariables", "AllGlobalVariables", "UserScopedVariables", "ConversationHistory"));
    }

    public IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, CancellationToken cancellationToken)
    {
        // There are no variables of a user, and the history is not a variable: as on the platform both change nothing.
        if (variables == "ConversationScopedVariables") turn.Memory.Local = FxRecord.Empty;
        else if (variables == "AllGlobalVariables") turn.Memory.Global = FxRecord.Empty;
        return turn.Nothing;
    }
}
