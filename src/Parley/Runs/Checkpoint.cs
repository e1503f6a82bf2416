using System.Runtime.CompilerServices;
using Parley.Agents;

namespace Parley.Runs;

/// <summary>
/// What an agent must remember to do again what it was about to do: an event that no protocol shows, behind the start of the item that it belongs to. If the
/// process ends while that item is open, the run goes on from there.
/// </summary>
public static class Checkpoint
{
    private const string Name = "checkpoint";

    /// <summary>The event.</summary>
    /// <param name="item">The item of the action, whose effect is <see cref="OutsideEffect.Repeatable"/>.</param>
    /// <param name="state">As in <see cref="RunSuspended.State"/>.</param>
    public static RunEvent Of(int item, RawJson state) => new Extension(Protocol.Parley, Name, state, item);

    /// <summary>The state, if the event is one.</summary>
    public static RawJson? StateIn(RunEvent @event) => @event is Extension { Name: Name, Json: var state } extension && extension.Protocol == Protocol.Parley ? state : null;
}

/// <summary>An agent that goes on in a run which has items already.</summary>
/// <param name="agent">The agent, which counts its items from 0.</param>
/// <param name="items">How many there are.</param>
internal sealed class ContinuedAgent(IAgent agent, int items) : IAgent
{
    public Protocol? Peer => agent.Peer;

    public async IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var happened in agent.RunAsync(request, cancellationToken).ConfigureAwait(false))
            if (happened is not RunStarted) yield return ItemOrdinals.Shift(happened, items);
    }
}
