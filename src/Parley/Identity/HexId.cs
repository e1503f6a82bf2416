using System.Buffers.Binary;
using System.Globalization;

namespace Parley;

/// <summary>Tongyi's rendering: 32 lower-case hex digits, the conversation's id and the entity's own. A session has two equal halves.</summary>
public static class HexId
{
    /// <summary>The pair in 32 hex digits.</summary>
    public static string Render(Id conversation, Id entity)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, conversation.Value);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], entity.Value);
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>Reads what <see cref="Render"/> wrote.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Id conversation, out Id entity)
    {
        conversation = entity = default;
        if (text.Length != 32 || text.ContainsAnyInRange('A', 'F')
            || !long.TryParse(text[..16], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var first)
            || !long.TryParse(text[16..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var second)
            || first <= 0 || second <= 0)
            return false;
        (conversation, entity) = (new Id(first), new Id(second));
        return true;
    }
}
