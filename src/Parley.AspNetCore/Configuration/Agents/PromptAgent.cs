using Parley.Agents;
using Parley.Protocols.Responses;
using Parley.Runs;

namespace Parley.AspNetCore.Configuration.Agents;

/// <summary>An agent that a client made of another one, with instructions and settings of its own.</summary>
internal sealed class PromptAgent(PromptAgentDefinition definition, AgentCatalog catalog) : IAgent
{
    /// <summary>What such agents are to clients that tell sorts apart.</summary>
    public const string Kind = "prompt";

    public Protocol? Peer => FindModel()?.Behaviour.Peer;

    public IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, CancellationToken cancellationToken)
    {
        if (FindModel() is not { } model)
            throw new RunException(new RunError(ErrorSide.Agent, ErrorCause.NotFound, $"The agent '{definition.Model}', on which this one runs, does not exist.", true, "model_not_found"));
        return model.Behaviour.RunAsync(request with { Run = request.Run with { Request = definition.Fill(request.Run.Request) } }, cancellationToken);
    }

    // The file of the other may have gone, or have become something else.
    private Agent? FindModel() => catalog.Find(definition.Model) is { Kind: not Kind } model ? model : null;
}
