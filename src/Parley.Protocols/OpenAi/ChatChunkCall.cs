using System.Text.Json;
using Parley.Protocols.Json;

namespace Parley.Protocols.OpenAi;

/// <summary>A piece of a tool call within a chunk.</summary>
/// <param name="Index">Which call; where a server leaves it out, its place in the list.</param>
/// <param name="Id">Its id, usually in its first piece only.</param>
/// <param name="Name">The tool, usually in its first piece only.</param>
/// <param name="Arguments">More of its arguments.</param>
/// <param name="IsRaw">The arguments are JSON themselves, not in a string.</param>
internal readonly record struct ChatChunkCall(int Index, string? Id, string? Name, ChatText Arguments, bool IsRaw)
{
    public static ChatChunkCall Read(ref Utf8JsonReader json, int position)
    {
        var (index, id, name, arguments, isRaw) = (position, (string?)null, (string?)null, default(ChatText), false);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("index"u8)) index = json.ReadInt() ?? position;
            else if (json.ValueTextEquals("id"u8)) id = json.ReadText();
            else if (json.ValueTextEquals("function"u8)) ReadFunction(ref json, ref name, ref arguments, ref isRaw);
            else json.SkipValue();
        }

        return new ChatChunkCall(index, id, name, arguments, isRaw);
    }

    private static void ReadFunction(ref Utf8JsonReader json, ref string? name, ref ChatText arguments, ref bool isRaw)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("name"u8)) name = json.ReadText();
            else if (json.ValueTextEquals("arguments"u8))
            {
                var ahead = json;
                ahead.Read();
                isRaw = ahead.TokenType == JsonTokenType.StartObject;
                if (!isRaw)
                {
                    arguments = ChatText.Read(ref json);
                    continue;
                }

                json.Read();
                var start = (int)json.TokenStartIndex;
                json.Skip();
                arguments = new ChatText(start, (int)json.BytesConsumed - start);
            }
            else json.SkipValue();
        }
    }
}
