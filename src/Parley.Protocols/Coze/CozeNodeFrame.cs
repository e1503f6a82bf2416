using System.Text.Json;

namespace Parley.Protocols.Coze;

/// <summary>The members of a workflow's <c>Message</c> frame that a reader needs, as they lie in the frame: raw, escapes untouched.</summary>
internal ref struct CozeNodeFrame
{
    public ReadOnlySpan<byte> Content;
    public ReadOnlySpan<byte> Title;
    public ReadOnlySpan<byte> Type;
    public ReadOnlySpan<byte> Node;
    public ReadOnlySpan<byte> Execution;
    public bool IsFirst;
    public bool IsFinish;

    /// <summary>One run of a node; where the peer does not tell it, the node.</summary>
    public readonly ReadOnlySpan<byte> Key => !Execution.IsEmpty ? Execution : !Node.IsEmpty ? Node : Title;

    /// <summary>The workflow's output as a whole, from its end node.</summary>
    public readonly bool IsOutput => IsFirst && IsFinish && (Title.IsEmpty || Type.SequenceEqual("End"u8));

    /// <summary>Reads a frame.</summary>
    /// <exception cref="JsonException">It is no JSON object.</exception>
    public static CozeNodeFrame Read(ReadOnlySpan<byte> data)
    {
        var frame = default(CozeNodeFrame);
        var reader = new Utf8JsonReader(data);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new JsonException("No object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            switch (reader.TokenType)
            {
                case JsonTokenType.String or JsonTokenType.Number:
                    if (name.SequenceEqual("content"u8)) frame.Content = reader.ValueSpan;
                    else if (name.SequenceEqual("node_title"u8)) frame.Title = reader.ValueSpan;
                    else if (name.SequenceEqual("node_type"u8)) frame.Type = reader.ValueSpan;
                    else if (name.SequenceEqual("node_id"u8)) frame.Node = reader.ValueSpan;
                    else if (name.SequenceEqual("node_execute_uuid"u8)) frame.Execution = reader.ValueSpan;
                    else if (name.SequenceEqual("node_seq_id"u8)) frame.IsFirst = reader.ValueSpan.SequenceEqual("0"u8);
                    break;
                case JsonTokenType.True:
                    if (name.SequenceEqual("node_is_finish"u8)) frame.IsFinish = true;
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (reader.Read()) throw new JsonException("More than an object.");
        return frame;
    }
}
