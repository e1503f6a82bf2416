namespace Parley;

/// <summary>Reads an id in whatever dialect it is written.</summary>
public static class AnyId
{
    /// <summary>Reads the decimal, the prefixed or the hexadecimal rendering of an entity's id.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Id entity)
        => DecimalId.TryParse(text, out entity)
            || PrefixedId.TryParse(text, out _, out entity)
            || HexId.TryParse(text, out _, out entity);
}
