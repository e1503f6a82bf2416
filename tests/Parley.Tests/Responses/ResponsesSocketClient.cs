using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Parley.Tests.Responses;

/// <summary>A client of the WebSocket transport.</summary>
internal sealed class ResponsesSocketClient(ClientWebSocket socket) : IDisposable
{
    /// <summary>Sends a request; what comes up to its last event, or its error.</summary>
    public async Task<List<JsonElement>> AskAsync(string body)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(body), WebSocketMessageType.Text, endOfMessage: true, TestContext.Current.CancellationToken);
        var events = new List<JsonElement>();
        while (events.Count == 0 || events[^1].GetProperty("type").GetString() is not ("response.completed" or "response.incomplete" or "response.failed" or "error")) events.Add(await ReceiveAsync());
        return events;
    }

    public void Dispose() => socket.Dispose();

    private async Task<JsonElement> ReceiveAsync()
    {
        var buffer = new byte[1 << 16];
        var length = 0;
        ValueWebSocketReceiveResult part;
        do
        {
            part = await socket.ReceiveAsync(buffer.AsMemory(length), TestContext.Current.CancellationToken);
            Assert.Equal(WebSocketMessageType.Text, part.MessageType);
            length += part.Count;
        }
        while (!part.EndOfMessage);
        return JsonElement.Parse(buffer.AsSpan(0, length));
    }
}
