using System.Globalization;

namespace Parley;

/// <summary>Coze's rendering: the number in decimal (in JSON always within a string).</summary>
public static class DecimalId
{
    /// <summary>The id in decimal digits.</summary>
    public static string Render(Id id) => id.Value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Reads what <see cref="Render"/> wrote; anything else, such as a sign, a space or a leading zero, is refused.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Id id)
    {
        id = default;
        if (text.Length is 0 or > 19 || text[0] == '0'
            || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            return false;
        id = new Id(value);
        return true;
    }
}
