using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Parley.Protocols.Json;

namespace Parley.Protocols.Coze;

/// <summary>
/// The content of a message of type <c>function_call</c>, both ways: JSON in a string, with numbers inside that a double does not hold.
/// </summary>
internal static class CozeCalls
{
    private static readonly string[] Known = ["name", "arguments"];

    /// <summary>The call, its arguments as they are written, and what else was said of it; null if it is none.</summary>
    public static (string Name, string Arguments, Leftover? Leftover)? Read(string content)
    {
        try
        {
            var call = JsonElement.Parse(content);
            if (call.ValueKind != JsonValueKind.Object) return null;
            string? name = null;
            var arguments = "";
            foreach (var member in call.EnumerateObject())
            {
                if (member.NameEquals("name") && member.Value.ValueKind == JsonValueKind.String) name = CozeFields.TextOf(member.Value);
                else if (member.NameEquals("arguments")) arguments = ArgumentsOf(member.Value);
            }

            return name is null ? null : (name, arguments, LeftoverOf(call));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>A call as content.</summary>
    public static string Write(string name, string arguments, Leftover? leftover)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var line = new JsonLine(buffer, JsonEscaping.Go).Object().String("name"u8, name).Name("arguments"u8);
        if (IsObject(arguments)) line.Raw(Encoding.UTF8.GetBytes(arguments));
        else line.String(arguments);
        CozeJsonText.WriteLeftover(leftover, line);
        line.EndObject();
        return CozeJsonText.ToText(buffer);
    }

    /// <summary>Whether two texts of arguments say the same, however they are spaced.</summary>
    public static bool AreSame(string one, string other)
        => one == other || (IsObject(one) && IsObject(other) && CozeJsonText.Compact(JsonElement.Parse(one)) == CozeJsonText.Compact(JsonElement.Parse(other)));

    private static string ArgumentsOf(JsonElement arguments) => arguments.ValueKind switch
    {
        JsonValueKind.String => CozeFields.TextOf(arguments),
        JsonValueKind.Null => "",
        _ => Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(arguments)),
    };

    // Here a plug-in's numeric ids are part of what was called, not of where it stood.
    private static Leftover? LeftoverOf(JsonElement call)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var line = new JsonLine(buffer, JsonEscaping.Go).Object();
        var any = false;
        foreach (var member in call.EnumerateObject())
        {
            var name = JsonText.ReadTolerant(JsonMarshal.GetRawUtf8PropertyName(member));
            if (Known.Contains(name)) continue;
            any = true;
            CozeJsonText.Copy(member.Value, line.Name(name));
        }

        line.EndObject();
        return any ? new Leftover(Protocol.Coze, CozeJsonText.ToJson(buffer)) : null;
    }

    private static bool IsObject(string arguments)
    {
        if (arguments is not ['{', .., '}']) return false;
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(arguments));
            while (reader.Read())
            {
                // Only whether it is JSON at all is asked.
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
