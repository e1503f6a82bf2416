using Parley.Protocols.Upstream;

namespace Parley.Protocols.DashScope;

/// <summary>DashScope's address, and how it is called.</summary>
internal sealed class DashScopePeer
{
    private readonly DashScopeAgentOptions _options;
    private readonly Uri _url;
    private readonly ValueList<KeyValuePair<string, string>> _headers;

    /// <exception cref="ArgumentException">The address is not one of http or https.</exception>
    public DashScopePeer(DashScopeAgentOptions options, string path)
    {
        if (!options.Url.IsAbsoluteUri || options.Url.Scheme is not ("http" or "https")) throw new ArgumentException("The url must begin with http:// or https://.", nameof(options));
        _options = options;
        _headers = [.. options.Headers, new("X-DashScope-SSE", "enable")];

        // Also the base that the vendor's SDKs are given may be given here, or all of the address.
        var given = options.Url.AbsolutePath.TrimEnd('/');
        _url = new UriBuilder(options.Url) { Path = given.EndsWith(path, StringComparison.Ordinal) ? given : given.EndsWith("/api/v1", StringComparison.Ordinal) ? given + path["/api/v1".Length..] : given + path }.Uri;
    }

    public UpstreamCall Call(ReadOnlyMemory<byte> body) => new()
    {
        Url = _url,
        Body = body,
        Key = _options.Key,
        Headers = _headers,
        Timeouts = _options.Timeouts,
        Retries = _options.Retries,
        NewReader = () => new DashScopeReader(_options.Incremental),
        ReadBody = DashScopeReader.ReadBody,
        ReadError = DashScopeErrors.Read,
    };
}
