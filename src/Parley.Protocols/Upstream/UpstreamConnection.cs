using System.Net;
using System.Net.Sockets;

namespace Parley.Protocols.Upstream;

/// <summary>How connections to peers are made.</summary>
internal static class UpstreamConnection
{
    private static readonly HttpRequestOptionsKey<TimeSpan> ConnectTimeout = new("parley.connect");

    public static void SetConnectTimeout(HttpRequestMessage request, TimeSpan timeout) => request.Options.Set(ConnectTimeout, timeout);

    public static SocketsHttpHandler NewHandler(TimeProvider time) => new()
    {
        // A redirect would take the key and the conversation to whoever is named there.
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        Proxy = new ProxyExceptLoopback(),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        // Disposing an answer that was not read to its end closes the connection at once, so that the peer stops working.
        MaxResponseDrainSize = 0,
        ConnectTimeout = Timeout.InfiniteTimeSpan,
        ConnectCallback = (context, cancellationToken) => ConnectAsync(context, time, cancellationToken),
    };

    // The handler's own time limit is one for all peers, and by the real clock.
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!context.InitialRequestMessage.Options.TryGetValue(ConnectTimeout, out var timeout)) timeout = new UpstreamTimeouts().Connect;
        using var timer = new CancellationTokenSource(timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, both.Token).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (OperationCanceledException exception) when (timer.IsCancellationRequested)
        {
            socket.Dispose();
            throw new TimeoutException("The connection was not made in time.", exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // The system's proxy, but not for a model server on this machine.
    private sealed class ProxyExceptLoopback : IWebProxy
    {
        public ICredentials? Credentials
        {
            get => HttpClient.DefaultProxy.Credentials;
            set => HttpClient.DefaultProxy.Credentials = value;
        }

        public Uri? GetProxy(Uri destination) => HttpClient.DefaultProxy.GetProxy(destination);

        public bool IsBypassed(Uri host) => host.IsLoopback || HttpClient.DefaultProxy.IsBypassed(host);
    }
}
