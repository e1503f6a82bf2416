using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Parley.Protocols.Json;

namespace Parley.Protocols.Recordings;

/// <summary>Writes a recording's lines, the inverse of <see cref="RecordingLine"/>.</summary>
public static class RecordingWriter
{
    /// <summary>The first line of every recording.</summary>
    public static ReadOnlySpan<byte> FirstLine => "{\"parley-recording\":1}\n"u8;

    /// <summary>Writes an entry as one line.</summary>
    public static void Write(RecordingEntry entry, IBufferWriter<byte> into)
    {
        var json = new JsonLine(into, JsonEscaping.Minimal).Object().Number("exchange"u8, entry.Exchange).Number("ms"u8, entry.Milliseconds);
        switch (entry)
        {
            case RecordedRequest request:
                json.Name("request"u8).Object()
                    .String("at"u8, request.At.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture))
                    .String("method"u8, request.Method).String("path"u8, request.Path);
                WriteHeaders(json, request.Headers);
                WriteBytes(json, request.Body.Span);
                if (request.IsCut) json.Name("cut"u8).Bool(true);
                json.EndObject();
                break;
            case RecordedResponse response:
                json.Name("response"u8).Object().Number("status"u8, response.Status);
                WriteHeaders(json, response.Headers);
                json.EndObject();
                break;
            case RecordedData data:
                WriteBytes(json, data.Bytes.Span);
                break;
            case RecordedEnd end:
                json.String("end"u8, RecordingLine.WordOf(end.How));
                break;
        }

        json.EndObject();
        into.Write("\n"u8);
    }

    // A header that came several times stands there several times.
    private static void WriteHeaders(JsonLine json, ValueList<KeyValuePair<string, string>> headers)
    {
        json.Name("headers"u8).Object();
        foreach (var (name, value) in headers) json.Name(name.AsSpan()).String(value);
        json.EndObject();
    }

    private static void WriteBytes(JsonLine json, ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes)) json.String("text"u8, Encoding.UTF8.GetString(bytes));
        else json.String("base64"u8, Convert.ToBase64String(bytes));
    }
}
