using System.Text.Encodings.Web;
using System.Text.Json;

namespace Parley.Workflows.PowerFx;

/// <summary>From one type to another.</summary>
internal static class FxConversionFunctions
{
    public static FxFunction[] All { get; } =
    [
        new("Text", 1, 3, Text),
        new("Value", 1, 2, Number),
        new("Decimal", 1, 2, Number),
        new("Float", 1, 2, Number),
        new("Boolean", 1, 1, a => a.Value(0) is { IsBlank: false } value ? FxBoolean.Of(FxCoercion.ToBoolean(value, a.At(0))) : FxBlank.Value),
        new("JSON", 1, 2, Json),
        new("ParseJSON", 1, 1, ParseJson),
    ];

    private static FxText Text(FxArguments a)
    {
        var value = a.Value(0);
        RequireEnglish(a, 2);
        if (a.Count == 1 || value is FxBlank) return a.NewText(FxCoercion.ToText(value, a.At(0)));
        var format = a.Text(1);
        if (format.Length > 256) throw a.ErrorAt(1, "a format may have 256 characters");
        if (value is FxText text && FxTextFormat.IsForDates(format) && FxCoercion.ParseDate(text.Value) is { } date)
            value = new FxDateTime(date);
        return a.NewText(value is FxDateTime moment
            ? FxTextFormat.Date(moment, format)
            : FxTextFormat.Number(FxCoercion.ToNumber(value, a.At(0)), format));
    }

    /// <summary>Blank and empty text give blank.</summary>
    private static FxValue Number(FxArguments a)
    {
        RequireEnglish(a, 1);
        return a.Value(0) is { IsBlank: false } value ? new FxNumber(FxCoercion.ToNumber(value, a.At(0))) : FxBlank.Value;
    }

    private static void RequireEnglish(FxArguments a, int index)
    {
        if (index < a.Count && !a.Text(index).StartsWith("en", StringComparison.OrdinalIgnoreCase))
            throw a.ErrorAt(index, "only 'en-US' is supported");
    }

    private static FxText Json(FxArguments a)
    {
        var value = a.Value(0);
        var format = a.Text(1, "");
        a.AllowText(value.Weight / 2);
        var options = new JsonWriterOptions
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            Indented = format.Contains('4'),
            IndentSize = 4,
            NewLine = "\n",
        };
        return a.NewText(FxJson.Text(options, writer => FxJson.ToPlain(value, writer, flatten: format.Contains('V'))));
    }

    private static FxValue ParseJson(FxArguments a)
    {
        var text = a.Text(0);
        if (text.Length == 0) return FxBlank.Value;
        try
        {
            using var document = JsonDocument.Parse(text);
            a.Spend(text.Length / 16);
            return FxJson.FromPlain(document.RootElement);
        }
        catch (JsonException)
        {
            throw a.ErrorAt(0, "the text is not JSON");
        }
    }
}
