using System.Runtime.CompilerServices;
using System.Text.Json;
using Parley.Agents;
using Parley.Protocols.OpenAi;
using Parley.Protocols.Upstream;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>
/// An agent behind a server that speaks Responses: OpenAI's, Azure's, any that claims the same, or an agent of a Foundry project. A model goes on along
/// its chain of responses; an agent in a conversation that is made for each of ours. Either is told only what is new. See <see cref="Agent.IsStateful"/>.
/// </summary>
public sealed class ResponsesAgent : IAgent
{
    private const string Responses = "/responses";

    private readonly ResponsesAgentOptions _options;
    private readonly UpstreamClient _client;

    /// <param name="options">The server.</param>
    /// <param name="client">Makes the calls.</param>
    /// <exception cref="ArgumentException">The address is not one of http or https, or neither model nor agent is named.</exception>
    public ResponsesAgent(ResponsesAgentOptions options, UpstreamClient client)
    {
        if (!options.Url.IsAbsoluteUri || options.Url.Scheme is not ("http" or "https")) throw new ArgumentException("The url must begin with http:// or https://.", nameof(options));
        if (options.Model is null && options.Agent is null) throw new ArgumentException("A model or an agent must be named.", nameof(options));
        (_options, _client) = (options, client);
    }

    /// <inheritdoc/>
    public Protocol? Peer => Protocol.Responses;

    /// <inheritdoc/>
    public async IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var turn = ResponsesTurn.Of(request, _options);
        var files = OpenAiFiles.AreIn(request) ? await OpenAiFiles.LoadAsync(request, takesAll: true, "input", cancellationToken).ConfigureAwait(false) : OpenAiFiles.None;
        var key = await KeyAsync(cancellationToken).ConfigureAwait(false);
        var mayRenew = _options.Token is not null;
        string? conversation = null;
        while (true)
        {
            var (again, first) = (false, true);
            try
            {
                conversation ??= await ConversationAsync(turn, key, cancellationToken).ConfigureAwait(false);
            }
            catch (RunException refused) when (mayRenew && refused.Error.Cause == ErrorCause.Unauthorised)
            {
                mayRenew = false;
                key = await _options.Token!.RenewAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            await foreach (var happened in _client.CallAsync(CallOf(request, turn, files, conversation, key), cancellationToken).ConfigureAwait(false))
            {
                if (first && happened is RunFailed { Error: var error })
                {
                    if (mayRenew && error.Cause == ErrorCause.Unauthorised)
                    {
                        // A token may end before its time.
                        (again, mayRenew) = (true, false);
                        key = await _options.Token!.RenewAsync(cancellationToken).ConfigureAwait(false);
                        break;
                    }

                    if (turn.MayBeginAnew(error, request))
                    {
                        (again, turn, conversation) = (true, ResponsesTurn.Anew(request), null);
                        break;
                    }
                }

                first = false;
                yield return happened is RunStarted started ? Place(started, conversation) : happened;
            }

            if (!again) yield break;
        }
    }

    private ValueTask<string?> KeyAsync(CancellationToken cancellationToken) => _options.Token?.GetAsync(cancellationToken) ?? new(_options.Key);

    // The conversation in which the peer is asked; null for a chain of responses.
    private async ValueTask<string?> ConversationAsync(ResponsesTurn turn, string? key, CancellationToken cancellationToken)
    {
        if (!_options.Store) return null;

        // A model goes on in a conversation only where that is all that is known of the place.
        if (turn.Known is { Conversation: { } known, Response: var response } && (response is null || _options.Agent is not null)) return known;
        if (_options.Agent is null) return null;
        var answer = await _client.PostAsync(
            new UpstreamPost
            {
                Url = UrlOf("/conversations"),
                Body = "{}"u8.ToArray(),
                Key = key,
                Headers = _options.Headers,
                Timeouts = _options.Timeouts,
                ReadError = static (status, body) => OpenAiErrors.Read(status, body),
            },
            cancellationToken).ConfigureAwait(false);
        try
        {
            if (ResponsesHeads.Text(JsonElement.Parse(answer), "id") is { Length: > 0 } id) return id;
        }
        catch (JsonException)
        {
            // Said below.
        }

        throw new RunException(new RunError(ErrorSide.Agent, ErrorCause.Malformed, "The agent's server did not say how it calls the conversation.", true, "upstream_malformed"));
    }

    // What the place is called where the peer does not repeat it.
    private static RunStarted Place(RunStarted started, string? conversation)
    {
        if (conversation is null) return started;
        var told = ResponsesUpstream.Of(started.Upstream);
        return started with { Upstream = new ResponsesUpstream(told?.Response, conversation).ToJson() };
    }

    private UpstreamCall CallOf(AgentRequest request, ResponsesTurn turn, OpenAiFiles files, string? conversation, string? key) => new()
    {
        Url = UrlOf(Responses),
        Body = ResponsesRequestWriter.Write(request, turn, _options, files, conversation),
        Key = key,
        Headers = _options.Headers,
        Timeouts = _options.Timeouts,
        Retries = _options.Retries,
        NewReader = static () => new ResponsesStreamReader(),
        ReadBody = ResponsesStreamReader.ReadBody,
        ReadError = static (status, body) => OpenAiErrors.Read(status, body),
    };

    private Uri UrlOf(string end)
    {
        var path = _options.Url.AbsolutePath.TrimEnd('/');
        if (path.EndsWith(Responses, StringComparison.Ordinal)) path = path[..^Responses.Length];
        return new UriBuilder(_options.Url) { Path = path + end }.Uri;
    }
}
