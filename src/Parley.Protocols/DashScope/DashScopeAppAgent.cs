using System.Runtime.CompilerServices;
using Parley.Agents;
using Parley.Protocols.Upstream;
using Parley.Runs;

namespace Parley.Protocols.DashScope;

/// <summary>
/// An agent behind an application of DashScope. The peer keeps a session beside each of our conversations and is told only what is new to it; where
/// it cannot be continued (a branch, another agent's words, a session that has ended) it is told everything, and begins a new one.
/// See <see cref="Agent.IsStateful"/>.
/// </summary>
public sealed class DashScopeAppAgent : IAgent
{
    private readonly DashScopeAgentOptions _options;
    private readonly UpstreamClient _client;
    private readonly DashScopePeer _peer;

    /// <param name="options">The server.</param>
    /// <param name="client">Makes the calls.</param>
    /// <exception cref="ArgumentException">The address is not one of http or https, or no application is named.</exception>
    public DashScopeAppAgent(DashScopeAgentOptions options, UpstreamClient client)
    {
        if (options.AppId is null) throw new ArgumentException("An application must be named.", nameof(options));
        (_options, _client) = (options, client);
        _peer = new DashScopePeer(options, $"/api/v1/apps/{Uri.EscapeDataString(options.AppId)}/completion");
    }

    /// <inheritdoc/>
    public Protocol? Peer => Protocol.DashScopeApp;

    /// <inheritdoc/>
    public async IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var turn = DashScopeTurn.Of(request);
        while (true)
        {
            var (again, first) = (false, true);
            await foreach (var happened in _client.CallAsync(_peer.Call(DashScopeAppRequestWriter.Write(request, turn, _options)), cancellationToken).ConfigureAwait(false))
            {
                again = first && happened is RunFailed { Error: var error } && turn.MayBeginAnew(error, request);
                if (again) break;
                first = false;
                yield return happened;
            }

            if (!again) yield break;
            turn = DashScopeTurn.Anew(request);
        }
    }
}
