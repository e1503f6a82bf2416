using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace Parley.Protocols.Upstream;

/// <summary>How connections to peers are made.</summary>
internal static class UpstreamConnection
{
    private static readonly HttpRequestOptionsKey<TimeSpan> ConnectTimeout = new("parley.connect");

    private static readonly ProductInfoHeaderValue Self = new("parley", typeof(UpstreamConnection).Assembly.GetName().Version!.ToString(3));

    /// <summary>A POST as all our calls are: the agent's own headers stand above ours.</summary>
    public static HttpRequestMessage NewRequest(Uri url, HttpContent content, string? key, ValueList<KeyValuePair<string, string>> headers, TimeSpan connect, string accept)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = content };
        foreach (var (name, value) in headers) Add(request, name, value);
        if (!request.Headers.Contains("Accept")) request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(accept));
        if (!request.Headers.Contains("User-Agent")) request.Headers.UserAgent.Add(Self);
        if (!string.IsNullOrWhiteSpace(key) && !request.Headers.Contains("Authorization")) Add(request, "Authorization", "Bearer " + key.Trim());
        request.Options.Set(ConnectTimeout, connect);
        return request;
    }

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

    // What belongs to the body, or is no header, is passed over. The framework does not look for a line end within a value, which would begin
    // a header of its own.
    private static void Add(HttpRequestMessage request, string name, string value)
    {
        if (value.AsSpan().IndexOfAny('\r', '\n', '\0') < 0) request.Headers.TryAddWithoutValidation(name, value);
    }

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
