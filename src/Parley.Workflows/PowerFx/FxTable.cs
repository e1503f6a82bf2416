namespace Parley.Workflows.PowerFx;

/// <summary>Rows, which are records. A plain value is a row with the one column <see cref="FxRecord.ValueColumn"/>.</summary>
internal sealed record FxTable : FxValue
{
    private readonly int _depth;
    private readonly long _weight;

    /// <exception cref="FxException">The value would be too deep or too large.</exception>
    public FxTable(ValueList<FxRecord> rows)
    {
        if (rows.Count > FxScope.MaxRows) throw TooManyRows(FxException.Nowhere);
        Rows = rows;
        (_depth, _weight) = (0, 1);
        foreach (var row in rows)
        {
            _depth = Math.Max(_depth, row.Depth);
            _weight += row.Weight;
        }
        _depth = FxRecord.Measure(_depth, _weight);
    }

    public static FxTable Empty { get; } = new([]);

    public ValueList<FxRecord> Rows { get; }

    public override string TypeName => "Table";

    public override int Depth => _depth;

    public override long Weight => _weight;

    /// <summary>A list of plain values rather than of records; an empty table is one.</summary>
    public bool IsList
    {
        get
        {
            foreach (var row in Rows)
            {
                if (row.Unwrap() is null) return false;
            }
            return true;
        }
    }

    /// <summary>A table of these values, each a row. Among records, blank is a row without columns.</summary>
    public static FxTable Of(IEnumerable<FxValue> values)
    {
        var rows = values.ToList();
        var blank = rows.Exists(row => row is FxRecord) ? FxRecord.Empty : FxRecord.Row(FxBlank.Value);
        return new FxTable(rows.Select(row => row is FxBlank ? blank : FxRecord.Row(row)).ToValueList());
    }

    /// <summary>A table would have more rows than one may have.</summary>
    public static FxException TooManyRows(int position) => new($"a table may have {FxScope.MaxRows} rows", position, isLimit: true);

    public bool Equals(FxTable? other) => other is not null && other.Weight == Weight && other.Rows == Rows;

    public override int GetHashCode() => Rows.GetHashCode();
}
