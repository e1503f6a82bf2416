using System.Globalization;

namespace Parley.Agents;

/// <summary>Cuts a text into the pieces in which it is streamed. A piece never ends within a grapheme.</summary>
internal static class TextPieces
{
    private const int GraphemesEach = 4;
    private const int MostPieces = 200;

    /// <summary>
    /// The pieces in order. With <paramref name="count"/> as many as that, or one for each grapheme if there are fewer; without, about
    /// four graphemes each, and at most 200. None for an empty text.
    /// </summary>
    public static IEnumerable<TextPiece> Cut(string text, int? count = null)
    {
        if (text.Length == 0) yield break;
        var graphemes = CountGraphemes(text);
        var pieces = Math.Min(count ?? Math.Min((graphemes + GraphemesEach - 1) / GraphemesEach, MostPieces), graphemes);
        var start = 0;
        for (var piece = 0; piece < pieces; piece++)
        {
            // Even shares, so that the number of pieces is exact.
            var share = (int)((piece + 1L) * graphemes / pieces - (long)piece * graphemes / pieces);
            var end = start;
            for (; share > 0; share--) end += StringInfo.GetNextTextElementLength(text.AsSpan(end));
            yield return new TextPiece(text[start..end], piece == 0);
            start = end;
        }
    }

    private static int CountGraphemes(ReadOnlySpan<char> text)
    {
        var count = 0;
        for (; text.Length > 0; count++) text = text[StringInfo.GetNextTextElementLength(text)..];
        return count;
    }
}

/// <summary>A piece of a text.</summary>
internal readonly record struct TextPiece(string Text, bool IsFirst);
