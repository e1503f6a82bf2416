namespace Parley.Protocols.Json;

/// <summary>
/// What is the same in one JSON text after another: the bytes before and after one string. A text which has these bytes, and between them the
/// inside of a JSON string, is the same JSON but for that string, so nothing else of it need be read. Any other is parsed.
/// </summary>
internal sealed class JsonTextShape
{
    private byte[] _bytes = new byte[512];
    private int _prefix = -1;
    private int _suffix;

    /// <summary>No shape is known.</summary>
    public void Forget() => _prefix = -1;

    /// <summary>Remembers a JSON text whose only news is the string with this inside.</summary>
    public void Remember(ReadOnlySpan<byte> data, int start, int length)
    {
        var suffix = data[(start + length)..];
        if (start + suffix.Length > _bytes.Length) _bytes = new byte[2 * (start + suffix.Length)];
        data[..start].CopyTo(_bytes);
        suffix.CopyTo(_bytes.AsSpan(start));
        (_prefix, _suffix) = (start, suffix.Length);
    }

    /// <summary>The inside of the string of a JSON text of the known shape.</summary>
    public bool TryMatch(ReadOnlySpan<byte> data, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (_prefix < 0 || data.Length < _prefix + _suffix || !data.StartsWith(_bytes.AsSpan(0, _prefix)) || !data.EndsWith(_bytes.AsSpan(_prefix, _suffix))) return false;
        text = data[_prefix..^_suffix];
        return IsInsideOfString(text);
    }

    // No quote but an escaped one, no control character, and no backslash that would escape the closing quote.
    private static bool IsInsideOfString(ReadOnlySpan<byte> text)
    {
        while (true)
        {
            var at = IndexOfSpecial(text);
            if (at < 0) return true;
            if (text[at] != '\\' || at + 1 >= text.Length || !IsEscape(text[(at + 1)..])) return false;
            text = text[(at + 2)..];
        }
    }

    private static int IndexOfSpecial(ReadOnlySpan<byte> text) => text.IndexOfAny(Special);

    private static bool IsEscape(ReadOnlySpan<byte> rest) => rest[0] switch
    {
        (byte)'"' or (byte)'\\' or (byte)'/' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t' => true,
        (byte)'u' => rest.Length >= 5 && rest[1..5].IndexOfAnyExcept(Hex) < 0,
        _ => false,
    };

    private static readonly System.Buffers.SearchValues<byte> Special =
        System.Buffers.SearchValues.Create([.. Enumerable.Range(0, 32).Select(code => (byte)code), (byte)'"', (byte)'\\']);

    private static readonly System.Buffers.SearchValues<byte> Hex = System.Buffers.SearchValues.Create("0123456789abcdefABCDEF"u8);
}
