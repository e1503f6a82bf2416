namespace Parley.Workflows.PowerFx;

internal enum FxOperator
{
    Or, And, In, ExactIn, Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual,
    Concatenate, Add, Subtract, Multiply, Divide, Power, Not, Percent,
}

/// <summary>What the operators do with two values.</summary>
internal static class FxOperators
{
    public static FxValue Apply(FxOperator kind, FxValue left, FxValue right, int position, FxEvaluation evaluation)
    {
        switch (kind)
        {
            case FxOperator.Equal or FxOperator.NotEqual:
                evaluation.Spend(Math.Min(left.Weight, right.Weight) / 64, position);
                return FxBoolean.Of(AreEqual(left, right, position) == (kind == FxOperator.Equal));
            case FxOperator.In or FxOperator.ExactIn:
                evaluation.Spend((left.Weight + right.Weight) / 64, position);
                return FxBoolean.Of(IsIn(left, right, kind == FxOperator.In, position));
            case FxOperator.Less:
                return FxBoolean.Of(Order(left, right, position) < 0);
            case FxOperator.LessOrEqual:
                return FxBoolean.Of(Order(left, right, position) <= 0);
            case FxOperator.Greater:
                return FxBoolean.Of(Order(left, right, position) > 0);
            case FxOperator.GreaterOrEqual:
                return FxBoolean.Of(Order(left, right, position) >= 0);
            default:
                return Calculate(kind, left, right, position);
        }
    }

    /// <summary>Equality of two values of one type. Blank equals nothing but blank, not even 0 or an empty text.</summary>
    public static bool AreEqual(FxValue left, FxValue right, int position) => (left, right) switch
    {
        (FxBlank, _) or (_, FxBlank) => left is FxBlank && right is FxBlank,
        (FxDateTime one, FxDateTime other) => one.Value == other.Value,
        (FxDateTime, FxNumber) or (FxNumber, FxDateTime) => Order(left, right, position) == 0,
        _ when left.GetType() == right.GetType() => left.Equals(right),
        _ => throw new FxException(
            $"a {left.TypeName} cannot be compared with a {right.TypeName}; convert one with Text, Value, Boolean or DateTimeValue", position),
    };

    /// <summary>Which of two numbers or dates comes first; blank is 0 here.</summary>
    private static int Order(FxValue left, FxValue right, int position) =>
        FxCoercion.ToNumber(left, position).CompareTo(FxCoercion.ToNumber(right, position));

    private static bool IsIn(FxValue item, FxValue container, bool ignoreCase, int position)
    {
        var comparison = ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        if (container is not FxTable table)
            return FxCoercion.ToText(container, position).Contains(FxCoercion.ToText(item, position), comparison);
        foreach (var row in table.Rows)
        {
            var value = item is not FxRecord && row.Fields.Count == 1 ? row.Fields[0].Value : row;
            if (value is FxText one && item is FxText other ? one.Value.Equals(other.Value, comparison) : value.Equals(item)) return true;
        }
        return false;
    }

    private static FxValue Calculate(FxOperator kind, FxValue left, FxValue right, int position)
    {
        try
        {
            if (kind is FxOperator.Add or FxOperator.Subtract && (left is FxDateTime || right is FxDateTime))
                return AddDates(kind, left, right, position);
            var first = FxCoercion.ToNumber(left, position);
            var second = FxCoercion.ToNumber(right, position);
            return new FxNumber(kind switch
            {
                FxOperator.Add => first + second,
                FxOperator.Subtract => first - second,
                FxOperator.Multiply => first * second,
                FxOperator.Divide when second == 0 => throw new FxException("division by zero", position),
                FxOperator.Divide => first / second,
                _ => FxCoercion.Power(first, second, position),
            });
        }
        catch (OverflowException)
        {
            throw new FxException("the result is too large", position);
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new FxException("the date is outside of the years 1 to 9999", position);
        }
    }

    /// <summary>Numbers are days here. The difference of two dates is a number.</summary>
    private static FxValue AddDates(FxOperator kind, FxValue left, FxValue right, int position)
    {
        var first = FxCoercion.ToNumber(left, position);
        var second = FxCoercion.ToNumber(right, position);
        if (kind == FxOperator.Subtract) second = -second;
        var sum = first + second;
        if (kind == FxOperator.Subtract && right is FxDateTime) return new FxNumber(sum);
        var isWhole = sum == decimal.Truncate(sum);
        return (left, right) switch
        {
            (FxDateTime { Kind: FxDateKind.Date }, not FxDateTime) or (not FxDateTime, FxDateTime { Kind: FxDateKind.Date }) when isWhole =>
                FxDateTime.FromDays(sum, FxDateKind.Date),
            (FxDateTime { Kind: FxDateKind.Time }, not FxDateTime { Kind: not FxDateKind.Time })
                or (not FxDateTime, FxDateTime { Kind: FxDateKind.Time }) => FxDateTime.FromDays(sum, FxDateKind.Time),
            _ => FxDateTime.FromDays(sum, FxDateKind.DateTime),
        };
    }
}
