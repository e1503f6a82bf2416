using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Parley.Protocols.Recordings;

/// <summary>Reads a recording's lines, the inverse of <see cref="RecordingWriter"/>. Members it does not know are passed over.</summary>
public static class RecordingLine
{
    private static readonly (ExchangeEnd How, string Word)[] Ends =
        [(ExchangeEnd.Complete, "complete"), (ExchangeEnd.Broken, "broken"), (ExchangeEnd.ClientGone, "client-gone")];

    /// <summary>Reads an entry.</summary>
    /// <exception cref="FormatException">It is none; the message says why and holds nothing of the line.</exception>
    public static RecordingEntry Read(ReadOnlySpan<byte> line)
    {
        if (TryReadData(line) is { } data) return data;
        try
        {
            var json = JsonElement.Parse(line);
            if (json.ValueKind != JsonValueKind.Object) throw new FormatException("it is not a JSON object");
            var exchange = Number(json, "exchange", 1);
            var milliseconds = Number(json, "ms", 0);
            if (exchange > int.MaxValue) throw new FormatException("the number of the exchange is too large");
            return ReadEntry(json, (int)exchange, milliseconds);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException("it is not JSON as recordings have it", e);
        }
    }

    // Most lines by far, and the long ones: read in one pass, without a copy of the text as characters. Whatever is not as usual is read the other way.
    private static RecordedData? TryReadData(ReadOnlySpan<byte> line)
    {
        try
        {
            var json = new Utf8JsonReader(line);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return null;
            int exchange = 0;
            long milliseconds = -1;
            ReadOnlyMemory<byte>? bytes = null;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("exchange"u8) && json.Read() && json.TryGetInt32(out exchange)) continue;
                if (json.ValueTextEquals("ms"u8) && json.Read() && json.TryGetInt64(out milliseconds)) continue;
                if (!json.ValueTextEquals("text"u8) || !json.Read() || json.TokenType != JsonTokenType.String) return null;
                bytes = Unescape(json);
            }

            return json.TokenType == JsonTokenType.EndObject && !json.Read() && exchange >= 1 && milliseconds >= 0 && bytes is { } read ? new RecordedData(exchange, milliseconds, read) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    // The bytes are the entry's own, so that no long line is copied twice.
    private static ReadOnlyMemory<byte>? Unescape(in Utf8JsonReader json)
    {
        if (!json.ValueIsEscaped) return Utf8.IsValid(json.ValueSpan) ? json.ValueSpan.ToArray() : null;
        var room = new byte[json.ValueSpan.Length];
        return room.AsMemory(0, json.CopyString(room));
    }

    /// <summary>Reads the first line.</summary>
    /// <exception cref="FormatException">It is not that of a recording of this version.</exception>
    public static void ReadFirst(ReadOnlySpan<byte> line)
    {
        if (!Begins(line)) throw new FormatException("it is not the first line of a recording");
        if (!line.TrimEnd("\r\n "u8).SequenceEqual(RecordingWriter.FirstLine[..^1])) throw new FormatException("the recording is of a version that is not known");
    }

    /// <summary>Whether bytes are the beginning of a recording, of any version.</summary>
    public static bool Begins(ReadOnlySpan<byte> bytes) => bytes.StartsWith("{\"parley-recording\":"u8);

    /// <summary>Whether bytes are the beginning of a recording whose first line is missing or damaged.</summary>
    internal static bool LacksHead(ReadOnlySpan<byte> bytes)
    {
        const int longest = 64;
        if (bytes.StartsWith("{\"exchange\":"u8)) return true;
        var second = bytes[..Math.Min(bytes.Length, longest)].IndexOf((byte)'\n') + 1;
        return second > 0 && bytes[second..].StartsWith("{\"exchange\":"u8);
    }

    internal static string WordOf(ExchangeEnd how) => Ends.First(end => end.How == how).Word;

    private static RecordingEntry ReadEntry(JsonElement json, int exchange, long milliseconds)
    {
        if (json.TryGetProperty("request", out var request))
        {
            if (!DateTimeOffset.TryParse(Text(request, "at"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)) throw new FormatException("\"at\" is not a time");
            var isCut = request.TryGetProperty("cut", out var cut) && cut.ValueKind == JsonValueKind.True;
            return new RecordedRequest(exchange, at, Text(request, "method"), Text(request, "path"), Headers(request), Bytes(request) ?? default, isCut);
        }

        if (json.TryGetProperty("response", out var response)) return new RecordedResponse(exchange, milliseconds, (int)Number(response, "status", 100), Headers(response));
        if (json.TryGetProperty("end", out _))
        {
            var word = Text(json, "end");
            foreach (var (how, known) in Ends)
                if (known == word) return new RecordedEnd(exchange, milliseconds, how);
            throw new FormatException("\"end\" is none of complete, broken, client-gone");
        }

        return Bytes(json) is { } bytes ? new RecordedData(exchange, milliseconds, bytes) : throw new FormatException("it has neither request, response, text, base64 nor end");
    }

    private static long Number(JsonElement json, string name, long least)
        => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= least
            ? number
            : throw new FormatException($"\"{name}\" is not a whole number from {least} on");

    private static string Text(JsonElement json, string name)
        => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new FormatException($"\"{name}\" is not a text");

    private static ValueList<KeyValuePair<string, string>> Headers(JsonElement json)
    {
        if (!json.TryGetProperty("headers", out var headers) || headers.ValueKind != JsonValueKind.Object) throw new FormatException("\"headers\" is not an object");
        var read = new List<KeyValuePair<string, string>>();
        foreach (var header in headers.EnumerateObject()) read.Add(new(header.Name, header.Value.GetString() ?? ""));
        return read.ToValueList();
    }

    private static ReadOnlyMemory<byte>? Bytes(JsonElement json)
    {
        if (json.TryGetProperty("text", out _)) return Encoding.UTF8.GetBytes(Text(json, "text"));
        if (!json.TryGetProperty("base64", out var base64)) return null;
        return base64.ValueKind == JsonValueKind.String && base64.TryGetBytesFromBase64(out var bytes) ? bytes : throw new FormatException("\"base64\" is not base64");
    }
}
