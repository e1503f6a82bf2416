namespace Parley.Workflows.PowerFx;

/// <summary>Conditions, blanks and errors.</summary>
internal static class FxLogicFunctions
{
    public static FxFunction[] All { get; } =
    [
        new("And", 1, FxFunction.Many, a => FxBoolean.Of(AllAre(a, true))),
        new("Or", 1, FxFunction.Many, a => FxBoolean.Of(!AllAre(a, false))),
        new("Not", 1, 1, a => FxBoolean.Of(!a.Boolean(0))),
        new("If", 2, FxFunction.Many, If),
        new("Switch", 3, FxFunction.Many, Switch),
        new("Blank", 0, 0, _ => FxBlank.Value),
        new("IsBlank", 1, 1, a => FxBoolean.Of(a.Value(0).IsBlank)),
        new("IsEmpty", 1, 1, a => FxBoolean.Of(a.Table(0).Rows.Count == 0)),
        new("Coalesce", 1, FxFunction.Many, Coalesce),
        new("Error", 1, 1, Error),
        new("IsError", 1, 1, a => FxBoolean.Of(Try(a, 0, out _) is not null)),
        new("IsBlankOrError", 1, 1, a => FxBoolean.Of(Try(a, 0, out var value) is not null || value.IsBlank)),
        new("IfError", 2, FxFunction.Many, IfError),
        new("With", 2, 2, With),
    ];

    private static FxValue Error(FxArguments a)
    {
        var error = a.Value(0);
        var message = FxCoercion.ToText(error is FxRecord record ? record["Message"] : error, a.At(0));
        throw a.Error(message.Length == 0 ? "an error without a message" : message);
    }

    private static bool AllAre(FxArguments a, bool wanted)
    {
        for (var i = 0; i < a.Count; i++)
        {
            if (a.Boolean(i) != wanted) return false;
        }
        return true;
    }

    private static FxValue If(FxArguments a)
    {
        var i = 0;
        for (; i + 1 < a.Count; i += 2)
        {
            if (a.Boolean(i)) return a.Value(i + 1);
        }
        return a.ValueOrBlank(i);
    }

    private static FxValue Switch(FxArguments a)
    {
        var value = a.Value(0);
        var i = 1;
        for (; i + 1 < a.Count; i += 2)
        {
            if (FxOperators.AreEqual(value, a.Value(i), a.At(i))) return a.Value(i + 1);
        }
        return a.ValueOrBlank(i);
    }

    private static FxValue Coalesce(FxArguments a)
    {
        for (var i = 0; i < a.Count; i++)
        {
            if (a.Value(i) is { IsBlank: false } value) return value;
        }
        return FxBlank.Value;
    }

    /// <summary>Pairs of a value and what replaces it when it fails, and perhaps a last value for when none does.</summary>
    private static FxValue IfError(FxArguments a)
    {
        FxValue value = FxBlank.Value;
        var i = 0;
        for (; i + 1 < a.Count; i += 2)
        {
            if (Try(a, i, out value) is not { } error) continue;
            return a.In(a.Named("FirstError"), FxRecord.Of(new FxField("Message", new FxText(error.Problem))), i + 1);
        }
        return i < a.Count ? a.Value(i) : value;
    }

    private static FxException? Try(FxArguments a, int index, out FxValue value)
    {
        value = FxBlank.Value;
        try
        {
            value = a.Value(index);
            return null;
        }
        catch (FxException error) when (!error.IsLimit)
        {
            // Catching costs far more than a step, so that a loop of failures must not pass for a cheap one.
            a.Spend(100);
            return error;
        }
    }

    private static FxValue With(FxArguments a) => a.Value(0) switch
    {
        FxRecord record => a.In(a.Frame(0, FxTable.Empty), record, 1),
        var other => throw a.ErrorAt(0, $"expected a record, not a {other.TypeName}"),
    };
}
