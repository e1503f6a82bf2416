using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Peers;

/// <summary>
/// A server on a raw socket which does exactly what a script says, down to the packet: it resets, stalls, splits and lies. It is asked in any
/// protocol of <see cref="PeerDialect"/>; the text of a request's last user message names the script.
/// </summary>
internal sealed class ScriptedPeer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<string, Func<PeerRequest, int, PeerStep[]>> _scripts = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<PeerRequest> _requests = new();
    private readonly ConcurrentQueue<Exception> _surprises = new();
    private readonly ConcurrentDictionary<string, int> _left = new(StringComparer.Ordinal);

    public ScriptedPeer()
    {
        On(PeerRequest.Cancel, new Send(Chat.Answer("200 OK", "application/json", "{\"code\":0,\"msg\":\"\",\"data\":{\"status\":\"canceled\"}}")));
        _listener.Start();
        Url = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/v1";
        _ = AcceptAsync();
    }

    /// <summary>The address for agent files.</summary>
    public string Url { get; }

    /// <summary>The requests for a script, in their order.</summary>
    public List<PeerRequest> RequestsFor(string script) => [.. _requests.Where(request => request.Script == script)];

    /// <summary>How many connections of a script the other side has ended while the peer stalled.</summary>
    public int LeftDuring(string script) => _left.GetValueOrDefault(script);

    /// <summary>Answers a script in the same way each time.</summary>
    public void On(string script, params PeerStep[] steps) => _scripts[script] = (_, _) => steps;

    /// <summary>Answers a script depending on the request, and on how many there were for it before.</summary>
    public void On(string script, Func<PeerRequest, int, PeerStep[]> steps) => _scripts[script] = steps;

    public void Dispose()
    {
        _listener.Dispose();
        if (_surprises.TryPeek(out var surprise)) throw new InvalidOperationException("The scripted peer met what it does not understand.", surprise);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = AnswerAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // Disposed.
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        client.NoDelay = true;
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                if (await ReadRequestAsync(stream) is not { } request) return;
                var before = RequestsFor(request.Script).Count;
                _requests.Enqueue(request);
                var steps = _scripts.TryGetValue(request.Script, out var script) ? script(request, before) : throw new KeyNotFoundException($"No script {request.Script}");
                foreach (var step in steps)
                    if (!await PlayAsync(client, stream, request, step)) return;
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                // The other side has left.
            }
            catch (Exception e)
            {
                _surprises.Enqueue(e);
            }
        }
    }

    private static async Task<PeerRequest?> ReadRequestAsync(NetworkStream stream)
    {
        var bytes = new MemoryStream();
        var buffer = new byte[64 << 10];
        while (await stream.ReadAsync(buffer) is > 0 and var count)
        {
            bytes.Write(buffer, 0, count);
            if (HttpTape.Read(bytes.ToArray()) is [{ IsComplete: true } message]) return new PeerRequest(message);
        }

        return null;
    }

    // False: the connection is over.
    private async Task<bool> PlayAsync(TcpClient client, NetworkStream stream, PeerRequest request, PeerStep step)
    {
        switch (step)
        {
            case Send(var bytes, var cut):
                for (var at = 0; at < bytes.Length; at += Math.Min(cut, bytes.Length - at))
                {
                    await stream.WriteAsync(bytes.AsMemory(at, Math.Min(cut, bytes.Length - at)));

                    // Without a rest between them the system joins packets.
                    if (cut < bytes.Length) await Task.Yield();
                }

                return true;
            case Await(var signal):
                await signal;
                return true;
            case Stall:
                var one = new byte[1];
                try
                {
                    await stream.ReadExactlyAsync(one);
                }
                catch (IOException)
                {
                    _left.AddOrUpdate(request.Script, 1, (_, count) => count + 1);
                }

                return false;
            case Reset:
                client.LingerState = new LingerOption(true, 0);
                client.Close();
                return false;
            case HalfClose:
                client.Client.Shutdown(SocketShutdown.Send);
                return true;
            default:
                throw new NotSupportedException(step.ToString());
        }
    }
}
