using System.Text.Json;
using Parley.Protocols.OpenAi;

namespace Parley.Protocols.Responses;

/// <summary>The members of a delta's frame that matter, found in one pass, nothing copied.</summary>
internal ref struct ResponsesDelta
{
    /// <summary>The item's id, as it stands between its quotes.</summary>
    public ReadOnlySpan<byte> Item;

    /// <summary>The text, as it stands between its quotes.</summary>
    public ReadOnlySpan<byte> Text;

    /// <summary>The item's place, where it is told.</summary>
    public int Output;

    /// <summary>The part's number in its space.</summary>
    public int Index;

    /// <summary>Reads a frame; false if it is not one JSON object.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out ResponsesDelta delta)
    {
        delta = new ResponsesDelta { Output = -1 };
        try
        {
            var json = new Utf8JsonReader(data, OpenAiJson.DeepReader);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return false;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("delta"u8)) delta.Text = data[ReadInside(ref json)];
                else if (json.ValueTextEquals("item_id"u8)) delta.Item = data[ReadInside(ref json)];
                else if (json.ValueTextEquals("content_index"u8) || json.ValueTextEquals("summary_index"u8)) delta.Index = ReadIndex(ref json, 0);
                else if (json.ValueTextEquals("output_index"u8)) delta.Output = ReadIndex(ref json, -1);
                else
                {
                    json.Read();
                    json.Skip();
                }
            }

            return json.TokenType == JsonTokenType.EndObject && !json.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static Range ReadInside(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String) return new Range((int)json.TokenStartIndex + 1, (int)json.TokenStartIndex + 1 + json.ValueSpan.Length);
        json.Skip();
        return default;
    }

    private static int ReadIndex(ref Utf8JsonReader json, int otherwise)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Number && json.TryGetInt32(out var value)) return value;
        json.Skip();
        return otherwise;
    }
}
