using System.Text.Json;

namespace Parley.Protocols.Coze;

/// <summary>
/// The members of a message frame that a reader needs, still as they lie in the frame: raw, without quotes, escapes untouched. Nothing is
/// copied until it is known to be wanted.
/// </summary>
internal ref struct CozeFrame
{
    public ReadOnlySpan<byte> Id;
    public ReadOnlySpan<byte> Type;
    public ReadOnlySpan<byte> Role;
    public ReadOnlySpan<byte> Content;
    public ReadOnlySpan<byte> ContentType;
    public ReadOnlySpan<byte> Reasoning;

    /// <summary>There are members beside those that every message has.</summary>
    public bool HasMore;

    /// <summary>Reads a message frame.</summary>
    /// <exception cref="JsonException">It is no JSON object.</exception>
    public static CozeFrame Read(ReadOnlySpan<byte> data)
    {
        var frame = default(CozeFrame);
        var reader = new Utf8JsonReader(data);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new JsonException("No object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            // Raw names: with escapes in them they are none of ours.
            var name = reader.ValueSpan;
            reader.Read();
            if (reader.TokenType == JsonTokenType.String)
            {
                if (name.SequenceEqual("content"u8)) frame.Content = reader.ValueSpan;
                else if (name.SequenceEqual("reasoning_content"u8)) frame.Reasoning = reader.ValueSpan;
                else if (name.SequenceEqual("id"u8)) frame.Id = reader.ValueSpan;
                else if (name.SequenceEqual("type"u8)) frame.Type = reader.ValueSpan;
                else if (name.SequenceEqual("role"u8)) frame.Role = reader.ValueSpan;
                else if (name.SequenceEqual("content_type"u8)) frame.ContentType = reader.ValueSpan;
                else frame.HasMore |= !IsUsual(name);
            }
            else if (reader.TokenType == JsonTokenType.Number && name.SequenceEqual("id"u8))
            {
                frame.Id = reader.ValueSpan;
            }
            else
            {
                frame.HasMore |= !IsUsual(name);
                reader.Skip();
            }
        }

        // What follows the object makes the frame as broken as what is wrong inside.
        if (reader.Read()) throw new JsonException("More than an object.");
        return frame;
    }

    private static bool IsUsual(ReadOnlySpan<byte> name)
        => name.EndsWith("_id"u8) || name.SequenceEqual("created_at"u8) || name.SequenceEqual("updated_at"u8) || name.SequenceEqual("meta_data"u8);
}
