using System.Globalization;
using System.Text.Json;
using Parley.Protocols.Upstream;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>A server that speaks Coze: its addresses, and the small calls that are made there beside the chats.</summary>
internal sealed class CozePeer
{
    /// <summary>How long a peer may take to hear that a chat is not wanted any more. Nobody waits for it.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private static readonly string[] Ends = ["/v3/chat", "/v1/workflows/chat", "/v1/workflow/stream_run", "/v3", "/v1"];

    private readonly CozeAgentOptions _options;
    private readonly UpstreamClient _client;
    private readonly string _base;

    // A Parley that the connection is broken to then ends its chat at once, whether or not it has told its id yet.
    private readonly ValueList<KeyValuePair<string, string>> _headers;

    /// <exception cref="ArgumentException">The address is not one of http or https.</exception>
    public CozePeer(CozeAgentOptions options, UpstreamClient client)
    {
        if (!options.Url.IsAbsoluteUri || options.Url.Scheme is not ("http" or "https")) throw new ArgumentException("The url must begin with http:// or https://.", nameof(options));
        (_options, _client) = (options, client);

        // Another Parley ends a chat with its connection, unless the agent's file says otherwise.
        _headers = options.Headers.Any(header => header.Key.Equals("parley-on-disconnect", StringComparison.OrdinalIgnoreCase))
            ? options.Headers
            : [.. options.Headers, new("parley-on-disconnect", "cancel")];
        _base = options.Url.GetLeftPart(UriPartial.Path).TrimEnd('/');
        if (Ends.FirstOrDefault(end => _base.EndsWith(end, StringComparison.Ordinal)) is { } end) _base = _base[..^end.Length];
    }

    /// <summary>A call whose answer is a stream.</summary>
    public IAsyncEnumerable<RunEvent> CallAsync(string path, ReadOnlyMemory<byte> body, StreamFormat format, CancellationToken cancellationToken) => _client.CallAsync(
        new UpstreamCall
        {
            Url = new Uri(_base + path),
            Body = body,
            Key = _options.Key,
            Headers = _headers,
            Timeouts = _options.Timeouts,
            Retries = _options.Retries,
            NewReader = format.NewReader,
            ReadBody = format.ReadBody!,
            ReadError = CozeErrors.Read,
        },
        cancellationToken);

    /// <summary>Gives the peer a file; the answer is the peer's id of it.</summary>
    /// <exception cref="RunException">The peer refuses it, or cannot be reached.</exception>
    public async Task<string> UploadAsync(UpstreamFile file, CancellationToken cancellationToken)
    {
        var answer = await _client.PostAsync(PostTo("/v1/files/upload", _options.Timeouts) with { File = file }, cancellationToken).ConfigureAwait(false);
        if (CozeChatFrames.PlainErrorOf(answer) is { } error) throw new RunException(error);
        try
        {
            if (JsonElement.Parse(answer) is { ValueKind: JsonValueKind.Object } body && body.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object
                && data.TryGetProperty("id", out var id))
                return id.ValueKind == JsonValueKind.String ? CozeFields.TextOf(id) : id.GetInt64().ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            // Said below.
        }

        throw new RunException(new RunError(ErrorSide.Agent, ErrorCause.Malformed, "The agent's server did not say how it calls the file.", true, "upstream_malformed"));
    }

    /// <summary>Tells the peer that nobody wants the rest of a chat, since without that it goes on. A failure is only logged.</summary>
    public async Task CancelAsync(CozeHandles chat)
    {
        try
        {
            var timeouts = _options.Timeouts with { FirstEvent = Farewell };
            await _client.PostAsync(PostTo("/v3/chat/cancel", timeouts) with { Body = CozeRequestWriter.WriteCancel(chat) }).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RunException or ObjectDisposedException)
        {
            // The client has logged it, or was closed meanwhile.
        }
    }

    private UpstreamPost PostTo(string path, UpstreamTimeouts timeouts)
        => new() { Url = new Uri(_base + path), Key = _options.Key, Headers = _options.Headers, Timeouts = timeouts, ReadError = CozeErrors.Read };
}
