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

    /// <summary>A number of things, which is never less than none.</summary>
    public static long? ReadCount(this ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Number)
        {
            if (json.TryGetInt64(out var whole)) return Math.Max(whole, 0);
            if (json.TryGetDouble(out var any) && any is >= 0 and < 1e15) return (long)any;
        }

        json.Skip();
        return null;
    }

    /// <summary>The same, where it is a member of an object.</summary>
    public static long? ReadCount(this ref Utf8JsonReader json, ReadOnlySpan<byte> member)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return null;
        }

        long? found = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals(member)) found = json.ReadCount();
            else json.SkipValue();
        }

        return found;
    }

    public static void SkipValue(this ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
    }
}
