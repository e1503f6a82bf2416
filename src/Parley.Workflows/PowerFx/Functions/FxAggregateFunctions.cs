namespace Parley.Workflows.PowerFx;

/// <summary>One value from many: from a formula over the rows of a table, or from the arguments. Blanks do not count.</summary>
internal static class FxAggregateFunctions
{
    public static FxFunction[] All { get; } =
    [
        new("CountRows", 1, 1, a => new FxNumber(a.Table(0).Rows.Count)),
        new("Count", 1, 1, a => Counted(a, value => value is FxNumber)),
        new("CountA", 1, 1, a => Counted(a, value => value is not FxBlank)),
        new("CountIf", 2, FxFunction.Many, CountIf),
        new("Sum", 1, FxFunction.Many, a => Fold(a, (sum, _) => sum)),
        new("Average", 1, FxFunction.Many, Average),
        new("Min", 1, FxFunction.Many, a => Extreme(a, -1)),
        new("Max", 1, FxFunction.Many, a => Extreme(a, 1)),
    ];

    private static FxNumber Counted(FxArguments a, Func<FxValue, bool> counts) =>
        new(a.Table(0).Rows.Count(row => row.Fields.Count > 0 && counts(row.Fields[0].Value)));

    private static FxNumber CountIf(FxArguments a)
    {
        var frame = a.Open(0);
        var count = 0;
        foreach (var row in frame.Table.Rows)
        {
            var holds = true;
            for (var i = 1; holds && i < a.Count; i++) holds = a.Holds(frame, row, i);
            if (holds) count++;
        }
        return new FxNumber(count);
    }

    private static FxValue Average(FxArguments a) =>
        Fold(a, (sum, count) => sum / count) is FxNumber average ? average : throw a.Error("there is nothing to take the average of");

    private static FxValue Fold(FxArguments a, Func<decimal, int, decimal> finish)
    {
        var sum = 0m;
        var count = 0;
        foreach (var value in Values(a))
        {
            sum += FxCoercion.ToNumber(value, a.At(a.Count - 1));
            count++;
        }
        return count == 0 ? FxBlank.Value : new FxNumber(finish(sum, count));
    }

    private static FxValue Extreme(FxArguments a, int sign)
    {
        FxValue best = FxBlank.Value;
        var bestNumber = 0m;
        foreach (var value in Values(a))
        {
            var number = FxCoercion.ToNumber(value, a.At(a.Count - 1));
            if (best is not FxBlank && number.CompareTo(bestNumber) * sign <= 0) continue;
            best = value is FxDateTime ? value : new FxNumber(number);
            bestNumber = number;
        }
        return best;
    }

    private static List<FxValue> Values(FxArguments a)
    {
        var values = new List<FxValue>();
        if (a.Value(0) is var first && first is FxTable table)
        {
            if (a.Count > 2) throw a.Error("expected a table and a formula for its rows");
            var frame = a.Frame(0, table);
            foreach (var row in table.Rows) values.Add(a.Count == 1 ? row[FxRecord.ValueColumn] : a.In(frame, row, 1));
        }
        else
        {
            values.Add(first);
            for (var i = 1; i < a.Count; i++) values.Add(a.Value(i));
        }
        values.RemoveAll(value => value is FxBlank);
        return values;
    }
}
