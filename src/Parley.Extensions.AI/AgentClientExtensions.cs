using Microsoft.Extensions.AI;
using Parley.Protocols.Clients;

namespace Parley.Extensions.AI;

/// <summary>Parley's clients as chat clients.</summary>
public static class AgentClientExtensions
{
    /// <summary>
    /// The client as one of an agent: <see cref="ChatOptions.ModelId"/> names another. A run that fails is a <see cref="Runs.RunException"/>. What of an answer has no
    /// word in chat clients' language is in the response's raw representation, a <see cref="Runs.RunState"/>.
    /// </summary>
    /// <param name="client">The client; it is not disposed with the chat client.</param>
    /// <param name="agent">The agent as its server calls it.</param>
    public static IChatClient AsChatClient(this AgentClient client, string agent)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentException.ThrowIfNullOrEmpty(agent);
        return new AgentChatClient(client, agent);
    }
}
