using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>The members of a request's JSON object. What is absent and what is null are the same; every refusal names the field.</summary>
internal readonly struct CozeFields
{
    private const int MostDepth = 64;

    private readonly Dictionary<string, JsonElement> _members;
    private readonly string _path;

    // By names read tolerantly: the framework's look-up throws on a name with half a surrogate pair. Of two with one name the last counts.
    private CozeFields(JsonElement @object, string path)
    {
        (_members, _path) = (new(StringComparer.Ordinal), path);
        foreach (var member in @object.EnumerateObject()) _members[NameOf(member)] = member.Value;
    }

    /// <summary>The members of a body; one that is empty has none.</summary>
    public static CozeFields Of(ReadOnlyMemory<byte> body)
    {
        if (body.Span.StartsWith("\uFEFF"u8)) body = body[3..];
        if (body.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0) return new(JsonElement.Parse("{}"u8), "");
        if (!Utf8.IsValid(body.Span)) throw CozeErrors.Refused("The body is not valid UTF-8.", "body");
        try
        {
            var root = JsonElement.Parse(body.Span, new JsonDocumentOptions { MaxDepth = MostDepth });

            // Clients that send a form where they have nothing to send may send the word null.
            if (root.ValueKind == JsonValueKind.Null) root = JsonElement.Parse("{}"u8);
            return root.ValueKind == JsonValueKind.Object ? new(root, "") : throw CozeErrors.Refused("The body must be a JSON object.", "body");
        }
        catch (JsonException e)
        {
            throw CozeErrors.Refused($"The body is not valid JSON, or is nested more than {MostDepth} deep (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}).", "body");
        }
    }

    /// <summary>The members of an object within a body.</summary>
    public static CozeFields Within(JsonElement @object, string path) => new(@object, path);

    /// <summary>The member's path, as refusals name it.</summary>
    public string PathOf(string name) => _path.Length == 0 ? name : $"{_path}.{name}";

    /// <summary>The member, unless it is absent or null.</summary>
    public JsonElement? Find(string name)
        => _members.TryGetValue(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;

    /// <summary>A string, or null.</summary>
    public string? Text(string name)
    {
        if (Find(name) is not { } member) return null;
        return member.ValueKind == JsonValueKind.String ? TextOf(member) : throw Wrong(name, "must be a string");
    }

    /// <summary>A string that is not empty.</summary>
    public string Required(string name)
        => Text(name) is { Length: > 0 } text ? text : throw Wrong(name, "is required");

    /// <summary>A truth value.</summary>
    public bool Flag(string name, bool otherwise)
    {
        if (Find(name) is not { } member) return otherwise;
        return member.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Wrong(name, "must be true or false"),
        };
    }

    /// <summary>An integer within bounds.</summary>
    public int Number(string name, int otherwise, int least, int most)
    {
        if (Find(name) is not { } member) return otherwise;
        return member.ValueKind == JsonValueKind.Number && member.TryGetInt32(out var number) && number >= least && number <= most
            ? number
            : throw Wrong(name, $"must be an integer from {least} to {most}");
    }

    /// <summary>The objects of an array; none if it is absent.</summary>
    public IReadOnlyList<CozeFields> Objects(string name, int most, string? tooMany = null)
    {
        if (Find(name) is not { } member) return [];
        if (member.ValueKind != JsonValueKind.Array) throw Wrong(name, "must be an array");
        if (member.GetArrayLength() > most) throw CozeErrors.Refused($"{PathOf(name)} has more than {most} entries.", PathOf(name), tooMany);
        var objects = new List<CozeFields>();
        foreach (var entry in member.EnumerateArray())
        {
            var path = $"{PathOf(name)}[{objects.Count}]";
            objects.Add(entry.ValueKind == JsonValueKind.Object ? new(entry, path) : throw CozeErrors.Refused($"{path} must be an object.", path));
        }

        return objects;
    }

    /// <summary>Key-value pairs as a client keeps them with a thing: at most 16, keys of 1 to 64 and values of 1 to 512 characters. Null if absent.</summary>
    public ValueList<KeyValuePair<string, string>>? Metadata(string name)
    {
        if (Find(name) is null) return null;
        var pairs = Pairs(name, lenient: false);
        if (pairs.Count > 16) throw CozeErrors.Refused($"{PathOf(name)} has more than 16 pairs.", PathOf(name), CozeErrors.TooMuchMetadata);
        foreach (var (key, value) in pairs)
        {
            if (Length(key) is < 1 or > 64)
                throw CozeErrors.Refused($"A key of {PathOf(name)} must have 1 to 64 characters.", PathOf(name), CozeErrors.TooMuchMetadata);
            if (Length(value) is < 1 or > 512)
                throw CozeErrors.Refused($"The value of {PathOf(name)}.{key} must have 1 to 512 characters.", PathOf(name), CozeErrors.TooMuchMetadata);
        }

        return pairs;
    }

    /// <summary>Key-value pairs; with <paramref name="lenient"/> a value that is no string counts as its JSON text, and null as none.</summary>
    public ValueList<KeyValuePair<string, string>> Pairs(string name, bool lenient)
    {
        if (Find(name) is not { } member) return [];
        if (member.ValueKind != JsonValueKind.Object) throw Wrong(name, "must be an object");
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (var pair in member.EnumerateObject())
        {
            var key = NameOf(pair);
            if (pair.Value.ValueKind == JsonValueKind.Null && lenient) continue;
            var value = pair.Value.ValueKind == JsonValueKind.String ? TextOf(pair.Value)
                : lenient ? pair.Value.GetRawText()
                : throw CozeErrors.Refused($"{PathOf(name)}.{key} must be a string.", $"{PathOf(name)}.{key}");

            // Of two members with one name the last counts, as in most parsers.
            pairs.RemoveAll(earlier => earlier.Key == key);
            pairs.Add(new(key, value));
        }

        return pairs.ToValueList();
    }

    /// <summary>An object as JSON text; a string that holds one is taken for it.</summary>
    public RawJson? Json(string name)
    {
        if (Find(name) is not { } member) return null;
        if (member.ValueKind == JsonValueKind.String)
        {
            var text = TextOf(member);
            if (text.Length == 0) return null;
            try
            {
                member = JsonElement.Parse(text);
            }
            catch (JsonException)
            {
                throw Wrong(name, "must be an object");
            }
        }

        return member.ValueKind == JsonValueKind.Object ? CozeJsonText.Compact(member) : throw Wrong(name, "must be an object");
    }

    /// <summary>The members that are none of these, kept for a peer that knows them; null if there are none.</summary>
    public Leftover? Except(ReadOnlySpan<string> known)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        var line = new JsonLine(buffer, JsonEscaping.Go).Object();
        var any = false;
        foreach (var (name, value) in _members)
        {
            if (known.Contains(name) || value.ValueKind == JsonValueKind.Null) continue;
            any = true;
            CozeJsonText.Copy(value, line.Name(name));
        }

        line.EndObject();
        return any ? new Leftover(Protocol.Coze, CozeJsonText.ToJson(buffer)) : null;
    }

    /// <summary>A refusal that names the field.</summary>
    public RunException Wrong(string name, string what) => CozeErrors.Refused($"{PathOf(name)} {what}.", PathOf(name));

    /// <summary>A string's text, whatever is in it.</summary>
    public static string TextOf(JsonElement text) => JsonText.ReadTolerant(JsonMarshal.GetRawUtf8Value(text)[1..^1]);

    /// <summary>The strings of an array; none if it is absent.</summary>
    public ValueList<string> Texts(string name, int most, int longest)
    {
        if (Find(name) is not { } member) return [];
        if (member.ValueKind != JsonValueKind.Array) throw Wrong(name, "must be an array");
        if (member.GetArrayLength() > most) throw Wrong(name, $"has more than {most} entries");
        var texts = new List<string>();
        foreach (var entry in member.EnumerateArray())
        {
            var path = $"{PathOf(name)}[{texts.Count}]";
            if (entry.ValueKind != JsonValueKind.String) throw CozeErrors.Refused($"{path} must be a string.", path);
            if (Length(TextOf(entry)) > longest) throw CozeErrors.Refused($"{path} must have at most {longest} characters.", path);
            texts.Add(TextOf(entry));
        }

        return texts.ToValueList();
    }

    private static string NameOf(JsonProperty property) => JsonText.ReadTolerant(JsonMarshal.GetRawUtf8PropertyName(property));

    /// <summary>Characters, not UTF-16 units: an emoji counts once.</summary>
    public static int Length(string text)
    {
        var length = 0;
        foreach (var _ in text.EnumerateRunes()) length++;
        return length;
    }
}
