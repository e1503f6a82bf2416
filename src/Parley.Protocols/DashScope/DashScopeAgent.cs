using System.Runtime.CompilerServices;
using Parley.Agents;
using Parley.Protocols.OpenAi;
using Parley.Protocols.Upstream;
using Parley.Runs;

namespace Parley.Protocols.DashScope;

/// <summary>An agent behind a model of DashScope, asked in its native protocol. It keeps nothing, and is told everything each time.</summary>
public sealed class DashScopeAgent : IAgent
{
    private readonly DashScopeAgentOptions _options;
    private readonly UpstreamClient _client;
    private readonly DashScopePeer _peer;

    /// <param name="options">The server.</param>
    /// <param name="client">Makes the calls.</param>
    /// <exception cref="ArgumentException">The address is not one of http or https, or no model is named.</exception>
    public DashScopeAgent(DashScopeAgentOptions options, UpstreamClient client)
    {
        if (options.Model is null) throw new ArgumentException("A model must be named.", nameof(options));
        (_options, _client) = (options, client);
        _peer = new DashScopePeer(options, options.Multimodal ? "/api/v1/services/aigc/multimodal-generation/generation" : "/api/v1/services/aigc/text-generation/generation");
    }

    /// <inheritdoc/>
    public Protocol? Peer => Protocol.DashScope;

    /// <inheritdoc/>
    public async IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Of the files nothing stays in memory while the answer comes, but what is in the body.
        var call = _peer.Call(DashScopeRequestWriter.Write(request, _options, await FilesAsync(request, cancellationToken).ConfigureAwait(false)));
        await foreach (var happened in _client.CallAsync(call, cancellationToken).ConfigureAwait(false)) yield return happened;
    }

    private static async ValueTask<OpenAiFiles> FilesAsync(AgentRequest request, CancellationToken cancellationToken)
        => OpenAiFiles.AreIn(request) ? await OpenAiFiles.LoadAsync(request, takesAll: false, "messages", cancellationToken).ConfigureAwait(false) : OpenAiFiles.None;
}
