using System.Text.Json.Serialization;

namespace Parley.Runs;

/// <summary>Tokens spent.</summary>
/// <param name="Input">Tokens read.</param>
/// <param name="Output">Tokens written.</param>
/// <param name="Total">Where a vendor's total is not the sum.</param>
/// <param name="CachedInput">Tokens of the input that came from a cache.</param>
/// <param name="Reasoning">Tokens of the output that were reasoning.</param>
/// <param name="Estimated">Counted by a rule of thumb, not reported by the model.</param>
public sealed record Usage(long Input, long Output, long? Total = null, long? CachedInput = null, long? Reasoning = null, bool Estimated = false)
{
    /// <summary>The vendor's total, else the sum.</summary>
    [JsonIgnore]
    public long Sum => Total ?? Input + Output;

    /// <summary>The usage of two runs together. A total that is not the sum stays one.</summary>
    public static Usage? Add(Usage? a, Usage? b)
    {
        if (a is null || b is null) return a ?? b;
        return new Usage(
            a.Input + b.Input,
            a.Output + b.Output,
            a.Total is null && b.Total is null ? null : a.Sum + b.Sum,
            Plus(a.CachedInput, b.CachedInput),
            Plus(a.Reasoning, b.Reasoning),
            a.Estimated || b.Estimated);
    }

    private static long? Plus(long? a, long? b) => a is null && b is null ? null : (a ?? 0) + (b ?? 0);
}
