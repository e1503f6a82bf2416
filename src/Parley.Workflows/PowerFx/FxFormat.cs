using System.Globalization;

namespace Parley.Workflows.PowerFx;

/// <summary>Values as text, the same on every machine.</summary>
internal static class FxFormat
{
    /// <summary>Without needless zeros and without an exponent.</summary>
    public static string Number(decimal number) => number.ToString("0.############################", CultureInfo.InvariantCulture);

    /// <summary>A date as a formula makes text of it: to the minute.</summary>
    public static string Short(FxDateTime date) => date.Kind switch
    {
        FxDateKind.Date => Date(date, "M/d/yyyy"),
        FxDateKind.Time => Date(date, "h:mm tt"),
        _ => Date(date, "M/d/yyyy h:mm tt"),
    };

    /// <summary>As a template shows a value: dates to the second, nothing for blank, indented JSON for records and tables.</summary>
    public static string Template(FxValue value) => value switch
    {
        FxText text => text.Value,
        FxBlank => "",
        FxBoolean boolean => boolean.Value ? "True" : "False",
        FxNumber number => Number(number.Value),
        FxDateTime { Kind: FxDateKind.Date } date => Date(date, "M/d/yyyy"),
        FxDateTime { Kind: FxDateKind.Time } date => Date(date, "h:mm:ss tt"),
        FxDateTime date => Date(date, "M/d/yyyy h:mm:ss tt"),
        _ => FxJson.Indented(value),
    };

    /// <summary>As JSON holds a date.</summary>
    public static string Iso(FxDateTime date) => date.Kind switch
    {
        FxDateKind.Date => Date(date, "yyyy-MM-dd"),
        FxDateKind.Time => Date(date, "HH:mm:ss.fff"),
        _ => Date(date, "yyyy-MM-ddTHH:mm:ss.fffZ"),
    };

    public static string Date(FxDateTime date, string format) => date.Value.ToString(format, CultureInfo.InvariantCulture);
}
