using System.Text.Json;

namespace Parley.Protocols.Json;

/// <summary>Reads the value behind the name at which a reader stands. One of another kind is passed over.</summary>
internal static class JsonReading
{
    public static string? ReadText(this ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String) return JsonText.ReadTolerant(json);
        json.Skip();
        return null;
    }

    public static int? ReadInt(this ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Number && json.TryGetInt32(out var value)) return value;
        json.Skip();
        return null;
    }

    public static void SkipValue(this ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
    }
}
