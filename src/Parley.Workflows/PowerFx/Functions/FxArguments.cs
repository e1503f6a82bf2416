namespace Parley.Workflows.PowerFx;

/// <summary>The arguments of one call; each is evaluated when it is asked for.</summary>
internal readonly struct FxArguments(FxNode[] nodes, FxEvaluation evaluation, int position)
{
    public int Count => nodes.Length;

    public FxEvaluation Evaluation => evaluation;

    public FxValue Value(int index) => nodes[index].Evaluate(evaluation);

    /// <summary>An argument, or blank if it was left out.</summary>
    public FxValue ValueOrBlank(int index) => index < Count ? Value(index) : FxBlank.Value;

    public decimal Number(int index) => FxCoercion.ToNumber(Value(index), At(index));

    public decimal Number(int index, decimal ifMissing) => index < Count ? Number(index) : ifMissing;

    /// <summary>A number without its fraction.</summary>
    public int Integer(int index) => (int)decimal.Truncate(Number(index));

    public int Integer(int index, int ifMissing) => index < Count ? Integer(index) : ifMissing;

    public string Text(int index)
    {
        var text = FxCoercion.ToText(Value(index), At(index));
        Spend(text.Length / 64);
        return text;
    }

    public string Text(int index, string ifMissing) => index < Count ? Text(index) : ifMissing;

    public bool Boolean(int index) => FxCoercion.ToBoolean(Value(index), At(index));

    public FxDateTime DateTime(int index) => FxCoercion.ToDateTime(Value(index), At(index));

    /// <summary>A table; blank is an empty one.</summary>
    public FxTable Table(int index)
    {
        var value = Value(index);
        if (value is FxBlank) return FxTable.Empty;
        if (value is not FxTable table) throw ErrorAt(index, $"expected a table, not a {value.TypeName}");
        Spend(table.Rows.Count / 64);
        return table;
    }

    /// <summary>A name that stands for itself, such as that of a column, or text.</summary>
    public string Word(int index) => nodes[index] is FxName name ? name.Name : Text(index);

    public string Word(int index, string ifMissing) => index < Count ? Word(index) : ifMissing;

    /// <summary>Starts to go through the rows of a table; other arguments are then evaluated <see cref="In"/> a row.</summary>
    public FxFrame Open(int index) => Frame(index, Table(index));

    /// <summary>The same for a table that was evaluated already.</summary>
    public FxFrame Frame(int index, FxTable table)
    {
        // The columns of all rows may have to be gathered.
        Spend(table.Rows.Count / 64);
        return new FxFrame(evaluation.Frame, (nodes[index] as FxAs)?.Alias, table);
    }

    /// <summary>A frame for one record that is known by this name.</summary>
    public FxFrame Named(string alias) => new(evaluation.Frame, alias, FxTable.Empty);

    /// <summary>Evaluates an argument with the columns of a row as names.</summary>
    public FxValue In(FxFrame frame, FxRecord row, int index)
    {
        var outer = evaluation.Frame;
        frame.Row = row;
        evaluation.Frame = frame;
        try
        {
            return Value(index);
        }
        finally
        {
            evaluation.Frame = outer;
        }
    }

    public bool Holds(FxFrame frame, FxRecord row, int index) => FxCoercion.ToBoolean(In(frame, row, index), At(index));

    public FxText NewText(string text)
    {
        AllowText(text.Length);
        Spend(text.Length / 64);
        return new FxText(text);
    }

    public FxTable NewTable(IReadOnlyCollection<FxRecord> rows)
    {
        AllowRows(rows.Count);
        Spend(rows.Count / 16);
        return new FxTable(rows.ToValueList());
    }

    public FxTable NewTable(IReadOnlyCollection<FxValue> values)
    {
        AllowRows(values.Count);
        Spend(values.Count / 16);
        return FxTable.Of(values);
    }

    /// <summary>Refuses a text of this length before it is made.</summary>
    public void AllowText(long length) => FxEvaluation.AllowText(length, position);

    /// <summary>Refuses a table of this length before it is made.</summary>
    public void AllowRows(long count) => FxEvaluation.AllowRows(count, position);

    public void Spend(long steps) => evaluation.Spend(steps, position);

    public int At(int index) => nodes[index].Position;

    public FxException Error(string problem) => new(problem, position);

    public FxException ErrorAt(int index, string problem) => new(problem, At(index));
}
