using System.Buffers;
using System.Net.WebSockets;
using System.Threading.Channels;
using Parley.AspNetCore.Configuration;

namespace Parley.AspNetCore.Endpoints;

/// <summary>The messages of a WebSocket: texts, of which each is one JSON value.</summary>
/// <param name="socket">The connection.</param>
/// <param name="limits">How large a message may be, and how long a client may take nothing.</param>
/// <param name="time">The clock.</param>
/// <param name="abort">Breaks the connection.</param>
internal sealed class SocketMessages(WebSocket socket, LimitOptions limits, TimeProvider time, Action abort)
{
    /// <summary>How long a close may take.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private static ReadOnlySpan<byte> DataField => "\ndata: "u8;

    /// <summary>Reads messages until the client closes or breaks the rules; a connection that breaks is told by <paramref name="gone"/>.</summary>
    public async Task ReadAsync(ChannelWriter<ReadOnlyMemory<byte>> into, CancellationTokenSource gone)
    {
        try
        {
            while (await ReadOneAsync(gone.Token) is { } message) await into.WriteAsync(message, gone.Token);

            // Whoever says goodbye waits for nothing any more.
            into.Complete();
            await gone.CancelAsync();
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            into.TryComplete();
            await gone.CancelAsync();
        }
    }

    /// <summary>Sends one message. A client that takes nothing for long enough is gone, although its connection stands.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> message, CancellationToken gone)
    {
        var sent = socket.SendAsync(message, WebSocketMessageType.Text, true, gone);
        if (sent.IsCompletedSuccessfully) return;
        try
        {
            await sent.AsTask().WaitAsync(limits.Unread, time, gone);
        }
        catch (TimeoutException)
        {
            abort();
            throw new OperationCanceledException();
        }
    }

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
    public async Task CloseAsync(WebSocketCloseStatus? status)
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived)) return;
        using var timer = new CancellationTokenSource(Farewell, time);
        try
        {
            await socket.CloseOutputAsync(status ?? socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure, null, timer.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // It has gone without.
        }
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
            if (message.WrittenCount > limits.Body) return await RefuseAsync(WebSocketCloseStatus.MessageTooBig, $"A message must have at most {limits.Body} bytes.", cancellationToken);
            if (result.EndOfMessage) return message.WrittenSpan.ToArray();
        }
    }

    private async Task<ReadOnlyMemory<byte>?> RefuseAsync(WebSocketCloseStatus status, string why, CancellationToken cancellationToken)
    {
        await socket.CloseOutputAsync(status, why, cancellationToken);
        return null;
    }
}
