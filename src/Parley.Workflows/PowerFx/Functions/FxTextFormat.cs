using System.Globalization;
using System.Text;

namespace Parley.Workflows.PowerFx;

/// <summary>The formats of the function <c>Text</c>.</summary>
internal static class FxTextFormat
{
    public static bool IsForDates(string format) => format.AsSpan().IndexOfAny("ymdhs") >= 0 || Named(format) is not null;

    /// <summary>A number by places, as in <c>#,##0.00</c>, <c>000</c>, <c>0%</c>. A format without a place is text.</summary>
    public static string Number(decimal number, string format)
    {
        if (format.StartsWith("[$-", StringComparison.Ordinal)) format = format[(format.IndexOf(']') + 1)..];
        if (format.Length == 0) return FxFormat.Number(number);
        // A lone letter, or one with digits, would be one of .NET's own formats.
        if (!format.Contains('#') && char.IsAsciiLetter(format[0])) format = $"'{format[0]}'{format[1..]}";
        return number.ToString(format, CultureInfo.InvariantCulture);
    }

    /// <summary>A date by parts, as in <c>yyyy-mm-dd hh:mm</c> or <c>h:mm AM/PM</c>, or by a name of <c>DateTimeFormat</c>.</summary>
    public static string Date(FxDateTime date, string format)
    {
        if (format.StartsWith("[$-", StringComparison.Ordinal)) format = format[(format.IndexOf(']') + 1)..];
        format = Named(format.Trim('\'')) ?? format;
        var hasHalves = format.Contains("am/pm", StringComparison.OrdinalIgnoreCase)
            || format.Contains("a/p", StringComparison.OrdinalIgnoreCase);
        var text = new StringBuilder();
        var last = '\0';
        for (var at = 0; at < format.Length;)
        {
            var letter = char.ToLowerInvariant(format[at]);
            var run = 1;
            while (at + run < format.Length && char.ToLowerInvariant(format[at + run]) == letter) run++;
            if (letter == 'a' && string.Compare(format, at, "am/pm", 0, 5, StringComparison.OrdinalIgnoreCase) == 0)
            {
                text.Append(Part(date, 't', 2, 2));
                at += 5;
                continue;
            }
            if (letter == 'a' && string.Compare(format, at, "a/p", 0, 3, StringComparison.OrdinalIgnoreCase) == 0)
            {
                text.Append(Part(date, 't', 1, 1).ToLowerInvariant());
                at += 3;
                continue;
            }
            if (letter is '"' or '\\')
            {
                var end = letter == '\\' ? at + 2 : format.IndexOf('"', at + 1) + 1;
                if (end <= at || end > format.Length) end = format.Length;
                text.Append(format.AsSpan(at, end - at).Trim("\"\\"));
                at = end;
                continue;
            }
            text.Append(letter switch
            {
                'y' => Part(date, 'y', run > 2 ? 4 : 2, 4),
                'm' when last == 'h' || IsBeforeSeconds(format, at + run) => Part(date, 'm', run, 2),
                'm' => Part(date, 'M', run, 4),
                'd' => Part(date, 'd', run, 4),
                'h' => Part(date, hasHalves ? 'h' : 'H', run, 2),
                's' => Part(date, 's', run, 2),
                'f' => Part(date, 'f', run, 3),
                _ => format.Substring(at, run),
            });
            if (char.IsAsciiLetter(letter)) last = letter;
            at += run;
        }
        return text.ToString();
    }

    private static string Part(FxDateTime date, char letter, int run, int longest) =>
        FxFormat.Date(date, run == 1 ? $"%{letter}" : new string(letter, Math.Min(run, longest)));

    private static bool IsBeforeSeconds(string format, int at)
    {
        while (at < format.Length && !char.IsAsciiLetter(format[at])) at++;
        return at < format.Length && format[at] is 's' or 'S';
    }

    private static string? Named(string format) => format.ToLowerInvariant() switch
    {
        "shortdate" => "m/d/yyyy",
        "longdate" => "dddd, mmmm d, yyyy",
        "shorttime" => "h:mm AM/PM",
        "longtime" => "h:mm:ss AM/PM",
        "shorttime24" => "hh:mm",
        "longtime24" => "hh:mm:ss",
        "shortdatetime" => "m/d/yyyy h:mm AM/PM",
        "longdatetime" => "dddd, mmmm d, yyyy h:mm:ss AM/PM",
        "shortdatetime24" => "m/d/yyyy hh:mm",
        "longdatetime24" => "dddd, mmmm d, yyyy hh:mm:ss",
        "utc" => "yyyy-mm-dd\\Thh:mm:ss.fff\\Z",
        _ => null,
    };
}
