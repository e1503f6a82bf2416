using System.Globalization;
using System.Text;

namespace Parley.Workflows.PowerFx;

/// <summary>Functions of text. Positions count from 1.</summary>
internal static class FxTextFunctions
{
    public static FxFunction[] All { get; } =
    [
        new("Upper", 1, 1, a => a.NewText(a.Text(0).ToUpperInvariant())),
        new("Lower", 1, 1, a => a.NewText(a.Text(0).ToLowerInvariant())),
        new("Proper", 1, 1, a => a.NewText(CultureInfo.InvariantCulture.TextInfo.ToTitleCase(a.Text(0).ToLowerInvariant()))),
        new("Trim", 1, 1, a => a.NewText(string.Join(' ', a.Text(0).Split(' ', StringSplitOptions.RemoveEmptyEntries)))),
        new("TrimEnds", 1, 1, a => a.NewText(a.Text(0).Trim(' '))),
        new("Len", 1, 1, a => new FxNumber(a.Text(0).Length)),
        new("Left", 2, 2, a => a.NewText(Slice(a.Text(0), 0, Length(a, 1)))),
        new("Right", 2, 2, Right),
        new("Mid", 2, 3, a => a.NewText(Slice(a.Text(0), Start(a, 1), a.Count > 2 ? Length(a, 2) : int.MaxValue))),
        new("Find", 2, 3, Find),
        new("Replace", 4, 4, Replace),
        new("Substitute", 3, 4, Substitute),
        new("StartsWith", 2, 2, a => FxBoolean.Of(a.Text(0).StartsWith(a.Text(1), StringComparison.OrdinalIgnoreCase))),
        new("EndsWith", 2, 2, a => FxBoolean.Of(a.Text(0).EndsWith(a.Text(1), StringComparison.OrdinalIgnoreCase))),
        new("Split", 2, 2, Split),
        new("Char", 1, 1, Character),
        new("UniChar", 1, 1, UniChar),
        new("Concatenate", 1, FxFunction.Many, a => Concatenate(a, 0)),
        new("Concat", 2, FxFunction.Many, Concat),
        new("EncodeUrl", 1, 1, a => a.NewText(Uri.EscapeDataString(a.Text(0)))),
    ];

    private static int Length(FxArguments a, int index) =>
        a.Integer(index) is var length and >= 0 ? length : throw a.ErrorAt(index, "the number of characters is below 0");

    private static int Start(FxArguments a, int index) =>
        a.Integer(index) is var start and >= 1 ? start - 1 : throw a.ErrorAt(index, "positions count from 1");

    private static string Slice(string text, int start, int length) =>
        start >= text.Length ? "" : text.Substring(start, Math.Min(length, text.Length - start));

    private static FxText Right(FxArguments a)
    {
        var text = a.Text(0);
        return a.NewText(text[Math.Max(0, text.Length - Length(a, 1))..]);
    }

    private static FxValue Find(FxArguments a)
    {
        var wanted = a.Text(0);
        var text = a.Text(1);
        var start = a.Count > 2 ? Start(a, 2) : 0;
        var found = start > text.Length ? -1 : text.IndexOf(wanted, start, StringComparison.Ordinal);
        return found < 0 ? FxBlank.Value : new FxNumber(found + 1);
    }

    private static FxText Replace(FxArguments a)
    {
        var text = a.Text(0);
        var start = Math.Min(Start(a, 1), text.Length);
        var end = start + Math.Min(Length(a, 2), text.Length - start);
        return a.NewText(string.Concat(text.AsSpan(0, start), a.Text(3), text.AsSpan(end)));
    }

    /// <summary>Replaces every occurrence, or with a fourth argument only that one.</summary>
    private static FxText Substitute(FxArguments a)
    {
        var text = a.Text(0);
        var old = a.Text(1);
        var replacement = a.Text(2);
        if (old.Length == 0) return a.NewText(text);
        var only = a.Count > 3 ? Start(a, 3) : -1;
        var count = 0;
        for (var at = 0; (at = text.IndexOf(old, at, StringComparison.Ordinal)) >= 0; at += old.Length)
        {
            if (count++ == only) return a.NewText(string.Concat(text.AsSpan(0, at), replacement, text.AsSpan(at + old.Length)));
        }
        if (only >= 0) return a.NewText(text);
        a.AllowText(text.Length + (long)count * (replacement.Length - old.Length));
        return a.NewText(text.Replace(old, replacement, StringComparison.Ordinal));
    }

    private static FxTable Split(FxArguments a)
    {
        var text = a.Text(0);
        var separator = a.Text(1);
        if (text.Length == 0) return FxTable.Empty;
        a.AllowRows(separator.Length == 0 ? text.Length : text.AsSpan().Count(separator) + 1);
        return FxTable.Of(separator.Length == 0
            ? text.Select(character => new FxText(character.ToString()))
            : text.Split(separator).Select(piece => new FxText(piece)));
    }

    private static FxText Character(FxArguments a) =>
        a.Integer(0) is var code and >= 1 and <= 255
            ? a.NewText(((char)code).ToString())
            : throw a.ErrorAt(0, "the code of a character is 1 to 255");

    private static FxText UniChar(FxArguments a) =>
        a.Integer(0) is var code && code > 0 && Rune.IsValid(code)
            ? a.NewText(new Rune(code).ToString())
            : throw a.ErrorAt(0, "there is no such character");

    private static FxText Concatenate(FxArguments a, int first, FxValue? known = null)
    {
        var text = new StringBuilder();
        if (known is not null) text.Append(FxCoercion.ToText(known, a.At(0)));
        for (var i = first; i < a.Count; i++)
        {
            var next = a.Text(i);
            a.AllowText(text.Length + (long)next.Length);
            text.Append(next);
        }
        return a.NewText(text.ToString());
    }

    /// <summary>
    /// Joins what a formula gives for each row. With a text in place of the table it joins its arguments, as workflows for the Python
    /// implementation of the agent framework expect.
    /// </summary>
    private static FxText Concat(FxArguments a)
    {
        var first = a.Value(0);
        if (first is not (FxTable or FxBlank)) return Concatenate(a, 1, first);
        if (a.Count > 3) throw a.Error("Concat takes a table, a formula and a separator");
        var frame = a.Frame(0, first as FxTable ?? FxTable.Empty);
        var separator = a.Text(2, "");
        var text = new StringBuilder();
        for (var i = 0; i < frame.Table.Rows.Count; i++)
        {
            if (i > 0) text.Append(separator);
            var next = FxCoercion.ToText(a.In(frame, frame.Table.Rows[i], 1), a.At(1));
            a.AllowText(text.Length + (long)next.Length);
            a.Spend(next.Length / 64);
            text.Append(next);
        }
        return a.NewText(text.ToString());
    }
}
