using System.Text.Json;

namespace Parley.Protocols.OpenAi;

/// <summary>The place of a string's inside within a chunk.</summary>
internal readonly record struct ChatText(int Start, int Length)
{
    public bool IsEmpty => Length == 0;

    public ReadOnlySpan<byte> In(ReadOnlySpan<byte> data) => data.Slice(Start, Length);

    /// <summary>Reads a value; anything but a string is no text.</summary>
    public static ChatText Read(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String) return new ChatText((int)json.TokenStartIndex + 1, json.ValueSpan.Length);
        json.Skip();
        return default;
    }
}
