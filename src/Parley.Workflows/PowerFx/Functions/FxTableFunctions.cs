namespace Parley.Workflows.PowerFx;

/// <summary>Rows of a table: which, where, and one by one.</summary>
internal static class FxTableFunctions
{
    public static FxFunction[] All { get; } =
    [
        new("Table", 0, FxFunction.Many, Table),
        new("Sequence", 1, 3, Sequence),
        new("First", 1, 1, a => At(a.Table(0), 0)),
        new("Last", 1, 1, a => a.Table(0) is var table ? At(table, table.Rows.Count - 1) : FxBlank.Value),
        new("FirstN", 1, 2, a => a.NewTable(a.Table(0).Rows.Take(a.Integer(1, 1)).ToList())),
        new("LastN", 1, 2, a => a.NewTable(a.Table(0).Rows.TakeLast(a.Integer(1, 1)).ToList())),
        new("Index", 2, 2, Index),
        new("Filter", 2, FxFunction.Many, Filter),
        new("LookUp", 2, 3, LookUp),
        new("ForAll", 2, 2, ForAll),
        new("Search", 3, FxFunction.Many, Search),
        new("Sort", 2, 3, Sort),
        new("SortByColumns", 2, 3, SortByColumns),
        new("Distinct", 2, 2, Distinct),
    ];

    private static FxValue At(FxTable table, int index) => index >= 0 && index < table.Rows.Count ? table.Rows[index] : FxBlank.Value;

    /// <summary>Records are rows, the rows of tables too; blanks are left out.</summary>
    private static FxTable Table(FxArguments a)
    {
        var rows = new List<FxRecord>();
        for (var i = 0; i < a.Count; i++)
        {
            var value = a.Value(i);
            a.AllowRows(rows.Count + ((value as FxTable)?.Rows.Count ?? 1));
            if (value is FxTable table) rows.AddRange(table.Rows);
            else if (value is FxRecord record) rows.Add(record);
            else if (value is not FxBlank)
                throw a.ErrorAt(i, $"expected a record, not a {value.TypeName}; a list of values is written in [ ]");
        }
        return a.NewTable(rows);
    }

    private static FxTable Sequence(FxArguments a)
    {
        var count = Math.Max(0, a.Integer(0));
        a.AllowRows(count);
        a.Spend(count / 16);
        var start = a.Number(1, 1);
        var step = a.Number(2, 1);
        return FxTable.Of(Enumerable.Range(0, count).Select(i => new FxNumber(start + i * step)));
    }

    private static FxRecord Index(FxArguments a)
    {
        var rows = a.Table(0).Rows;
        var index = a.Integer(1);
        if (index < 1 || index > rows.Count) throw a.ErrorAt(1, $"there is no row {index}; the table has {rows.Count}");
        return rows[index - 1];
    }

    private static FxTable Filter(FxArguments a)
    {
        var frame = a.Open(0);
        var rows = new List<FxRecord>();
        foreach (var row in frame.Table.Rows)
        {
            var holds = true;
            for (var i = 1; holds && i < a.Count; i++) holds = a.Holds(frame, row, i);
            if (holds) rows.Add(row);
        }
        return a.NewTable(rows);
    }

    private static FxValue LookUp(FxArguments a)
    {
        var frame = a.Open(0);
        foreach (var row in frame.Table.Rows)
        {
            if (a.Holds(frame, row, 1)) return a.Count > 2 ? a.In(frame, row, 2) : row;
        }
        return FxBlank.Value;
    }

    private static FxTable ForAll(FxArguments a)
    {
        var frame = a.Open(0);
        var values = new List<FxValue>();
        foreach (var row in frame.Table.Rows) values.Add(a.In(frame, row, 1));
        return a.NewTable(values);
    }

    /// <summary>The rows with the text in one of the columns, in any case.</summary>
    private static FxTable Search(FxArguments a)
    {
        var table = a.Table(0);
        var wanted = a.Text(1);
        var columns = FxShapeFunctions.Columns(a, 2);
        a.Spend(columns.Count * (1 + table.Weight / 64));
        var found = table.Rows.Where(row => columns.Any(column => Holds(row[column]))).ToList();
        return a.NewTable(found);

        bool Holds(FxValue value) =>
            value is not (FxTable or FxRecord) && FxCoercion.ToText(value, a.At(0)).Contains(wanted, StringComparison.OrdinalIgnoreCase);
    }

    private static FxTable Sort(FxArguments a)
    {
        var frame = a.Open(0);
        return Sorted(a, frame.Table.Rows.Select(row => (a.In(frame, row, 1), row)).ToList());
    }

    private static FxTable SortByColumns(FxArguments a)
    {
        var table = a.Table(0);
        var column = a.Word(1);
        return Sorted(a, table.Rows.Select(row => (row[column], row)).ToList());
    }

    /// <summary>Rows by their keys, which are of one type; equal ones stay in order, blanks come last.</summary>
    private static FxTable Sorted(FxArguments a, List<(FxValue Key, FxRecord Row)> rows)
    {
        var order = a.Word(2, "Ascending").ToLowerInvariant();
        if (order is not ("ascending" or "descending"))
            throw a.ErrorAt(2, "the order is SortOrder.Ascending or SortOrder.Descending");
        a.Spend(rows.Sum(row => 1 + row.Key.Weight / 16));
        var filled = rows.Where(row => row.Key is not FxBlank).ToList();
        var keys = filled.Select(row => row.Key switch
        {
            FxText text => text.Value,
            FxNumber or FxBoolean or FxDateTime => (IComparable)FxCoercion.ToNumber(row.Key, a.At(1)),
            var other => throw a.ErrorAt(1, $"a {other.TypeName} has no order"),
        }).ToList();
        if (keys.Select(key => key.GetType()).Distinct().Count() > 1) throw a.ErrorAt(1, "the values to sort by are of several types");
        var comparer = Comparer<IComparable>.Create((one, other) =>
            one is string text ? string.Compare(text, (string)other, StringComparison.OrdinalIgnoreCase) : one.CompareTo(other));
        var pairs = keys.Zip(filled, (key, row) => (Key: key, row.Row));
        var sorted = order == "ascending" ? pairs.OrderBy(pair => pair.Key, comparer) : pairs.OrderByDescending(pair => pair.Key, comparer);
        return a.NewTable([.. sorted.Select(pair => pair.Row), .. rows.Where(row => row.Key is FxBlank).Select(row => row.Row)]);
    }

    private static FxTable Distinct(FxArguments a)
    {
        var frame = a.Open(0);
        var values = new OrderedDictionary<FxValue, bool>();
        foreach (var row in frame.Table.Rows)
        {
            var value = a.In(frame, row, 1);
            a.Spend(value.Weight / 64);
            values[value] = true;
        }
        return a.NewTable(values.Keys.ToList());
    }
}
