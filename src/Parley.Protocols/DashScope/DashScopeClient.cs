using Parley.Agents;
using Parley.Protocols.Clients;
using Parley.Protocols.Upstream;
using Parley.Runs;

namespace Parley.Protocols.DashScope;

/// <summary>A client of the models of DashScope, in its native protocol. They keep no conversations: each request brings all that was said.</summary>
public sealed class DashScopeClient : AgentClient
{
    private readonly DashScopeAgentOptions _options;

    /// <param name="url">The base address, such as <c>https://dashscope.aliyuncs.com</c>.</param>
    /// <param name="key">The key, sent as a bearer token.</param>
    public DashScopeClient(Uri url, string? key = null)
        : this(new DashScopeAgentOptions { Url = url, Key = key })
    {
    }

    /// <param name="options">The server; the model is that of each request.</param>
    /// <param name="upstream">Makes the calls; null for connections of its own.</param>
    public DashScopeClient(DashScopeAgentOptions options, UpstreamClient? upstream = null)
        : base(options.Url, upstream) => _options = options;

    /// <inheritdoc/>
    public override Protocol Protocol => Protocol.DashScope;

    private protected override IAgent AgentOf(string name) => new DashScopeAgent(_options with { Model = name }, Upstream);

    private protected override ClientPlace PlaceOf(string conversation)
        => throw new ArgumentException("The models of DashScope have no conversations: send all that was said.", nameof(conversation));

    private protected override string? PlaceAfter(ClientRequest request, RunState state) => null;
}
