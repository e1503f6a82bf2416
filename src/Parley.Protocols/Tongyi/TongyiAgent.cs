using System.Runtime.CompilerServices;
using Parley.Agents;
using Parley.Protocols.Upstream;
using Parley.Runs;

namespace Parley.Protocols.Tongyi;

/// <summary>
/// An agent behind a server that speaks Tongyi, such as another Parley. The peer keeps a tree of messages beside ours, branches where ours does, and is
/// told only what is new to it. See <see cref="Agent.IsStateful"/>.
/// </summary>
public sealed class TongyiAgent : IAgent
{
    private const string Path = "/dialog/conversation";

    private static readonly string[] Ends = [Path, "/dialog/guest/conversation"];

    private readonly TongyiAgentOptions _options;
    private readonly UpstreamClient _client;
    private readonly Uri _url;
    private readonly ValueList<KeyValuePair<string, string>> _headers;

    /// <param name="options">The server.</param>
    /// <param name="client">Makes the calls.</param>
    /// <exception cref="ArgumentException">The address is not one of http or https.</exception>
    public TongyiAgent(TongyiAgentOptions options, UpstreamClient client)
    {
        if (!options.Url.IsAbsoluteUri || options.Url.Scheme is not ("http" or "https")) throw new ArgumentException("The url must begin with http:// or https://.", nameof(options));
        (_options, _client) = (options, client);
        var path = options.Url.AbsolutePath.TrimEnd('/');
        if (!Ends.Any(end => path.EndsWith(end, StringComparison.Ordinal))) path += Path;
        _url = new UriBuilder(options.Url) { Path = path }.Uri;
        _headers = HeadersOf(options);
    }

    /// <inheritdoc/>
    public Protocol? Peer => Protocol.Tongyi;

    /// <inheritdoc/>
    public async IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var turn = TongyiTurn.Of(request);
        while (true)
        {
            var (again, first) = (false, true);
            await foreach (var happened in _client.CallAsync(CallOf(request, turn), cancellationToken).ConfigureAwait(false))
            {
                again = first && happened is RunFailed { Error: var error } && turn.MayBeginAnew(error, request);
                if (again) break;
                first = false;
                yield return happened;
            }

            if (!again) yield break;
            turn = TongyiTurn.Anew(request);
        }
    }

    private UpstreamCall CallOf(AgentRequest request, TongyiTurn turn) => new()
    {
        Url = _url,
        Body = TongyiRequestWriter.Write(request, turn, _options),
        Key = _options.Key,
        Headers = _headers,
        Timeouts = _options.Timeouts,
        Retries = _options.Retries,
        NewReader = static () => new TongyiStreamReader(),
        ReadBody = TongyiStreamReader.ReadBody,
        ReadError = TongyiErrors.Read,
    };

    // The cookie's name goes by the length of the ticket, as all of upstream's clients have it. What no cookie can hold is sent as a token alone.
    private static ValueList<KeyValuePair<string, string>> HeadersOf(TongyiAgentOptions options)
    {
        if (options.Key?.Trim() is not { Length: > 0 } key || key.AsSpan().IndexOfAny(" ;,\"\\") >= 0) return options.Headers;
        if (options.Headers.Any(header => header.Key.Equals("Cookie", StringComparison.OrdinalIgnoreCase))) return options.Headers;
        return [.. options.Headers, new("Cookie", $"{(key.Length > 100 ? "login_aliyunid_ticket" : "tongyi_sso_ticket")}={key}")];
    }
}
