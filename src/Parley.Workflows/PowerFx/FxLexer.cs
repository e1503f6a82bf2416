using System.Globalization;
using System.Text;

namespace Parley.Workflows.PowerFx;

internal enum FxTokenKind { End, Number, Text, Name, QuotedName, Symbol }

/// <summary>A word of a formula. The text of a text literal or a quoted name is what it means, not what was written.</summary>
internal readonly record struct FxToken(FxTokenKind Kind, string Text, int Start, decimal Number = 0)
{
    public bool Is(string text) => Kind is FxTokenKind.Symbol or FxTokenKind.Name && Text == text;
}

/// <summary>Reads the words of a formula one by one.</summary>
/// <param name="text">The text that contains the formula.</param>
/// <param name="position">Where to start.</param>
internal sealed class FxLexer(string text, int position)
{
    private static readonly string[] Symbols =
    [
        "<>", "<=", ">=", "&&", "||", "$\"",
        "+", "-", "*", "/", "^", "%", "&", "=", "<", ">", "!", "(", ")", "[", "]", "{", "}", ",", ":", ".", ";",
    ];

    /// <summary>After the last word.</summary>
    public int Position { get; set; } = position;

    public FxToken Next()
    {
        SkipSpace();
        var start = Position;
        if (start >= text.Length) return new FxToken(FxTokenKind.End, "the end", start);
        var first = text[start];
        if (char.IsAsciiDigit(first) || (first == '.' && start + 1 < text.Length && char.IsAsciiDigit(text[start + 1]))) return Number();
        if (first == '"') return new FxToken(FxTokenKind.Text, Quoted('"', "text"), start);
        if (first == '\'') return new FxToken(FxTokenKind.QuotedName, Quoted('\'', "name"), start);
        if (char.IsLetter(first) || first == '_')
        {
            while (Position < text.Length && (char.IsLetterOrDigit(text[Position]) || text[Position] == '_')) Position++;
            return new FxToken(FxTokenKind.Name, text[start..Position], start);
        }
        foreach (var symbol in Symbols)
        {
            if (string.CompareOrdinal(text, start, symbol, 0, symbol.Length) != 0) continue;
            Position += symbol.Length;
            return new FxToken(FxTokenKind.Symbol, symbol, start);
        }
        throw new FxException($"'{first}' means nothing in a formula", start);
    }

    /// <summary>The text of a <c>$"…"</c> from here to its next <c>{</c> or its end, which is consumed.</summary>
    /// <param name="start">Where the literal starts, for an error.</param>
    /// <param name="more">A formula follows.</param>
    public string Interpolated(int start, out bool more)
    {
        var literal = new StringBuilder();
        while (Position < text.Length)
        {
            var character = text[Position++];
            if (character is '"' or '{' or '}' && Position < text.Length && text[Position] == character)
            {
                Position++;
            }
            else if (character is '"' or '{')
            {
                more = character == '{';
                return literal.ToString();
            }
            literal.Append(character);
        }
        throw new FxException("the text that starts here has no closing quote", start);
    }

    private void SkipSpace()
    {
        while (Position < text.Length)
        {
            if (char.IsWhiteSpace(text[Position]) || text[Position] == '\uFEFF') Position++;
            else if (string.CompareOrdinal(text, Position, "//", 0, 2) == 0)
            {
                var end = text.IndexOf('\n', Position);
                Position = end < 0 ? text.Length : end;
            }
            else if (string.CompareOrdinal(text, Position, "/*", 0, 2) == 0)
            {
                var end = text.IndexOf("*/", Position + 2, StringComparison.Ordinal);
                if (end < 0) throw new FxException("the comment that starts here has no end", Position);
                Position = end + 2;
            }
            else return;
        }
    }

    private FxToken Number()
    {
        var start = Position;
        SkipDigits();
        if (Position + 1 < text.Length && text[Position] == '.' && char.IsAsciiDigit(text[Position + 1])) Position++;
        SkipDigits();
        if (Position < text.Length && text[Position] is 'e' or 'E')
        {
            var mark = Position++;
            if (Position < text.Length && text[Position] is '+' or '-') Position++;
            if (Position < text.Length && char.IsAsciiDigit(text[Position])) SkipDigits();
            else Position = mark;
        }
        if (!decimal.TryParse(text.AsSpan(start, Position - start), NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            throw new FxException("this number is too large", start);
        return new FxToken(FxTokenKind.Number, text[start..Position], start, number);
    }

    private void SkipDigits()
    {
        while (Position < text.Length && char.IsAsciiDigit(text[Position])) Position++;
    }

    private string Quoted(char quote, string what)
    {
        var start = Position++;
        var content = new StringBuilder();
        while (Position < text.Length)
        {
            var character = text[Position++];
            if (character == quote)
            {
                if (Position >= text.Length || text[Position] != quote) return content.ToString();
                Position++;
            }
            content.Append(character);
        }
        throw new FxException($"the {what} that starts here has no closing quote", start);
    }
}
