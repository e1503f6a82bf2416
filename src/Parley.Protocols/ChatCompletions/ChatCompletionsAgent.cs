using System.Runtime.CompilerServices;
using Parley.Agents;
using Parley.Protocols.OpenAi;
using Parley.Protocols.Upstream;
using Parley.Runs;

namespace Parley.Protocols.ChatCompletions;

/// <summary>How to reach a server that speaks Chat Completions, and what to tell it.</summary>
public sealed record ChatCompletionsOptions
{
    /// <summary>The base address, such as <c>http://127.0.0.1:11434/v1</c>; <c>/chat/completions</c> is added where it is missing, before a query.</summary>
    public required Uri Url { get; init; }

    /// <summary>The server's name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>The key, sent as a bearer token.</summary>
    public string? Key { get; init; }

    /// <summary>More headers, such as a gateway's own key.</summary>
    public ValueList<KeyValuePair<string, string>> Headers { get; init; }

    /// <summary>Said first, as a system message; <c>{{name}}</c> is filled from the request's variables.</summary>
    public string Instructions { get; init; } = "";

    /// <summary>Tools offered when the request offers none.</summary>
    public ValueList<ToolDefinition> Tools { get; init; }

    /// <summary>How long the server may take.</summary>
    public UpstreamTimeouts Timeouts { get; init; } = new();

    /// <summary>How often to try again before the first event.</summary>
    public int Retries { get; init; } = 2;

    /// <summary>True for OpenAI's own servers, which refuse some of what all others understand.</summary>
    internal bool IsOpenAI => Url.Host.EndsWith(".openai.com", StringComparison.OrdinalIgnoreCase);
}

/// <summary>An agent behind any server that speaks Chat Completions: OpenAI's, or Ollama, vLLM, llama.cpp and their like.</summary>
public sealed class ChatCompletionsAgent : IAgent
{
    private const string Path = "/chat/completions";

    private readonly ChatCompletionsOptions _options;
    private readonly UpstreamClient _client;
    private readonly Uri _url;

    /// <param name="options">The server.</param>
    /// <param name="client">Makes the calls.</param>
    /// <exception cref="ArgumentException">The address is not one of http or https.</exception>
    public ChatCompletionsAgent(ChatCompletionsOptions options, UpstreamClient client)
    {
        if (!options.Url.IsAbsoluteUri || options.Url.Scheme is not ("http" or "https")) throw new ArgumentException("The url must begin with http:// or https://.", nameof(options));
        (_options, _client) = (options, client);
        var path = options.Url.AbsolutePath.TrimEnd('/');
        if (!path.EndsWith(Path, StringComparison.Ordinal)) path += Path;
        _url = new UriBuilder(options.Url) { Path = path }.Uri;
    }

    /// <inheritdoc/>
    public Protocol? Peer => Protocol.ChatCompletions;

    /// <inheritdoc/>
    public IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, CancellationToken cancellationToken)
        => OpenAiFiles.AreIn(request) ? RunWithFilesAsync(request, cancellationToken) : _client.CallAsync(CallOf(request, OpenAiFiles.None), cancellationToken);

    private async IAsyncEnumerable<RunEvent> RunWithFilesAsync(AgentRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Of the files nothing stays in memory while the answer comes, but what is in the body.
        var call = CallOf(request, await OpenAiFiles.LoadAsync(request, takesAll: false, "messages", cancellationToken).ConfigureAwait(false));
        await foreach (var happened in _client.CallAsync(call, cancellationToken).ConfigureAwait(false)) yield return happened;
    }

    private UpstreamCall CallOf(AgentRequest request, OpenAiFiles files) => new()
    {
        Url = _url,
        Body = ChatRequestWriter.Write(request, _options, files),
        Key = _options.Key,
        Headers = _options.Headers,
        Timeouts = _options.Timeouts,
        Retries = _options.Retries,
        NewReader = static () => new ChatCompletionsReader(),
        ReadBody = ChatCompletionsReader.ReadBody,
        ReadError = static (status, body) => OpenAiErrors.Read(status, body),
    };
}
