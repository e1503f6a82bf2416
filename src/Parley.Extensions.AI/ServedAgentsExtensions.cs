using Microsoft.Extensions.AI;
using Parley.Agents;

namespace Parley.Extensions.AI;

/// <summary>Chat clients as agents.</summary>
public static class ServedAgentsExtensions
{
    /// <summary>Adds an agent that a chat client answers for. See <see cref="ChatClientAgent"/>.</summary>
    /// <param name="agents">Where it is served.</param>
    /// <param name="name">Its name in every protocol: 1 to 64 of <c>A-Z a-z 0-9 . _ -</c>.</param>
    /// <param name="client">The chat client; it is not disposed with the server.</param>
    /// <exception cref="ArgumentException">The name has another form, or another agent has it.</exception>
    public static void AddAgent(this ServedAgents agents, string name, IChatClient client)
    {
        ArgumentNullException.ThrowIfNull(agents);
        ArgumentNullException.ThrowIfNull(client);
        var model = client.GetService(typeof(ChatClientMetadata)) is ChatClientMetadata { DefaultModelId: { } known } ? known : "";
        agents.AddAgent(new Agent(name, new ChatClientAgent(client)) { IsStateful = true, Model = model });
    }
}
