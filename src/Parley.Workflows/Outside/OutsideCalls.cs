using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Parley.Workflows.Outside;

/// <summary>
/// The one way by which workflows call others over HTTP: only hosts that the settings name, no redirects, and limits on the time and size of an answer. An
/// address is looked at when the connection is made, so that a name cannot change its mind in between.
/// </summary>
public sealed class OutsideCalls : IDisposable
{
    /// <summary>How many bytes of an answer are read.</summary>
    internal const int LargestAnswer = 1 << 20;

    /// <summary>How long a call may take where the workflow does not say.</summary>
    internal static readonly TimeSpan UsualTime = TimeSpan.FromSeconds(30);

    private const int ShownOfFailure = 256;

    private static readonly TimeSpan LongestTime = TimeSpan.FromMinutes(10);

    private readonly OutsideHosts _hosts;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;

    /// <param name="hosts">The hosts that may be called.</param>
    /// <param name="time">The clock.</param>
    public OutsideCalls(OutsideHosts hosts, TimeProvider time)
    {
        (_hosts, _time) = (hosts, time);
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            // A proxy would look names up itself, and nobody would look at the addresses.
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.All,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxResponseDrainSize = 0,
            ConnectCallback = ConnectAsync,
        });
    }

    /// <summary>Reads the URL of a property.</summary>
    /// <exception cref="WorkflowException">It is none, or its host may not be called.</exception>
    internal Uri Allow(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var parsed) || parsed.Scheme is not ("http" or "https")) throw new WorkflowException("the URL must begin with http:// or https:// and name a host", "http_url");
        if (parsed.UserInfo.Length > 0) throw new WorkflowException("the URL must not hold a user and password; put them into a header", "http_url");
        return _hosts.MayCall(parsed) ? parsed : throw new WorkflowException($"the host {parsed.Authority} may not be called; whoever runs the server lists it in workflows.hosts", "host_not_allowed");
    }

    /// <summary>Calls, and has the answer read.</summary>
    /// <exception cref="WorkflowException">The peer is out of reach, takes too long, or answers too much.</exception>
    internal async Task<T> SendAsync<T>(
        HttpRequestMessage request, TimeSpan time, Func<HttpResponseMessage, Stream, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        var host = request.RequestUri!.Authority;
        using var timer = new CancellationTokenSource(time < LongestTime ? time : LongestTime, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            using var response = await _http.SendAsync(request, both.Token).ConfigureAwait(false);
            var body = await response.Content.ReadAsStreamAsync(both.Token).ConfigureAwait(false);
            await using var _ = body.ConfigureAwait(false);
            using var limited = new LimitedStream(body, LargestAnswer);
            return await read(response, limited, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new WorkflowException($"{host} did not answer in time", "http_timeout", exception);
        }
        catch (Exception exception) when (exception.InnerException is WorkflowException refused)
        {
            throw new WorkflowException(refused.Message, refused.Code, exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or InvalidDataException)
        {
            throw new WorkflowException($"{host} cannot be reached, or broke off", "http_failed", exception);
        }
    }

    /// <summary>A whole answer as text.</summary>
    internal static async Task<string> ReadTextAsync(HttpResponseMessage response, Stream body, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        await body.CopyToAsync(bytes, cancellationToken).ConfigureAwait(false);
        bytes.Position = 0;
        using var reader = new StreamReader(bytes, EncodingOf(response), detectEncodingFromByteOrderMarks: true);
        return await reader.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The failure that an answer is which says no, with the beginning of what it says.</summary>
    internal static WorkflowException Refusal(HttpResponseMessage response, string text)
    {
        var shown = (text.Length <= ShownOfFailure ? text : text[..ShownOfFailure] + "…").ReplaceLineEndings(" ");
        return new WorkflowException($"{response.RequestMessage!.RequestUri!.Authority} answered with status {(int)response.StatusCode}{(shown.Length == 0 ? "" : ": " + shown)}", "http_status");
    }

    /// <summary>Puts a header where it belongs.</summary>
    /// <exception cref="WorkflowException">It is no header.</exception>
    internal static void AddHeader(HttpRequestMessage request, string name, string value)
    {
        if (value.AsSpan().IndexOfAny('\r', '\n', '\0') < 0)
        {
            if (request.Headers.TryAddWithoutValidation(name, value)) return;
            if (request.Content?.Headers is { } headers)
            {
                headers.Remove(name);
                if (headers.TryAddWithoutValidation(name, value)) return;
            }
            else if (name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase))
            {
                return;
            }
        }

        throw new WorkflowException($"the header {name} has a name or a value that no header may have", "http_header");
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static Encoding EncodingOf(HttpResponseMessage response)
    {
        try
        {
            return response.Content.Headers.ContentType?.CharSet is { Length: > 0 } name ? Encoding.GetEncoding(name.Trim('"')) : Encoding.UTF8;
        }
        catch (ArgumentException)
        {
            return Encoding.UTF8;
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host.Trim('[', ']'), context.DnsEndPoint.Port);
        var found = IPAddress.TryParse(host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false);
        var allowed = found.Where(address => _hosts.MayCall(host, port, address)).ToArray();
        if (allowed.Length == 0) throw new WorkflowException($"the host {host} has an address that may not be called", "host_not_allowed");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, port, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
