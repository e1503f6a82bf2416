namespace Parley.Workflows.PowerFx;

/// <summary>Columns of a table, or of one record.</summary>
internal static class FxShapeFunctions
{
    public static FxFunction[] All { get; } =
    [
        new("AddColumns", 3, FxFunction.Many, AddColumns),
        new("DropColumns", 2, FxFunction.Many, a => Kept(a, keepNamed: false)),
        new("ShowColumns", 2, FxFunction.Many, a => Kept(a, keepNamed: true)),
        new("RenameColumns", 3, FxFunction.Many, RenameColumns),
    ];

    /// <summary>Arguments from an index on, which are names of columns.</summary>
    public static List<string> Columns(FxArguments a, int first)
    {
        var columns = new List<string>();
        for (var i = first; i < a.Count; i++) columns.Add(a.Word(i));
        return columns;
    }

    /// <summary>Pairs of a name and a formula, which sees the columns that were there before.</summary>
    private static FxValue AddColumns(FxArguments a)
    {
        RequirePairs(a);
        return Each(a, (frame, row) =>
        {
            var wider = row;
            for (var i = 1; i < a.Count; i += 2) wider = wider.With(a.Word(i), a.In(frame, row, i + 1));
            return wider;
        });
    }

    private static FxValue Kept(FxArguments a, bool keepNamed) =>
        Reshape(a, (fields, names) => fields.Where(field => names.Contains(field.Name) == keepNamed));

    private static FxValue RenameColumns(FxArguments a)
    {
        RequirePairs(a);
        return Reshape(a, (fields, names) => fields.Select(field =>
        {
            for (var i = 0; i < names.Count; i += 2)
            {
                if (field.Name == names[i]) return field with { Name = names[i + 1] };
            }
            return field;
        }).DistinctBy(field => field.Name));
    }

    private static void RequirePairs(FxArguments a)
    {
        if (a.Count % 2 == 0) throw a.Error("each column needs a name and what becomes of it");
    }

    private static FxValue Reshape(FxArguments a, Func<IEnumerable<FxField>, List<string>, IEnumerable<FxField>> reshape)
    {
        var names = Columns(a, 1);
        return Each(a, (_, row) =>
        {
            a.Spend(1 + names.Count * row.Fields.Count / 16);
            return new FxRecord(reshape(row.Fields, names).ToValueList());
        });
    }

    private static FxValue Each(FxArguments a, Func<FxFrame, FxRecord, FxRecord> change)
    {
        if (a.Value(0) is not FxRecord record)
        {
            var frame = a.Open(0);
            return a.NewTable(frame.Table.Rows.Select(row => change(frame, row)).ToList());
        }
        return change(a.Frame(0, FxTable.Empty), record);
    }
}
