using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.PowerFx;

namespace Parley.Workflows.Actions;

/// <summary>
/// <c>Foreach</c>: goes through the rows of a table, as it is when the loop begins. A row with the single column Value is that value; what is no table is the
/// only row. The index counts from 0. Value and index are blank again afterwards.
/// </summary>
internal sealed class Foreach(WorkflowValue items, VariablePath value, VariablePath? index) : IWorkflowAction
{
    public IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, CancellationToken cancellationToken)
    {
        var table = items.Evaluate(turn.Scope) switch
        {
            FxTable rows => rows,
            FxBlank => FxTable.Empty,
            var one => FxTable.Of([one]),
        };
        turn.Memory.Frames[^1] = new WorkflowFrame(turn.Step) { Items = table };
        if (table.Rows.Count == 0) return turn.GoTo(turn.Close);
        Assign(turn.Memory, table, 0);
        return turn.Nothing;
    }

    /// <summary>Goes on to the next row; false if there is none.</summary>
    public bool MoveNext(WorkflowMemory memory)
    {
        var frame = memory.Frames[^1];
        if (frame.Items is not { } table || frame.Index + 1 >= table.Rows.Count) return false;
        memory.Frames[^1] = frame with { Index = frame.Index + 1 };
        Assign(memory, table, frame.Index + 1);
        return true;
    }

    /// <summary>The loop is over.</summary>
    public void Leave(WorkflowMemory memory)
    {
        memory.Set(value, FxBlank.Value);
        if (index is not null) memory.Set(index, FxBlank.Value);
    }

    private void Assign(WorkflowMemory memory, FxTable table, int at)
    {
        memory.Set(value, table.Rows[at].Unwrap() ?? table.Rows[at]);
        if (index is not null) memory.Set(index, new FxNumber(at));
    }
}
