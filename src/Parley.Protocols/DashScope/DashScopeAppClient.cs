using Parley.Agents;
using Parley.Protocols.Clients;
using Parley.Protocols.Upstream;
using Parley.Runs;

namespace Parley.Protocols.DashScope;

/// <summary>A client of the applications of DashScope. Its agents are applications, and its conversations their sessions.</summary>
public sealed class DashScopeAppClient : AgentClient
{
    private readonly DashScopeAgentOptions _options;

    /// <param name="url">The base address, such as <c>https://dashscope.aliyuncs.com</c>.</param>
    /// <param name="key">The key, sent as a bearer token.</param>
    public DashScopeAppClient(Uri url, string? key = null)
        : this(new DashScopeAgentOptions { Url = url, Key = key })
    {
    }

    /// <param name="options">The server; the application is that of each request.</param>
    /// <param name="upstream">Makes the calls; null for connections of its own.</param>
    public DashScopeAppClient(DashScopeAgentOptions options, UpstreamClient? upstream = null)
        : base(options.Url, upstream) => _options = options;

    /// <inheritdoc/>
    public override Protocol Protocol => Protocol.DashScopeApp;

    private protected override IAgent AgentOf(string name) => new DashScopeAppAgent(_options with { AppId = name }, Upstream);

    private protected override ClientPlace PlaceOf(string conversation)
        => new DashScopeUpstream(conversation).ToJson() is { } place && conversation.Length > 0
            ? new ClientPlace(place)
            : throw new ArgumentException("A session has a name.", nameof(conversation));

    private protected override string? PlaceAfter(ClientRequest request, RunState state) => DashScopeUpstream.Of(state.Upstream)?.Session;
}
