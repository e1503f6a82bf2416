using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Parley.Tests.Upstream;

/// <summary>A server on this machine which does on each connection exactly what a test tells it to.</summary>
internal sealed class ScriptedPeer : IAsyncDisposable
{
    public const string StreamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private readonly Func<PeerConnection, Task>[] _scripts;

    /// <param name="scripts">What to do on the first connection, the second, and so on; the last is repeated.</param>
    public ScriptedPeer(params Func<PeerConnection, Task>[] scripts)
    {
        _scripts = scripts;
        _listener.Start();
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/v1");
        _accepting = AcceptAsync();
    }

    public Uri Url { get; }

    public int Connections { get; private set; }

    public List<string> Requests { get; } = [];

    /// <summary>A peer that answers every request alike, and closes.</summary>
    public static ScriptedPeer Answering(params string[] responses) => new([.. responses.Select(response => (Func<PeerConnection, Task>)(async connection =>
    {
        await connection.ReadRequestAsync();
        await connection.SendAsync(response);
    }))]);

    public static string Answer(string status, string body, string headers = "") => $"HTTP/1.1 {status}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n{headers}\r\n{body}";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                open.Add(ServeAsync(socket, _scripts[Math.Min(Connections++, _scripts.Length - 1)]));
            }
        }
        catch (OperationCanceledException)
        {
        }

        await Task.WhenAll(open);
    }

    private async Task ServeAsync(Socket socket, Func<PeerConnection, Task> script)
    {
        using (socket)
        {
            try
            {
                await script(new PeerConnection(socket, Requests, _stop.Token));
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The client has gone, or the test has ended.
            }
        }
    }
}

/// <summary>A connection to the peer.</summary>
internal sealed class PeerConnection(Socket socket, List<string> requests, CancellationToken stop)
{
    private readonly byte[] _buffer = new byte[64 << 10];
    private int _length;

    /// <summary>Reads one request, head and body; null if the client has closed the connection.</summary>
    public async Task<string?> ReadRequestAsync()
    {
        while (true)
        {
            var text = Encoding.UTF8.GetString(_buffer, 0, _length);
            var head = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (head >= 0)
            {
                var lengthAt = text.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase);
                var length = lengthAt < 0 ? 0 : int.Parse(text[(lengthAt + 16)..text.IndexOf('\r', lengthAt)]);
                if (_length >= head + 4 + length)
                {
                    _length = 0;
                    requests.Add(text);
                    return text;
                }
            }

            var count = await socket.ReceiveAsync(_buffer.AsMemory(_length), stop);
            if (count == 0) return null;
            _length += count;
        }
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[await socket.SendAsync(bytes, stop)..];
    }

    /// <summary>Breaks the connection: what was sent may arrive, and then an error.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }

    /// <summary>Waits until the client has closed the connection, in whatever way.</summary>
    public async Task UntilClosedAsync()
    {
        try
        {
            while (await socket.ReceiveAsync(_buffer, stop) > 0) { }
        }
        catch (SocketException)
        {
        }
    }
}

/// <summary>A clock on which short waits are over at once and are remembered, and long ones never end.</summary>
internal sealed class HurriedTime : TimeProvider
{
    public List<TimeSpan> Waits { get; } = [];

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => 0;

    public override DateTimeOffset GetUtcNow() => ChatCompletions.ChatWire.At;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime < TimeSpan.FromMinutes(1) && dueTime >= TimeSpan.Zero)
        {
            lock (Waits) Waits.Add(dueTime);
            ThreadPool.QueueUserWorkItem(_ => callback(state));
        }

        return new Never();
    }

    private sealed class Never : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose() { }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
