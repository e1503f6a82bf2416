using System.Text;
using System.Text.Encodings.Web;

namespace Parley.IntegrationTests.Peers;

/// <summary>The bytes of a Chat Completions server.</summary>
internal static class Chat
{
    /// <summary>The head of a stream without a length: it ends with the connection.</summary>
    public static readonly byte[] StreamHead = Head("200 OK", "Content-Type: text/event-stream", "Connection: close");

    /// <summary>The event that says why an answer has ended.</summary>
    public static readonly byte[] Stop = Frame("""{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""");

    /// <summary>The end of a good answer.</summary>
    public static readonly byte[] Finish = [.. Stop, .. Frame("[DONE]")];

    /// <summary>The head of an answer.</summary>
    public static byte[] Head(string status, params string[] headers) => Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n");

    /// <summary>A whole answer with a length.</summary>
    public static byte[] Answer(string status, string contentType, string body, params string[] headers)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        return [.. Head(status, [$"Content-Type: {contentType}", $"Content-Length: {bytes.Length}", "Connection: close", .. headers]), .. bytes];
    }

    /// <summary>A server-sent event.</summary>
    public static byte[] Frame(string data) => Encoding.UTF8.GetBytes($"data: {data}\n\n");

    /// <summary>An event with a piece of the answer.</summary>
    public static byte[] Piece(string text)
        => Frame($$$"""{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"{{{Quote(text)}}}"},"finish_reason":null}]}""");

    /// <summary>An event with a piece of a tool call.</summary>
    public static byte[] CallPiece(int index, string? id, string? name, string arguments)
    {
        var head = id is null ? "" : $"\"id\":\"{id}\",\"type\":\"function\",";
        var named = name is null ? "" : $"\"name\":\"{name}\",";
        return Frame($$$"""{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":{{{index}}},{{{head}}}"function":{{{{named}}}"arguments":"{{{Quote(arguments)}}}"}}]},"finish_reason":null}]}""");
    }

    /// <summary>The end of an answer that asks for tools.</summary>
    public static byte[] FinishWithCalls()
        => [.. Frame("""{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"""), .. Frame("[DONE]")];

    /// <summary>A good stream of these pieces.</summary>
    public static Send Stream(params string[] pieces) => new([.. StreamHead, .. pieces.SelectMany(Piece), .. Finish]);

    private static string Quote(string text) => JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text);
}
