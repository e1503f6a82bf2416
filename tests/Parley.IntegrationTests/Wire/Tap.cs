using System.Net;
using System.Net.Sockets;

namespace Parley.IntegrationTests.Wire;

/// <summary>A request and what was answered, as they went over the wire.</summary>
internal sealed record Exchange(HttpMessage Request, HttpMessage Answer)
{
    /// <summary>The path without its query.</summary>
    public string Path => Request.StartLine.Split(' ')[1].Split('?')[0];

    /// <summary>The status that was answered.</summary>
    public int Status => int.Parse(Answer.StartLine.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The type of the answer.</summary>
    public string ContentType => Answer.Headers.GetValueOrDefault("content-type", "");

    /// <summary>For messages of failed tests.</summary>
    public override string ToString() => $"{Request.StartLine} -> {Answer.StartLine}";
}

/// <summary>Stands between a client and a server, passes every byte on, and remembers it: so that a test sees what an SDK hides.</summary>
internal sealed class Tap : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _target;
    private readonly List<Connection> _connections = [];

    public Tap(IPEndPoint target)
    {
        _target = target;
        _listener.Start();
        Url = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _ = AcceptAsync();
    }

    /// <summary>Where clients go instead of to the server.</summary>
    public string Url { get; }

    /// <summary>What went over the wire so far.</summary>
    public List<Exchange> Exchanges()
    {
        lock (_connections) return [.. _connections.SelectMany(connection => connection.Exchanges())];
    }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                var connection = new Connection();
                lock (_connections) _connections.Add(connection);
                _ = connection.PassAsync(client, _target);
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // Disposed.
        }
    }

    private sealed class Connection
    {
        private readonly MemoryStream _up = new();
        private readonly MemoryStream _down = new();

        public IEnumerable<Exchange> Exchanges() => Read(_up).Zip(Read(_down), (request, answer) => new Exchange(request, answer));

        public async Task PassAsync(TcpClient client, IPEndPoint target)
        {
            using var server = new TcpClient { NoDelay = true };
            client.NoDelay = true;
            using (client)
            {
                try
                {
                    await server.ConnectAsync(target);

                    // Whichever side leaves first takes the other with it.
                    await Task.WhenAny(CopyAsync(client, server, _up), CopyAsync(server, client, _down));
                }
                catch (SocketException)
                {
                    // The server is gone; so is this connection.
                }
            }
        }

        private static async Task CopyAsync(TcpClient from, TcpClient to, MemoryStream tape)
        {
            var buffer = new byte[64 << 10];
            try
            {
                while (await from.GetStream().ReadAsync(buffer) is > 0 and var count)
                {
                    lock (tape) tape.Write(buffer, 0, count);
                    await to.GetStream().WriteAsync(buffer.AsMemory(0, count));
                }
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
            {
                // One of the two is gone.
            }
        }

        private static List<HttpMessage> Read(MemoryStream tape)
        {
            lock (tape) return HttpTape.Read(tape.ToArray());
        }
    }
}
