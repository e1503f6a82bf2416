namespace Parley;

/// <summary>
/// The identity of a conversation, message, run, section or file: 64 bits, <c>[32 Unix seconds][10 node][19 counter][3 facet]</c>.
/// Zero means "none". Ids can be guessed: every look-up also checks the owner.
/// </summary>
public readonly record struct Id(long Value) : IComparable<Id>
{
    /// <summary>The three low bits that name a thing derived from an entity; an entity's own facet is 0.</summary>
    public const long FacetMask = 7;

    /// <summary>No id.</summary>
    public static Id None => default;

    /// <summary>True for the id that stands for "none".</summary>
    public bool IsNone => Value == 0;

    /// <summary>The second at which the id was minted.</summary>
    public DateTimeOffset MintedAt => DateTimeOffset.FromUnixTimeSeconds(Value >>> 32);

    /// <summary>0 for an entity, 1 to 7 for something derived from it.</summary>
    public int Facet => (int)(Value & FacetMask);

    /// <summary>The entity's own id, without the facet.</summary>
    public Id Entity => new(Value & ~FacetMask);

    /// <summary>The id of the thing that <paramref name="facet"/> (0 to 7) derives from this entity.</summary>
    public Id WithFacet(int facet)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)facet, (uint)FacetMask, nameof(facet));
        return new((Value & ~FacetMask) | (long)facet);
    }

    /// <inheritdoc/>
    public int CompareTo(Id other) => Value.CompareTo(other.Value);

    /// <summary>The canonical form: the decimal number, as Coze writes it.</summary>
    public override string ToString() => DecimalId.Render(this);
}
