using Parley.Agents;
using Parley.Runs;

namespace Parley.Tests.AgentsApi;

/// <summary>An agent that remembers what it was asked.</summary>
internal sealed class ScriptedModel : IAgent
{
    public ModelRequest? Asked { get; private set; }

    public IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, CancellationToken cancellationToken)
    {
        Asked = request.Run.Request;
        return new EchoAgent(new EchoOptions { Text = "Understood." }, TimeProvider.System).RunAsync(request, cancellationToken);
    }
}
