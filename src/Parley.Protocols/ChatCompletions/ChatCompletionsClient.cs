using Parley.Agents;
using Parley.Protocols.Clients;
using Parley.Protocols.Upstream;
using Parley.Runs;

namespace Parley.Protocols.ChatCompletions;

/// <summary>A client of a server that speaks Chat Completions. Such servers keep no conversations: each request brings all that was said.</summary>
public sealed class ChatCompletionsClient : AgentClient
{
    private readonly ChatCompletionsOptions _options;

    /// <param name="url">The base address, such as <c>http://127.0.0.1:11434/v1</c>.</param>
    /// <param name="key">The key, sent as a bearer token.</param>
    public ChatCompletionsClient(Uri url, string? key = null)
        : this(new ChatCompletionsOptions { Url = url, Model = "", Key = key })
    {
    }

    /// <param name="options">The server; the model is that of each request.</param>
    /// <param name="upstream">Makes the calls; null for connections of its own.</param>
    public ChatCompletionsClient(ChatCompletionsOptions options, UpstreamClient? upstream = null)
        : base(options.Url, upstream) => _options = options;

    /// <inheritdoc/>
    public override Protocol Protocol => Protocol.ChatCompletions;

    private protected override IAgent AgentOf(string name) => new ChatCompletionsAgent(_options with { Model = name }, Upstream);

    private protected override ClientPlace PlaceOf(string conversation)
        => throw new ArgumentException("Chat Completions has no conversations: send all that was said.", nameof(conversation));

    private protected override string? PlaceAfter(ClientRequest request, RunState state) => null;
}
