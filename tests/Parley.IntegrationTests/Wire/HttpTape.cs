using System.Globalization;
using System.Text;

namespace Parley.IntegrationTests.Wire;

/// <summary>An HTTP/1.1 message as its bytes say it.</summary>
internal sealed record HttpMessage(string StartLine, IReadOnlyDictionary<string, string> Headers, byte[] Body, bool IsComplete);

/// <summary>Takes HTTP/1.1 messages out of the bytes of one direction of a connection.</summary>
internal static class HttpTape
{
    /// <summary>All messages; of the last, as much as there is.</summary>
    public static List<HttpMessage> Read(ReadOnlySpan<byte> bytes)
    {
        var messages = new List<HttpMessage>();
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOf("\r\n\r\n"u8);
            if (end < 0) break;
            var head = Encoding.Latin1.GetString(bytes[..end]).Split("\r\n");
            bytes = bytes[(end + 4)..];
            var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            foreach (var line in head.Skip(1))
            {
                var colon = line.IndexOf(':');
                headers[line[..colon].Trim()] = line[(colon + 1)..].Trim();
            }

            var body = headers.TryGetValue("transfer-encoding", out var coding) && coding == "chunked" ? ReadChunks(ref bytes, out var complete)
                : ReadLength(headers, ref bytes, out complete);
            messages.Add(new HttpMessage(head[0], headers, body, complete));
        }

        return messages;
    }

    private static byte[] ReadLength(Dictionary<string, string> headers, ref ReadOnlySpan<byte> bytes, out bool complete)
    {
        var length = headers.TryGetValue("content-length", out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : 0;
        complete = bytes.Length >= length;
        var body = bytes[..Math.Min(length, bytes.Length)].ToArray();
        bytes = bytes[body.Length..];
        return body;
    }

    private static byte[] ReadChunks(ref ReadOnlySpan<byte> bytes, out bool complete)
    {
        var body = new List<byte>();
        complete = false;
        while (true)
        {
            var line = bytes.IndexOf("\r\n"u8);
            if (line < 0) break;
            var size = int.Parse(Encoding.Latin1.GetString(bytes[..line]), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            bytes = bytes[(line + 2)..];
            body.AddRange(bytes[..Math.Min(size, bytes.Length)]);
            if (bytes.Length < size + 2) break;
            bytes = bytes[(size + 2)..];
            complete = size == 0;
            if (complete) return [.. body];
        }

        bytes = [];
        return [.. body];
    }
}
