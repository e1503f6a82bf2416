using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Parley.Protocols.Json;

namespace Parley.Protocols.Coze;

/// <summary>Copies foreign JSON onto one line, in the room's own escaping.</summary>
internal static class CozeJsonText
{
    public static RawJson Compact(JsonElement value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        Copy(value, new JsonLine(buffer, JsonEscaping.Go));
        return ToJson(buffer);
    }

    public static void Copy(JsonElement value, JsonLine line)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                line.Object();
                foreach (var member in value.EnumerateObject())
                    Copy(member.Value, line.Name(JsonText.ReadTolerant(JsonMarshal.GetRawUtf8PropertyName(member))));
                line.EndObject();
                break;
            case JsonValueKind.Array:
                line.Array();
                foreach (var entry in value.EnumerateArray()) Copy(entry, line);
                line.EndArray();
                break;
            case JsonValueKind.String:
                line.String(CozeFields.TextOf(value));
                break;
            default:
                line.Raw(JsonMarshal.GetRawUtf8Value(value));
                break;
        }
    }

    /// <summary>The members of an object but for those named and those that say where or what a thing was at a peer; null if none is left.</summary>
    public static Leftover? LeftoverOf(JsonElement value, ReadOnlySpan<string> known)
    {
        if (value.ValueKind != JsonValueKind.Object) return null;
        var buffer = new ArrayBufferWriter<byte>();
        var line = new JsonLine(buffer, JsonEscaping.Go).Object();
        var any = false;
        foreach (var member in value.EnumerateObject())
        {
            var name = JsonText.ReadTolerant(JsonMarshal.GetRawUtf8PropertyName(member));
            if (known.Contains(name) || IsIdentity(name) || member.Value.ValueKind == JsonValueKind.Null) continue;
            any = true;
            Copy(member.Value, line.Name(name));
        }

        line.EndObject();
        return any ? new Leftover(Protocol.Coze, ToJson(buffer)) : null;
    }

    /// <summary>Writes the members of a leftover of this protocol into an open object.</summary>
    public static void WriteLeftover(Leftover? leftover, JsonLine line)
    {
        if (leftover is null || leftover.Protocol != Protocol.Coze) return;
        foreach (var member in JsonElement.Parse(leftover.Members.Text).EnumerateObject()) Copy(member.Value, line.Name(member.Name));
    }

    public static RawJson ToJson(ArrayBufferWriter<byte> buffer) => new(Encoding.UTF8.GetString(buffer.WrittenSpan));

    public static string ToText(ArrayBufferWriter<byte> buffer) => Encoding.UTF8.GetString(buffer.WrittenSpan);

    private static bool IsIdentity(string name)
        => name is "id" or "sequence_number" or "output_index" or "logid" or "debug_url" or "created_by" || name.EndsWith("_id", StringComparison.Ordinal);
}
