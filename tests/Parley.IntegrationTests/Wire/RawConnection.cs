using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Parley.IntegrationTests.Wire;

/// <summary>A connection on which a test says what no HTTP client would.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    /// <summary>Connects.</summary>
    public static async Task<RawConnection> OpenAsync(IPEndPoint server)
    {
        var connection = new RawConnection();
        await connection._socket.ConnectAsync(server);
        return connection;
    }

    /// <summary>Sends text as UTF-8; lines end as the text says.</summary>
    public async Task SendAsync(string text) => await _socket.SendAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>A POST with a length of its own choice.</summary>
    public Task SendPostAsync(string path, string key, int length, string body)
        => SendAsync($"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}");

    /// <summary>Reads until a text is there.</summary>
    public async Task<string> ReadUntilAsync(string text)
    {
        var seen = new StringBuilder();
        var buffer = new byte[16 << 10];
        using var limit = new CancellationTokenSource(Servers.Patience.Limit);
        while (!seen.ToString().Contains(text, StringComparison.Ordinal))
        {
            var count = await _socket.ReceiveAsync(buffer, SocketFlags.None, limit.Token);
            if (count == 0) throw new EndOfStreamException($"Before \"{text}\" came: {seen}");
            seen.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }

        return seen.ToString();
    }

    /// <summary>Takes so many bytes at most, at least one.</summary>
    public async Task TakeAsync(int bytes)
    {
        using var limit = new CancellationTokenSource(Servers.Patience.Limit);
        if (await _socket.ReceiveAsync(new byte[bytes], SocketFlags.None, limit.Token) == 0) throw new EndOfStreamException("The server ended the connection.");
    }

    /// <summary>Reads until the server ends the connection, and gives everything.</summary>
    public async Task<string> ReadToEndAsync(Action<int>? received = null)
    {
        var seen = new MemoryStream();
        var buffer = new byte[16 << 10];
        using var limit = new CancellationTokenSource(Servers.Patience.Limit);
        try
        {
            while (await _socket.ReceiveAsync(buffer, SocketFlags.None, limit.Token) is > 0 and var count)
            {
                seen.Write(buffer, 0, count);
                received?.Invoke(count);
            }
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // It may well end it this way: we had not sent what it waited for.
        }

        return Encoding.UTF8.GetString(seen.ToArray());
    }

    /// <summary>Ends the connection with a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public void Dispose() => _socket.Dispose();
}
