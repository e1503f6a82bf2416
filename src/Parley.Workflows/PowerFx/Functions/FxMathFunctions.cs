namespace Parley.Workflows.PowerFx;

/// <summary>Functions of numbers.</summary>
internal static class FxMathFunctions
{
    public static FxFunction[] All { get; } =
    [
        new("Abs", 1, 1, a => new FxNumber(Math.Abs(a.Number(0)))),
        new("Int", 1, 1, a => new FxNumber(decimal.Floor(a.Number(0)))),
        new("Trunc", 1, 2, a => Rounded(a, decimal.Truncate)),
        new("Round", 1, 2, a => Rounded(a, number => decimal.Round(number, MidpointRounding.AwayFromZero))),
        new("RoundUp", 1, 2, a => Rounded(a, number => number < 0 ? decimal.Floor(number) : decimal.Ceiling(number))),
        new("RoundDown", 1, 2, a => Rounded(a, decimal.Truncate)),
        new("Mod", 2, 2, Mod),
        new("Power", 2, 2, a => new FxNumber(FxCoercion.Power(a.Number(0), a.Number(1), a.At(0)))),
        new("Sqrt", 1, 1, a => new FxNumber(FxCoercion.FromDouble(Math.Sqrt((double)a.Number(0)), a.At(0)))),
        new("Exp", 1, 1, a => new FxNumber(FxCoercion.FromDouble(Math.Exp((double)a.Number(0)), a.At(0)))),
        new("Ln", 1, 1, Ln),
        new("Pi", 0, 0, _ => new FxNumber(3.1415926535897932384626433833m)),
    ];

    /// <summary>Rounds to decimal places, or with a negative number of them to tens and hundreds.</summary>
    private static FxNumber Rounded(FxArguments a, Func<decimal, decimal> round)
    {
        var number = a.Number(0);
        var places = Math.Clamp(a.Integer(1, 0), -28, 28);
        if (places >= 0 && number.Scale <= places) return new FxNumber(number);
        var unit = 1m;
        for (var i = 0; i < Math.Abs(places); i++) unit *= 10;
        if (places < 0) return new FxNumber(round(number / unit) * unit);
        // The fraction alone, because a large number times the unit may be too large.
        var whole = decimal.Truncate(number);
        return new FxNumber(whole + round((number - whole) * unit) / unit);
    }

    /// <summary>The remainder, with the sign of the divisor.</summary>
    private static FxNumber Mod(FxArguments a)
    {
        var number = a.Number(0);
        var divisor = a.Number(1);
        if (divisor == 0) throw a.ErrorAt(1, "division by zero");
        var rest = number % divisor;
        return new FxNumber(rest != 0 && rest < 0 != divisor < 0 ? rest + divisor : rest);
    }

    private static FxNumber Ln(FxArguments a)
    {
        var number = a.Number(0);
        if (number <= 0) throw a.ErrorAt(0, "only numbers above 0 have a logarithm");
        return new FxNumber(FxCoercion.FromDouble(Math.Log((double)number), a.At(0)));
    }
}
