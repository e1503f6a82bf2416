using System.Net;
using System.Text;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Parley.Protocols.Recordings;

namespace Parley.Cli.Recorder;

/// <summary>Passes every exchange on to the upstream, byte by byte as it comes, and records it.</summary>
internal sealed class RecordingProxy(Uri upstream, RecordingFile file, TimeProvider time, Action<HttpRequest, ExchangeRecorder, ExchangeEnd> report, CancellationToken stopping) : IDisposable
{
    private const int PieceLength = 64 << 10;

    // What concerns one connection only (RFC 9110, 7.6.1), and what this proxy decides itself. Without Accept-Encoding a recording is text.
    private static readonly HashSet<string> NotPassedOn = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
        "Host", "Expect", "Accept-Encoding", "Content-Length",
    };

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
    });

    /// <summary>Serves one exchange.</summary>
    public async Task ServeAsync(HttpContext context)
    {
        var request = context.Request;
        var path = PathOf(context);
        var headers = request.Headers.SelectMany(header => header.Value, (header, value) => KeyValuePair.Create(header.Key, TextOf(value ?? ""))).ToList();
        using var recorder = new ExchangeRecorder(file, time, request.Method, path, headers);
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        var how = ExchangeEnd.Broken;
        try
        {
            how = await PassAsync(context, recorder, path, leave.Token);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            how = context.RequestAborted.IsCancellationRequested ? ExchangeEnd.ClientGone : ExchangeEnd.Broken;

            // The client must see that the answer is not whole.
            context.Abort();
        }
        finally
        {
            recorder.End(how);
            report(request, recorder, how);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<ExchangeEnd> PassAsync(HttpContext context, ExchangeRecorder recorder, string path, CancellationToken cancellationToken)
    {
        using var request = NewRequest(context, recorder, path);
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError)
        {
            await RefuseAsync(context, recorder, cancellationToken);
            return ExchangeEnd.Complete;
        }
        catch (OperationCanceledException e) when (e.InnerException is TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            // Nobody took the connection in time.
            await RefuseAsync(context, recorder, cancellationToken);
            return ExchangeEnd.Complete;
        }

        using (response)
        {
            await AnswerAsync(context, recorder, response, cancellationToken);
            return ExchangeEnd.Complete;
        }
    }

    private HttpRequestMessage NewRequest(HttpContext context, ExchangeRecorder recorder, string path)
    {
        var url = new Uri(
            upstream.GetLeftPart(UriPartial.Authority) + upstream.AbsolutePath.TrimEnd('/') + path,
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(HttpMethod.Parse(context.Request.Method), url) { Version = HttpVersion.Version11 };
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true) request.Content = new PassedBody(context.Request.Body, context.Request.ContentLength, recorder);
        else recorder.RequestEnds();

        var named = context.Request.Headers.Connection.SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in context.Request.Headers)
        {
            if (NotPassedOn.Contains(name) || named.Contains(name)) continue;
            if (!request.Headers.TryAddWithoutValidation(name, values.ToArray())) request.Content?.Headers.TryAddWithoutValidation(name, values.ToArray());
        }

        return request;
    }

    private static async Task AnswerAsync(HttpContext context, ExchangeRecorder recorder, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        context.Response.StatusCode = (int)response.StatusCode;
        var named = response.Headers.Connection.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var headers = new List<KeyValuePair<string, string>>();
        foreach (var (name, values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            if (named.Contains(name) || NotPassedOn.Contains(name) && !name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)) continue;
            context.Response.Headers.Append(name, values.ToArray());
            headers.AddRange(values.Select(value => KeyValuePair.Create(name, TextOf(value))));
        }

        recorder.Response(context.Response.StatusCode, headers);
        await context.Response.StartAsync(cancellationToken);
        var isStream = response.Content.Headers.ContentType?.MediaType == "text/event-stream";
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var piece = new byte[PieceLength];
        while (await body.ReadAsync(piece, cancellationToken) is > 0 and var count)
        {
            recorder.Data(piece.AsSpan(0, count), isStream);
            await context.Response.Body.WriteAsync(piece.AsMemory(0, count), cancellationToken);
            await context.Response.Body.FlushAsync(cancellationToken);
        }

        await context.Response.CompleteAsync();
    }

    // As the client wrote it, with every escape; unless it wrote a whole URL, as to a proxy.
    private static string PathOf(HttpContext context)
    {
        var request = context.Request;
        return context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget is ['/', ..] target
            ? target
            : request.PathBase.ToUriComponent() + request.Path.ToUriComponent() + request.QueryString.ToUriComponent();
    }

    // What the bytes of a header say: a credential must be found again in bodies, which are UTF-8.
    private static string TextOf(string header)
    {
        if (Ascii.IsValid(header)) return header;
        var bytes = Encoding.Latin1.GetBytes(header);
        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : header;
    }

    private static async Task RefuseAsync(HttpContext context, ExchangeRecorder recorder, CancellationToken cancellationToken)
    {
        var body = """{"error":{"message":"parley record cannot reach the upstream server.","type":"bad_gateway","param":null,"code":"upstream_unreachable"}}"""u8.ToArray();
        context.Response.StatusCode = StatusCodes.Status502BadGateway;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        recorder.Response(context.Response.StatusCode, [new("Content-Type", "application/json")]);
        recorder.Data(body, isStream: false);
        await context.Response.Body.WriteAsync(body, cancellationToken);
    }

    /// <summary>A request's body, passed on as it comes.</summary>
    private sealed class PassedBody : HttpContent
    {
        private readonly Stream _from;
        private readonly long? _length;
        private readonly ExchangeRecorder _recorder;

        public PassedBody(Stream from, long? length, ExchangeRecorder recorder)
        {
            (_from, _length, _recorder) = (from, length, recorder);
            if (length is not null) Headers.ContentLength = length;
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            var piece = new byte[PieceLength];
            var come = 0L;
            while (await _from.ReadAsync(piece, cancellationToken) is > 0 and var count)
            {
                _recorder.Request(piece.AsSpan(0, count));

                // Before the last piece goes: the answer may come as soon as the upstream has it.
                if ((come += count) == _length) _recorder.RequestEnds();
                await stream.WriteAsync(piece.AsMemory(0, count), cancellationToken);
                await stream.FlushAsync(cancellationToken);
            }

            _recorder.RequestEnds();
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _length ?? 0;
            return _length is not null;
        }
    }
}
