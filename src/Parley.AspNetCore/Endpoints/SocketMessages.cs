using System.Buffers;
using System.Net.WebSockets;
using System.Threading.Channels;

namespace Parley.AspNetCore.Endpoints;

/// <summary>The messages of a WebSocket: texts, of which each is one JSON value.</summary>
/// <param name="socket">The connection.</param>
/// <param name="limit">The largest message in bytes.</param>
internal sealed class SocketMessages(WebSocket socket, long limit)
{
    private static ReadOnlySpan<byte> DataField => "\ndata: "u8;

    /// <summary>Reads messages until the client closes or breaks the rules; a connection that breaks is told by <paramref name="gone"/>.</summary>
    public async Task ReadAsync(ChannelWriter<ReadOnlyMemory<byte>> into, CancellationTokenSource gone)
    {
        try
        {
            while (await ReadOneAsync(gone.Token) is { } message) await into.WriteAsync(message, gone.Token);
            into.Complete();
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            into.TryComplete();
            await gone.CancelAsync();
        }
    }

    /// <summary>Sends one message.</summary>
    public Task SendAsync(ReadOnlyMemory<byte> message, CancellationToken gone) => socket.SendAsync(message, WebSocketMessageType.Text, true, gone).AsTask();

    /// <summary>Sends what is in frames of a stream, each as a message of its own. A stream's last word, which is no JSON, has no place here.</summary>
    public async Task SendFramesAsync(ArrayBufferWriter<byte> frames, CancellationToken gone)
    {
        var rest = frames.WrittenMemory;
        while (rest.Span.IndexOf("\n\n"u8) is var end and >= 0)
        {
            var data = rest.Span[..end].IndexOf(DataField);
            if (data >= 0) await SendAsync(rest[(data + DataField.Length)..end], gone);
            rest = rest[(end + 2)..];
        }

        frames.ResetWrittenCount();
    }

    /// <summary>Closes the connection, or answers its client's close.</summary>
    public async Task CloseAsync(WebSocketCloseStatus? status, CancellationToken gone)
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived)) return;
        await socket.CloseOutputAsync(status ?? socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure, null, gone);
    }

    // A message; null if no more comes.
    private async Task<ReadOnlyMemory<byte>?> ReadOneAsync(CancellationToken cancellationToken)
    {
        var message = new ArrayBufferWriter<byte>(4096);
        while (true)
        {
            var result = await socket.ReceiveAsync(message.GetMemory(4096), cancellationToken);
            if (result.MessageType == WebSocketMessageType.Close) return null;
            if (result.MessageType == WebSocketMessageType.Binary) return await RefuseAsync(WebSocketCloseStatus.InvalidMessageType, "Messages must be text.", cancellationToken);
            message.Advance(result.Count);
            if (message.WrittenCount > limit) return await RefuseAsync(WebSocketCloseStatus.MessageTooBig, $"A message must have at most {limit} bytes.", cancellationToken);
            if (result.EndOfMessage) return message.WrittenMemory;
        }
    }

    private async Task<ReadOnlyMemory<byte>?> RefuseAsync(WebSocketCloseStatus status, string why, CancellationToken cancellationToken)
    {
        await socket.CloseOutputAsync(status, why, cancellationToken);
        return null;
    }
}
