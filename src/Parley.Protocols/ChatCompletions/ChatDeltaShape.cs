namespace Parley.Protocols.ChatCompletions;

/// <summary>
/// What chunk after chunk is the same: the bytes before and after one text. A chunk which has these bytes, and between them the inside of a
/// JSON string, is the same JSON but for that text, so nothing but the text need be read. Any other chunk is parsed.
/// </summary>
internal sealed class ChatDeltaShape
{
    private byte[] _bytes = new byte[512];
    private int _prefix;
    private int _suffix;

    /// <summary>What the text is.</summary>
    public ChatTextKind Kind { get; private set; }

    /// <summary>Of arguments, whose.</summary>
    public int Call { get; private set; }

    /// <summary>No shape is known.</summary>
    public void Forget() => Kind = ChatTextKind.None;

    /// <summary>Remembers a chunk whose only news is this text.</summary>
    public void Remember(ReadOnlySpan<byte> data, ChatText text, ChatTextKind kind, int call)
    {
        var suffix = data[(text.Start + text.Length)..];
        if (text.Start + suffix.Length > _bytes.Length) _bytes = new byte[2 * (text.Start + suffix.Length)];
        data[..text.Start].CopyTo(_bytes);
        suffix.CopyTo(_bytes.AsSpan(text.Start));
        (_prefix, _suffix, Kind, Call) = (text.Start, suffix.Length, kind, call);
    }

    /// <summary>The text of a chunk of the known shape.</summary>
    public bool TryMatch(ReadOnlySpan<byte> data, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (Kind == ChatTextKind.None || data.Length < _prefix + _suffix
            || !data.StartsWith(_bytes.AsSpan(0, _prefix)) || !data.EndsWith(_bytes.AsSpan(_prefix, _suffix)))
            return false;
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

/// <summary>The texts that stream.</summary>
internal enum ChatTextKind
{
    None,
    Content,
    Reasoning,
    Arguments,
}
