namespace Parley.Workflows.PowerFx;

/// <summary>The current row of a function that evaluates a formula for each row.</summary>
/// <param name="outer">The row around it.</param>
/// <param name="alias">The name given with <c>As</c>; then its columns are reached by it only.</param>
/// <param name="table">The rows, whose columns are all names in each of them.</param>
internal sealed class FxFrame(FxFrame? outer, string? alias, FxTable table)
{
    private HashSet<string>? _columns;

    public FxFrame? Outer => outer;

    public FxTable Table => table;

    public FxRecord Row { get; set; } = FxRecord.Empty;

    /// <summary>What the name means in this row, or null.</summary>
    public FxValue? Find(string name)
    {
        if (alias is not null) return name == alias ? Row : null;
        if (Row.Find(name) is { } value) return value;
        if (name == "ThisRecord") return Row;
        // A column that other rows have is blank here.
        _columns ??= table.Rows.SelectMany(row => row.Fields).Select(field => field.Name).ToHashSet();
        return _columns.Contains(name) ? FxBlank.Value : null;
    }
}
