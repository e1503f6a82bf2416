using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.Tongyi;

/// <summary>
/// JSON within a string, as thoughts and plugins have it, both ways. Some peers put it into a string twice, some not at all. Whatever cannot be
/// understood is null, and nothing throws.
/// </summary>
internal static class TongyiInner
{
    // How often a text may be wrapped in another.
    private const int Deepest = 3;

    /// <summary>The inside of the member <c>content</c> of a thought, escapes untouched; null if it is none.</summary>
    public static byte[]? ThoughtIn(ReadOnlySpan<byte> content, bool isJson)
    {
        try
        {
            var json = new Utf8JsonReader(Unwrapped(content, isJson));
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return null;
            byte[]? thought = null;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var isContent = json.ValueTextEquals("content"u8);
                json.Read();
                if (isContent && json.TokenType == JsonTokenType.String) thought = json.ValueSpan.ToArray();
                else json.Skip();
            }

            return json.Read() ? null : thought;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The pages that a search found or an answer refers to; null if they cannot be told.</summary>
    public static ValueList<Source>? SourcesIn(string content, string member)
    {
        try
        {
            var object_ = JsonElement.Parse(Unwrapped(Encoding.UTF8.GetBytes(content), isJson: true));
            if (object_.ValueKind != JsonValueKind.Object || !object_.TryGetProperty(member, out var list)) return null;
            if (list.ValueKind == JsonValueKind.String) list = JsonElement.Parse(Unwrapped(JsonMarshal.GetRawUtf8Value(list), isJson: true));
            if (list.ValueKind != JsonValueKind.Array) return null;
            var sources = new List<Source>();
            foreach (var entry in list.EnumerateArray())
            {
                if (entry.ValueKind != JsonValueKind.Object) return null;

                // So upstream writes one that cannot be shown any more.
                if (TextOf(entry, "url") is var url && url == "expired_url") continue;
                sources.Add(new Source(TextOf(entry, "title"), url, TextOf(entry, "body")));
            }

            return sources.ToValueList();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A string member of an object; null if it is absent, empty or no string.</summary>
    public static string? TextOf(JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out var text) || text.ValueKind != JsonValueKind.String) return null;
        var value = JsonText.ReadTolerant(JsonMarshal.GetRawUtf8Value(text)[1..^1]);
        return value.Length > 0 ? value : null;
    }

    /// <summary>Writes a thought, or a piece of one, as the inside of a string.</summary>
    public static void WriteThought(string thought, ArrayBufferWriter<byte> scratch, IBufferWriter<byte> into)
    {
        scratch.ResetWrittenCount();
        new JsonLine(scratch, JsonEscaping.Minimal).Object().String("content"u8, thought).EndObject();
        JsonText.WriteEscaped(Encoding.UTF8.GetString(scratch.WrittenSpan), into, JsonEscaping.Minimal);
    }

    /// <summary>JSON of pages: with what stands on them as the result of a search, else as links.</summary>
    public static string OfSources(ValueList<Source> sources, bool isSearch)
    {
        if (!isSearch)
        {
            return JsonLine.ToRawJson(json =>
            {
                json.Object().Name("links"u8).Array();
                foreach (var source in sources) json.Object().String("title"u8, source.Title ?? "").String("url"u8, source.Url ?? "").EndObject();
                json.EndArray().EndObject();
            }).Text;
        }

        var result = JsonLine.ToRawJson(json =>
        {
            json.Array();
            foreach (var source in sources)
                json.Object().String("body"u8, source.Text ?? "").String("title"u8, source.Title ?? "").String("url"u8, source.Url ?? "").EndObject();
            json.EndArray();
        });
        return JsonLine.ToRawJson(json => json.Object().String("pluginResult"u8, result.Text).EndObject()).Text;
    }

    private static byte[] Unwrapped(ReadOnlySpan<byte> content, bool isJson)
    {
        var text = isJson ? content.ToArray() : Unescape(content);
        for (var depth = 0; depth < Deepest; depth++)
        {
            var trimmed = text.AsSpan().Trim(" \t\r\n"u8);
            if (trimmed.Length < 2 || trimmed[0] != '"' || trimmed[^1] != '"') break;
            text = Unescape(trimmed[1..^1]);
        }

        return text;
    }

    // Half a surrogate pair has no bytes of its own. Its escape means the same in the text within, whose other half may be in the next frame.
    private static byte[] Unescape(ReadOnlySpan<byte> escaped)
    {
        var into = new ArrayBufferWriter<byte>(escaped.Length + 1);
        while (escaped.IndexOf("\\u"u8) is var at and >= 0)
        {
            // A backslash that is itself escaped begins nothing.
            var slashes = 1;
            while (at - slashes >= 0 && escaped[at - slashes] == '\\') slashes++;
            var isSurrogate = slashes % 2 == 1 && at + 6 <= escaped.Length && (escaped[at + 2] | 0x20) == 'd' && escaped[at + 3] is not (>= (byte)'0' and <= (byte)'7');
            var end = isSurrogate ? at : at + 2;
            if (!isSurrogate && slashes % 2 == 1) end = Math.Min(at + 6, escaped.Length);
            Encoding.UTF8.GetBytes(JsonText.ReadTolerant(escaped[..end]), into);
            if (isSurrogate)
            {
                into.Write(escaped.Slice(at, 6));
                end += 6;
            }

            escaped = escaped[end..];
        }

        Encoding.UTF8.GetBytes(JsonText.ReadTolerant(escaped), into);
        return into.WrittenSpan.ToArray();
    }
}
