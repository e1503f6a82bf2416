using System.Runtime.CompilerServices;
using Parley.Conversations;
using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.Outside;
using Parley.Workflows.PowerFx;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Actions;

/// <summary><c>InvokeFunctionTool</c>: has the client call a function, after leave was given if that is asked for, and goes on with its output.</summary>
internal sealed class InvokeFunctionTool(
    WorkflowValue function, IReadOnlyList<KeyValuePair<string, WorkflowValue>> arguments, WorkflowValue? needsApproval, ToolOutput output) : IWorkflowAction
{
    public static IWorkflowAction Read(WorkflowNode node)
        => new InvokeFunctionTool(node.RequiredValue("functionName"), node.Values("arguments"), node.Value("requireApproval"), ToolOutput.Read(node));

    public async IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var happened in turn.Answer is null || ToolApproval.Of(turn) is not { } call ? Begin(turn) : await GoOnAsync(turn, call, cancellationToken).ConfigureAwait(false)) yield return happened;
    }

    private IEnumerable<RunEvent> Begin(WorkflowTurn turn)
    {
        var name = function.Evaluate(turn.Scope).ToString();
        if (name.Length == 0) throw new WorkflowException("functionName is blank", "tool_name");
        var call = new ToolApproval(name, ToolApproval.ArgumentsOf(turn, arguments));
        return needsApproval?.Evaluate(turn.Scope) is FxBoolean { Value: true } ? call.Ask(turn, server: null) : call.Call(turn);
    }

    private async ValueTask<IEnumerable<RunEvent>> GoOnAsync(WorkflowTurn turn, ToolApproval call, CancellationToken cancellationToken)
    {
        if (call.IsApproved)
        {
            var text = turn.Answer!.LastOrDefault(message => message.Head is ToolResultItem) is { } result ? Contents.TextOf(result.Content) : "";
            return await output.TakeAsync(turn, OutsideValue.Of(text), text, cancellationToken).ConfigureAwait(false);
        }

        if (ToolApproval.IsGranted(turn) is not { } granted) return call.Ask(turn, server: null);
        if (granted) return call.Call(turn);
        output.Refuse(turn, "Function invocation was not approved by user.");
        return [];
    }
}
