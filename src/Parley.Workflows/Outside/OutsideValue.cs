using System.Text.Json;
using Parley.Workflows.PowerFx;

namespace Parley.Workflows.Outside;

/// <summary>What came from outside as a value.</summary>
internal static class OutsideValue
{
    /// <summary>The value of a text that is JSON, the text itself of any other, or where a number in it has too many digits, blank for an empty one.</summary>
    /// <exception cref="FxException">The value would be too deep or too large.</exception>
    public static FxValue Of(string text)
    {
        if (string.IsNullOrWhiteSpace(text)) return FxBlank.Value;
        try
        {
            using var json = JsonDocument.Parse(text);
            return FxJson.FromPlain(json.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or FxException { IsLimit: false })
        {
            return new FxText(text);
        }
    }
}
