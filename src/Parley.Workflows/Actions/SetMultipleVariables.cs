using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Actions;

/// <summary><c>SetMultipleVariables</c>: one assignment after the other, so that a later one sees what an earlier one did.</summary>
internal sealed class SetMultipleVariables(IReadOnlyList<(VariablePath Variable, WorkflowValue Value)> assignments) : IWorkflowAction
{
    public static IWorkflowAction Read(WorkflowNode node)
    {
        var assignments = new List<(VariablePath, WorkflowValue)>();
        if (!node.Has("assignments")) node.Fail("assignments", "is missing");
        foreach (var part in node.Parts("assignments"))
        {
            // One without a variable is an empty row of the portal's form.
            var value = part.Value("value") ?? WorkflowValue.Blank;
            if (part.Variable("variable") is { } variable) assignments.Add((variable, value));
            part.End();
        }

        return new SetMultipleVariables(assignments);
    }

    public IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, CancellationToken cancellationToken)
    {
        foreach (var (variable, value) in assignments) turn.Memory.Set(variable, value.Evaluate(turn.Scope));
        return turn.Nothing;
    }
}
