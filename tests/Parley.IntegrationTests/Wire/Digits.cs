using System.Globalization;

namespace Parley.IntegrationTests.Wire;

/// <summary>Ids of OpenAI's protocols as Coze shows them: a prefix, an underscore, and the id itself in sixteen hexadecimal digits.</summary>
internal static class Digits
{
    /// <summary>An id in decimal, whichever it is given in.</summary>
    public static string Of(string id) => id.IndexOf('_', StringComparison.Ordinal) is >= 0 and var at
        ? ulong.Parse(id.AsSpan(at + 1, 16), NumberStyles.HexNumber, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture)
        : id;
}
