using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Parley.Runs;

/// <summary>How sure a number of tokens is.</summary>
public enum UsageQuality
{
    /// <summary>Reported by the agent at the end of a whole run.</summary>
    Exact,

    /// <summary>Reported by the agent before the run was cut: more may have been spent.</summary>
    Partial,

    /// <summary>Counted by a rule of thumb.</summary>
    Estimated,
}

/// <summary>Tokens spent.</summary>
/// <param name="Input">Tokens read.</param>
/// <param name="Output">Tokens written.</param>
/// <param name="Total">Where a vendor's total is not the sum.</param>
/// <param name="CachedInput">Tokens of the input that came from a cache.</param>
/// <param name="Reasoning">Tokens of the output that were reasoning.</param>
/// <param name="Quality">How sure the numbers are.</param>
public sealed record Usage(
    long Input,
    long Output,
    long? Total = null,
    long? CachedInput = null,
    long? Reasoning = null,
    [property: JsonPropertyName("estimated"), JsonConverter(typeof(UsageQualityConverter))] UsageQuality Quality = UsageQuality.Exact)
{
    /// <summary>The vendor's total, else the sum.</summary>
    [JsonIgnore]
    public long Sum => Total ?? Input + Output;

    /// <summary>The usage of two runs together, as sure as the less sure of them. A total that is not the sum stays one.</summary>
    public static Usage? Add(Usage? a, Usage? b)
    {
        if (a is null || b is null) return a ?? b;
        return new Usage(
            a.Input + b.Input,
            a.Output + b.Output,
            a.Total is null && b.Total is null ? null : a.Sum + b.Sum,
            Plus(a.CachedInput, b.CachedInput),
            Plus(a.Reasoning, b.Reasoning),
            (UsageQuality)Math.Max((int)a.Quality, (int)b.Quality));
    }

    /// <summary>A rule of thumb: a token is about four bytes of UTF-8.</summary>
    public static long Estimate(string text) => (Encoding.UTF8.GetByteCount(text) + 3) / 4;

    private static long? Plus(long? a, long? b) => a is null && b is null ? null : (a ?? 0) + (b ?? 0);
}

/// <summary>Stored usage calls it <c>estimated</c>, as it did when that was a truth value; the old values are still read.</summary>
public sealed class UsageQualityConverter : JsonConverter<UsageQuality>
{
    /// <inheritdoc/>
    public override UsageQuality Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.True => UsageQuality.Estimated,
        JsonTokenType.False => UsageQuality.Exact,
        _ => Enum.Parse<UsageQuality>(reader.GetString()!),
    };

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, UsageQuality value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
