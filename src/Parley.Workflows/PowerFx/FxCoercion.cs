using System.Globalization;

namespace Parley.Workflows.PowerFx;

/// <summary>How a value of one type serves as another.</summary>
internal static class FxCoercion
{
    private const int LongestScalar = 100;
    private const int SpaceAfterSign = 2;
    private static readonly NumberFormatInfo Dollars = new() { CurrencySymbol = "$", NumberNegativePattern = SpaceAfterSign };

    /// <summary>Blank and empty text are 0, true is 1, a date is its days.</summary>
    public static decimal ToNumber(FxValue value, int position) => value switch
    {
        FxNumber number => number.Value,
        FxBlank => 0,
        FxBoolean boolean => boolean.Value ? 1 : 0,
        FxText { Value: "" } => 0,
        FxText text => ParseNumber(text.Value) ?? throw new FxException("the text is not a number", position),
        FxDateTime date => date.Days,
        FxRecord record when record.Unwrap() is { } inner => ToNumber(inner, position),
        _ => throw Wrong("a number", value, position),
    };

    /// <summary>Blank is empty, true is <c>true</c>. Records and tables are no text.</summary>
    public static string ToText(FxValue value, int position) => value switch
    {
        FxText text => text.Value,
        FxBlank => "",
        FxBoolean boolean => boolean.Value ? "true" : "false",
        FxNumber number => FxFormat.Number(number.Value),
        FxDateTime date => FxFormat.Short(date),
        FxRecord record when record.Unwrap() is { } inner => ToText(inner, position),
        _ => throw Wrong("text (JSON makes one)", value, position),
    };

    /// <summary>Blank and 0 are false, other numbers true; text is <c>true</c> or <c>false</c>.</summary>
    public static bool ToBoolean(FxValue value, int position) => value switch
    {
        FxBoolean boolean => boolean.Value,
        FxBlank => false,
        FxNumber number => number.Value != 0,
        FxText { Value: "" } => false,
        FxText text when bool.TryParse(text.Value, out var boolean) => boolean,
        FxText => throw new FxException("the text is neither 'true' nor 'false'", position),
        FxRecord record when record.Unwrap() is { } inner => ToBoolean(inner, position),
        _ => throw Wrong("a boolean", value, position),
    };

    /// <summary>Text is read as a date, a number is days since <see cref="FxDateTime.Epoch"/>.</summary>
    public static FxDateTime ToDateTime(FxValue value, int position) => value switch
    {
        FxDateTime date => date,
        FxText text => new FxDateTime(ParseDate(text.Value) ?? throw new FxException("the text is not a date", position)),
        FxNumber or FxBlank => FxDateTime.FromDays(ToNumber(value, position), FxDateKind.DateTime),
        FxRecord record when record.Unwrap() is { } inner => ToDateTime(inner, position),
        _ => throw Wrong("a date", value, position),
    };

    /// <summary>Reads a number as people of the United States write it, also <c>$1,234.50</c>, <c>(5)</c> and <c>12%</c>.</summary>
    public static decimal? ParseNumber(string text)
    {
        if (text.Length > LongestScalar) return null;
        var digits = text.Trim();
        var isPercent = digits.Contains('%');
        if (isPercent)
        {
            if (digits[0] == '%') digits = digits[1..];
            else if (digits[^1] == '%') digits = digits[..^1];
            else if (digits[0] is '-' or '+' && digits[1..].TrimStart() is ['%', .. var rest]) digits = digits[0] + rest.TrimStart();
            digits = digits.Trim();
            if (digits.Contains('$')) return null;
        }
        if (!decimal.TryParse(digits, NumberStyles.Currency | NumberStyles.AllowExponent, Dollars, out var number)) return null;
        return isPercent ? number / 100 : number;
    }

    /// <summary>Reads a date, a time or both, as ISO 8601 or month first; without a zone it is UTC.</summary>
    public static DateTime? ParseDate(string text) =>
        text.Length <= LongestScalar && DateTime.TryParse(
            text,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal
                | DateTimeStyles.NoCurrentDateDefault | DateTimeStyles.AllowWhiteSpaces,
            out var date)
            ? date
            : null;

    public static decimal Power(decimal number, decimal exponent, int position)
    {
        if (exponent == decimal.Truncate(exponent) && Math.Abs(exponent) <= 128)
        {
            if (number == 0 && exponent < 0) throw new FxException("division by zero", position);
            var power = 1m;
            for (var i = 0; i < Math.Abs(exponent); i++) power *= number;
            if (exponent >= 0) return power;

            // What is too small to be told from 0 has an inverse that is too large.
            return power == 0 ? throw new OverflowException() : 1 / power;
        }
        return FromDouble(Math.Pow((double)number, (double)exponent), position);
    }

    public static decimal FromDouble(double number, int position)
    {
        if (double.IsNaN(number)) throw new FxException("the result is not a real number", position);
        if (Math.Abs(number) > (double)decimal.MaxValue) throw new OverflowException();
        // By its text, because the conversion keeps 15 digits only.
        return decimal.Parse(number.ToString("R", CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture);
    }

    private static FxException Wrong(string expected, FxValue value, int position) =>
        new($"expected {expected}, not a {value.TypeName}", position);
}
