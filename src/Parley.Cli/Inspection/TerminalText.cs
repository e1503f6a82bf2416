using System.Globalization;
using System.Text;

namespace Parley.Cli.Inspection;

/// <summary>Text as a terminal shows it: in columns, of which Chinese, Japanese and Korean characters and most emoji take two.</summary>
internal static class TerminalText
{
    // East Asian Wide and Fullwidth (Unicode TR 11), joined to the blocks that matter.
    private static readonly (int From, int To)[] Wide =
    [
        (0x1100, 0x115F), (0x231A, 0x231B), (0x23E9, 0x23EC), (0x25FD, 0x25FE), (0x2614, 0x2615), (0x2648, 0x2653), (0x26AA, 0x26AB), (0x26BD, 0x26BE), (0x2705, 0x2705),
        (0x270A, 0x270B), (0x2728, 0x2728), (0x274C, 0x274C), (0x2753, 0x2757), (0x2795, 0x2797), (0x2B50, 0x2B50), (0x2E80, 0x303E), (0x3041, 0xA4CF), (0xA960, 0xA97C),
        (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFE30, 0xFE6F), (0xFF01, 0xFF60), (0xFFE0, 0xFFE6), (0x1F004, 0x1F004), (0x1F0CF, 0x1F0CF), (0x1F18E, 0x1F19A),
        (0x1F200, 0x1F320), (0x1F32D, 0x1F64F), (0x1F680, 0x1F6FC), (0x1F900, 0x1FAFF), (0x20000, 0x3FFFD),
    ];

    /// <summary>How many columns a text takes.</summary>
    public static int WidthOf(string text) => Elements(text).Sum(ElementWidth);

    /// <summary>The end of a text on one line, in at most so many columns; what is left out before it is an ellipsis.</summary>
    public static string Tail(string text, int columns)
    {
        var elements = Elements(OneLine(text)).ToList();
        if (elements.Sum(ElementWidth) <= columns) return string.Concat(elements);
        var (from, width) = (elements.Count, 1);
        while (from > 0 && width + ElementWidth(elements[from - 1]) <= columns) width += ElementWidth(elements[--from]);
        return "…" + string.Concat(elements.Skip(from));
    }

    /// <summary>The beginning of a text on one line, in at most so many columns; what is left out behind it is an ellipsis.</summary>
    public static string Head(string text, int columns)
    {
        var elements = Elements(OneLine(text)).ToList();
        if (elements.Sum(ElementWidth) <= columns) return string.Concat(elements);
        var (to, width) = (0, 1);
        while (to < elements.Count && width + ElementWidth(elements[to]) <= columns) width += ElementWidth(elements[to++]);
        return string.Concat(elements.Take(to)) + "…";
    }

    /// <summary>A text filled with blanks to so many columns; a longer one stays.</summary>
    public static string Pad(string text, int columns) => text + new string(' ', Math.Max(0, columns - WidthOf(text)));

    // What a peer sends must not move the cursor or change colours.
    public static string OneLine(string text)
    {
        var line = new StringBuilder(text.Length);
        foreach (var character in text) line.Append(char.IsControl(character) ? character is '\n' or '\r' or '\t' ? ' ' : '\uFFFD' : character);
        return line.ToString();
    }

    private static IEnumerable<string> Elements(string text)
    {
        for (var elements = StringInfo.GetTextElementEnumerator(text); elements.MoveNext();) yield return elements.GetTextElement();
    }

    // A cluster is as wide as what it begins with; with the emoji variation selector, as an emoji.
    private static int ElementWidth(string element)
    {
        if (!Rune.TryGetRuneAt(element, 0, out var rune)) return 1;
        if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format) return 0;
        return element.Contains('\uFE0F', StringComparison.Ordinal) || Wide.Any(range => rune.Value >= range.From && rune.Value <= range.To) ? 2 : 1;
    }
}
