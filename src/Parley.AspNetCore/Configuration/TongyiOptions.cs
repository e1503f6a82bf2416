namespace Parley.AspNetCore.Configuration;

/// <summary>Section <c>tongyi</c>.</summary>
public sealed record TongyiOptions
{
    /// <summary>How answers are streamed where the request has no header <c>parley-dialect</c>.</summary>
    public TongyiDialect Dialect { get; init; }

    /// <summary>Anybody may ask as a guest, without a key.</summary>
    public bool Guests { get; init; }
}

/// <summary>How an answer is streamed to Tongyi's clients.</summary>
public enum TongyiDialect
{
    /// <summary>In pieces where the request is one of the clients that know them, else as a whole.</summary>
    Auto,

    /// <summary>Each frame has what is new.</summary>
    Incremental,

    /// <summary>Each frame has the whole text so far.</summary>
    Cumulative,
}
