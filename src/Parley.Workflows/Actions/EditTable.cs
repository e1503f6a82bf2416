using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.PowerFx;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Actions;

/// <summary><c>EditTable</c> and <c>EditTableV2</c>: adds a row to a table, removes rows, or takes one from an end.</summary>
internal sealed class EditTable(VariablePath table, string change, WorkflowValue value, VariablePath? result) : IWorkflowAction
{
    public static IWorkflowAction Read(WorkflowNode node)
    {
        if (!node.Has("changeType")) node.Fail("changeType", "is missing");
        return new EditTable(
            node.RequiredVariable("itemsVariable"), node.Choice("changeType", "Add", "Remove", "Clear", "TakeFirst", "TakeLast"), node.Value("value") ?? WorkflowValue.Blank, node.Variable("resultVariable"));
    }

    public static IWorkflowAction ReadV2(WorkflowNode node)
    {
        var table = node.RequiredVariable("itemsVariable");
        if (node.Part("changeType") is not { } change)
        {
            if (!node.Has("changeType")) node.Fail("changeType", "is missing");
            return new EditTable(table, "Clear", WorkflowValue.Blank, null);
        }

        var kind = change.Choice("kind", "AddItemOperation", "RemoveItemOperation", "ClearItemsOperation", "TakeFirstItemOperation", "TakeLastItemOperation");
        var word = kind switch { "AddItemOperation" => "Add", "RemoveItemOperation" => "Remove", "ClearItemsOperation" => "Clear", "TakeFirstItemOperation" => "TakeFirst", _ => "TakeLast" };
        var value = word is "Add" or "Remove" ? change.RequiredValue("value") : WorkflowValue.Blank;
        var edit = new EditTable(table, word, value, change.Variable("resultVariable"));
        change.End();
        return edit;
    }

    public IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, CancellationToken cancellationToken)
    {
        var memory = turn.Memory;
        var rows = memory.Get(table) switch
        {
            FxTable known => known.Rows,
            FxBlank => default,
            var other => throw new WorkflowException($"{table} must be a table, and is a {other.TypeName}"),
        };
        FxValue taken = FxBlank.Value;
        switch (change)
        {
            case "Add":
                var added = value.Evaluate(turn.Scope);
                rows = [.. rows, .. added is FxTable more ? more.Rows : [FxRecord.Row(added)]];
                break;
            case "Remove":
                var one = value.Evaluate(turn.Scope);
                var removed = (one as FxTable ?? FxTable.Of([one])).Rows.ToHashSet();
                rows = rows.Where(row => !removed.Contains(row)).ToValueList();
                break;
            case "Clear":
                rows = default;
                break;
            case "TakeFirst" when rows.Count > 0:
                (taken, rows) = (rows[0].Unwrap() ?? rows[0], rows.Skip(1).ToValueList());
                break;
            case "TakeLast" when rows.Count > 0:
                (taken, rows) = (rows[^1].Unwrap() ?? rows[^1], rows.Take(rows.Count - 1).ToValueList());
                break;
        }

        memory.Set(table, new FxTable(rows));
        if (result is not null) memory.Set(result, taken);
        return turn.Nothing;
    }
}
