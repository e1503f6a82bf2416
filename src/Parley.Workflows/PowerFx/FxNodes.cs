namespace Parley.Workflows.PowerFx;

/// <summary>A part of a compiled formula.</summary>
/// <param name="position">Where it starts in the text.</param>
/// <param name="height">Nodes below it, on the longest way down.</param>
internal abstract class FxNode(int position, int height)
{
    /// <summary>Evaluation is recursive: this bounds its stack.</summary>
    public const int MaxHeight = 256;

    public int Position => position;

    public int Height => height;

    public FxValue Evaluate(FxEvaluation evaluation)
    {
        evaluation.Spend(1, position);
        return Compute(evaluation);
    }

    protected abstract FxValue Compute(FxEvaluation evaluation);

    protected static int Above(params ReadOnlySpan<FxNode> nodes)
    {
        var height = 0;
        foreach (var node in nodes) height = Math.Max(height, node.Height);
        return height + 1;
    }
}

internal sealed class FxLiteral(FxValue value, int position) : FxNode(position, 1)
{
    public FxValue Value => value;

    protected override FxValue Compute(FxEvaluation evaluation) => value;
}

/// <summary>A name alone: a scope, a column of a row around.</summary>
internal sealed class FxName(string name, int position) : FxNode(position, 1)
{
    public string Name => name;

    protected override FxValue Compute(FxEvaluation evaluation) => evaluation.Resolve(name, Position);
}

internal sealed class FxMember(FxNode target, string name, int position) : FxNode(position, Above(target))
{
    protected override FxValue Compute(FxEvaluation evaluation) => target.Evaluate(evaluation) switch
    {
        FxRecord record when record.Find(name) is null && target is FxName of && of.Name == evaluation.Scope.Closed && ReferenceEquals(evaluation.Find(of.Name), evaluation.Scope.Root(of.Name))
            => throw new FxException($"there is no {of.Name}.{name}; there are {string.Join(", ", record.Fields.Select(field => field.Name))}", Position),
        FxRecord record => record[name],
        FxBlank blank => blank,
        FxTable => throw new FxException($"a table has no member '{name}'; take a row with First, Last or Index", Position),
        var value => throw new FxException($"a {value.TypeName} has no member '{name}'", Position),
    };
}

/// <summary><c>'schema.topic.question'.choice</c>: Copilot Studio's name of a choice in the closed list of a question, whose answer is the choice's id.</summary>
internal sealed class FxChoice(FxName list, string choice, int position) : FxNode(position, Above(list))
{
    private readonly FxMember _member = new(list, choice, position);

    protected override FxValue Compute(FxEvaluation evaluation) => evaluation.Find(list.Name) is null ? new FxText(choice) : _member.Evaluate(evaluation);
}

/// <summary>Texts joined by <c>&amp;</c> or in <c>$"…"</c>.</summary>
internal sealed class FxJoin(FxNode[] parts, int position) : FxNode(position, Above(parts))
{
    protected override FxValue Compute(FxEvaluation evaluation)
    {
        var texts = new string[parts.Length];
        var length = 0L;
        for (var i = 0; i < parts.Length; i++)
        {
            texts[i] = FxCoercion.ToText(parts[i].Evaluate(evaluation), parts[i].Position);
            length += texts[i].Length;
        }
        FxEvaluation.AllowText(length, Position);
        evaluation.Spend(length / 64, Position);
        return new FxText(string.Concat(texts));
    }
}

internal sealed class FxUnary(FxOperator kind, FxNode operand, int position) : FxNode(position, Above(operand))
{
    protected override FxValue Compute(FxEvaluation evaluation)
    {
        var value = operand.Evaluate(evaluation);
        return kind switch
        {
            FxOperator.Not => FxBoolean.Of(!FxCoercion.ToBoolean(value, operand.Position)),
            FxOperator.Percent => new FxNumber(FxCoercion.ToNumber(value, operand.Position) / 100),
            _ => new FxNumber(-FxCoercion.ToNumber(value, operand.Position)),
        };
    }
}

internal sealed class FxBinary(FxOperator kind, FxNode left, FxNode right, int position) : FxNode(position, Above(left, right))
{
    protected override FxValue Compute(FxEvaluation evaluation)
    {
        var first = left.Evaluate(evaluation);
        if (kind is FxOperator.And or FxOperator.Or)
        {
            var decided = FxCoercion.ToBoolean(first, left.Position);
            return FxBoolean.Of(decided == (kind == FxOperator.Or)
                ? decided
                : FxCoercion.ToBoolean(right.Evaluate(evaluation), right.Position));
        }
        return FxOperators.Apply(kind, first, right.Evaluate(evaluation), Position, evaluation);
    }
}

internal sealed class FxRecordNode((string Name, FxNode Value)[] fields, int position)
    : FxNode(position, Above([.. fields.Select(field => field.Value)]))
{
    protected override FxValue Compute(FxEvaluation evaluation)
    {
        var values = new FxField[fields.Length];
        for (var i = 0; i < fields.Length; i++) values[i] = new FxField(fields[i].Name, fields[i].Value.Evaluate(evaluation));
        return FxRecord.Of(values);
    }
}

/// <summary>A table literal. A record in it is a row, anything else a row with one column.</summary>
internal sealed class FxTableNode(FxNode[] items, int position) : FxNode(position, Above(items))
{
    protected override FxValue Compute(FxEvaluation evaluation) => FxTable.Of(items.Select(item => item.Evaluate(evaluation)));
}

/// <summary>An argument whose rows have a name, as in <c>Filter(Local.Orders As order, order.Total &gt; 10)</c>.</summary>
internal sealed class FxAs(FxNode target, string alias, int position) : FxNode(position, Above(target))
{
    public string Alias => alias;

    protected override FxValue Compute(FxEvaluation evaluation) => target.Evaluate(evaluation);
}

internal sealed class FxCall(FxFunction function, FxNode[] arguments, int position) : FxNode(position, Above(arguments))
{
    protected override FxValue Compute(FxEvaluation evaluation)
    {
        try
        {
            return function.Body(new FxArguments(arguments, evaluation, Position));
        }
        catch (FxException exception) when (exception.Position == FxException.Nowhere)
        {
            throw new FxException(exception.Problem, Position, exception.IsLimit);
        }
        catch (OverflowException)
        {
            throw new FxException($"a number in {function.Name} is too large", Position);
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new FxException($"a date in {function.Name} is outside of the years 1 to 9999", Position);
        }
    }
}
