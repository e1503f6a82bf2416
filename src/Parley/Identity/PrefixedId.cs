namespace Parley;

/// <summary>
/// The rendering of OpenAI's dialects: a prefix and 50 characters. Characters 0-15 are the conversation's id in hex (Foundry's
/// partition key), 16-17 are <c>00</c>, the rest encodes the entity's id under a bijection, with a check of ten characters.
/// </summary>
public static class PrefixedId
{
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int BodyLength = 50;
    private const ulong Offset = 0x9e3779b97f4a7c15;
    private const ulong CheckRange = 839299365868340224; // 62^10

    /// <summary>The prefixes that Parley writes; a parser accepts any of them.</summary>
    public static IReadOnlyList<string> Prefixes { get; } =
    [
        "conv_", "resp_", "wfresp_", "msg_", "rs_", "fc_", "fco_", "ctc_", "mcp_", "mcpr_", "wfa_", "ws_", "fs_", "ci_", "ig_", "cmp_", "item_",
        "file-", "chatcmpl-",
    ];

    /// <summary>The id with its prefix. A thing without a conversation is its own conversation.</summary>
    public static string Render(string prefix, Id conversation, Id entity)
        => string.Create(prefix.Length + BodyLength, (prefix, conversation, entity), static (span, state) =>
        {
            state.prefix.CopyTo(span);
            RenderBody(state.conversation, state.entity, span[state.prefix.Length..]);
        });

    /// <summary>Reads what <see cref="Render"/> wrote, with any of the known prefixes. A wrong character anywhere is refused.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Id conversation, out Id entity)
    {
        foreach (var prefix in Prefixes)
        {
            if (text.Length == prefix.Length + BodyLength && text.StartsWith(prefix, StringComparison.Ordinal))
                return TryParseBody(text[prefix.Length..], out conversation, out entity);
        }

        conversation = entity = default;
        return false;
    }

    private static void RenderBody(Id conversation, Id entity, Span<char> body)
    {
        var c = (ulong)conversation.Value;
        var y = Mix((ulong)entity.Value + Offset);
        var k = Mix(y + c);
        c.TryFormat(body, out _, "x16", System.Globalization.CultureInfo.InvariantCulture);
        body[16] = body[17] = '0';
        WriteBase62(y, body[18..29]);
        WriteBase62(k, body[29..40]);
        WriteBase62(Mix(k + c) % CheckRange, body[40..50]);
    }

    private static bool TryParseBody(ReadOnlySpan<char> body, out Id conversation, out Id entity)
    {
        conversation = entity = default;
        if (!ulong.TryParse(body[..16], System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture, out var c)
            || !TryReadBase62(body[18..29], out var y))
            return false;
        var x = Unmix(y) - Offset;
        if ((long)c <= 0 || (long)x <= 0) return false;

        // Rendering again and comparing is the check: it covers every character at once.
        Span<char> again = stackalloc char[BodyLength];
        RenderBody(new Id((long)c), new Id((long)x), again);
        if (!body.SequenceEqual(again)) return false;
        (conversation, entity) = (new Id((long)c), new Id((long)x));
        return true;
    }

    private static void WriteBase62(ulong value, Span<char> into)
    {
        for (var i = into.Length - 1; i >= 0; i--)
        {
            (value, var digit) = Math.DivRem(value, 62);
            into[i] = Alphabet[(int)digit];
        }
    }

    private static bool TryReadBase62(ReadOnlySpan<char> text, out ulong value)
    {
        value = 0;
        foreach (var character in text)
        {
            var digit = Alphabet.IndexOf(character, StringComparison.Ordinal);
            if (digit < 0) return false;
            value = unchecked(value * 62 + (ulong)digit);
        }

        return true;
    }

    // The finaliser of SplitMix64, a bijection on 64 bits.
    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

    private static ulong Unmix(ulong z)
    {
        z = (z ^ (z >> 31) ^ (z >> 62)) * 0x319642b2d24d8ec3;
        z = (z ^ (z >> 27) ^ (z >> 54)) * 0x96de1b173f119089;
        return z ^ (z >> 30) ^ (z >> 60);
    }
}
