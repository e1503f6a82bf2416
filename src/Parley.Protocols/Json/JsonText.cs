using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Parley.Protocols.Json;

/// <summary>Which characters of a JSON string are escaped beyond those that JSON itself demands.</summary>
public enum JsonEscaping
{
    /// <summary>Only U+0085, U+2028 and U+2029, at which some clients split lines; all else is raw UTF-8.</summary>
    Minimal,

    /// <summary>As Go's encoder does, and so Coze: also <c>&lt;</c>, <c>&gt;</c> and <c>&amp;</c>.</summary>
    Go,
}

/// <summary>
/// The inside of a JSON string, both ways. Half a surrogate pair, which the stock reader throws on, is carried from one piece of a text
/// to the next.
/// </summary>
public static class JsonText
{
    /// <summary>What stands for half a surrogate pair whose other half never came.</summary>
    public const string Replacement = "\uFFFD";

    // Long enough that vectors pay, short enough that the sixfold room for it is no strain on a pooled buffer.
    private const int PieceLength = 1024;

    // What is longer is let go when it is read: kept in the shared pool, rare long texts would hold memory for good.
    private const int LongestPooled = 1 << 20;

    private static readonly SearchValues<char> MinimalEscapes = SearchValues.Create(Controls() + "\"\\\u0085\u2028\u2029");
    private static readonly SearchValues<char> GoEscapes = SearchValues.Create(Controls() + "\"\\\u0085\u2028\u2029<>&");

    /// <summary>Writes the inside of a JSON string as UTF-8, without the quotes. Half a surrogate pair becomes U+FFFD.</summary>
    public static void WriteEscaped(ReadOnlySpan<char> text, IBufferWriter<byte> into, JsonEscaping escaping)
    {
        var escapes = escaping == JsonEscaping.Go ? GoEscapes : MinimalEscapes;
        while (text.Length > PieceLength)
        {
            var length = char.IsHighSurrogate(text[PieceLength - 1]) ? PieceLength - 1 : PieceLength;
            WritePiece(text[..length], into, escapes);
            text = text[length..];
        }

        if (!text.IsEmpty) WritePiece(text, into, escapes);
    }

    /// <summary>
    /// Reads the inside of a JSON string. <paramref name="half"/> is half a surrogate pair left from the piece before ('\0' if none), and
    /// on return the half that this piece ends with; at the end of the text a half that is left over counts as <see cref="Replacement"/>.
    /// What is neither UTF-8 nor a pair becomes U+FFFD; nothing throws.
    /// </summary>
    public static string ReadTolerant(ReadOnlySpan<byte> escaped, ref char half)
    {
        if (half == '\0' && !escaped.Contains((byte)'\\')) return Encoding.UTF8.GetString(escaped);

        // No byte makes more than one UTF-16 unit.
        var isPooled = escaped.Length < LongestPooled;
        var room = isPooled ? ArrayPool<char>.Shared.Rent(escaped.Length + 1) : new char[escaped.Length + 1];
        try
        {
            var length = 0;
            if (half != '\0') room[length++] = half;
            length += Unescape(escaped, room.AsSpan(length));
            half = length > 0 && char.IsHighSurrogate(room[length - 1]) ? room[--length] : '\0';
            var text = room.AsSpan(0, length);
            ReplaceHalves(text);
            return new string(text);
        }
        finally
        {
            if (isPooled) ArrayPool<char>.Shared.Return(room);
        }
    }

    /// <summary>Reads the inside of a JSON string that is whole.</summary>
    public static string ReadTolerant(ReadOnlySpan<byte> escaped)
    {
        var half = '\0';
        var text = ReadTolerant(escaped, ref half);
        return half == '\0' ? text : text + Replacement;
    }

    /// <summary>Reads the inside of a JSON string that is whole into a buffer, which must have room for a character per byte.</summary>
    public static int ReadTolerant(ReadOnlySpan<byte> escaped, Span<char> into)
    {
        var text = into[..Unescape(escaped, into)];
        ReplaceHalves(text);
        return text.Length;
    }

    /// <summary>Reads the string, or property name, at which a reader over contiguous bytes stands.</summary>
    public static string ReadTolerant(in Utf8JsonReader reader) => ReadTolerant(reader.ValueSpan);

    private static void WritePiece(ReadOnlySpan<char> text, IBufferWriter<byte> into, SearchValues<char> escapes)
    {
        // Six bytes hold an escape, and twice what a UTF-16 unit needs in UTF-8.
        var room = into.GetSpan(text.Length * 6);
        var written = 0;
        while (true)
        {
            var special = text.IndexOfAny(escapes);
            written += Encoding.UTF8.GetBytes(special < 0 ? text : text[..special], room[written..]);
            if (special < 0) break;
            written += WriteEscape(text[special], room[written..]);
            text = text[(special + 1)..];
        }

        into.Advance(written);
    }

    private static int WriteEscape(char character, Span<byte> into)
    {
        var letter = character switch
        {
            '"' => (byte)'"',
            '\\' => (byte)'\\',
            '\n' => (byte)'n',
            '\r' => (byte)'r',
            '\t' => (byte)'t',
            '\b' => (byte)'b',
            '\f' => (byte)'f',
            _ => (byte)0,
        };
        into[0] = (byte)'\\';
        if (letter != 0)
        {
            into[1] = letter;
            return 2;
        }

        into[1] = (byte)'u';
        ((int)character).TryFormat(into[2..], out _, "x4", CultureInfo.InvariantCulture);
        return 6;
    }

    private static int Unescape(ReadOnlySpan<byte> escaped, Span<char> into)
    {
        var length = 0;
        while (true)
        {
            var slash = escaped.IndexOf((byte)'\\');
            length += Encoding.UTF8.GetChars(slash < 0 ? escaped : escaped[..slash], into[length..]);
            if (slash < 0 || slash + 1 == escaped.Length) return length;
            var letter = escaped[slash + 1];
            escaped = escaped[(slash + 2)..];
            if (letter != 'u')
            {
                into[length++] = letter switch
                {
                    (byte)'n' => '\n',
                    (byte)'r' => '\r',
                    (byte)'t' => '\t',
                    (byte)'b' => '\b',
                    (byte)'f' => '\f',
                    _ => (char)letter,
                };
            }
            else if (escaped.Length >= 4 && ushort.TryParse(escaped[..4], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit))
            {
                into[length++] = (char)unit;
                escaped = escaped[4..];
            }
            else
            {
                into[length++] = '\uFFFD';
            }
        }
    }

    private static void ReplaceHalves(Span<char> text)
    {
        for (var at = text.IndexOfAnyInRange('\ud800', '\udfff'); at >= 0 && at < text.Length; at++)
        {
            if (!char.IsSurrogate(text[at])) continue;
            if (char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1])) at++;
            else text[at] = '\uFFFD';
        }
    }

    private static string Controls() => string.Concat(Enumerable.Range(0, 0x20).Select(code => (char)code));
}
