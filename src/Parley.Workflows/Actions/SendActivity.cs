using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Actions;

/// <summary><c>SendActivity</c>, and <c>SendMessage</c>: says something in the conversation.</summary>
internal sealed class SendActivity(WorkflowTemplate text) : IWorkflowAction
{
    public static IWorkflowAction Read(WorkflowNode node) => new SendActivity(node.RequiredTemplate("activity"));

    public static IWorkflowAction ReadMessage(WorkflowNode node) => new SendActivity(node.Has("activity") ? node.RequiredTemplate("activity") : node.RequiredTemplate("message"));

    public IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, CancellationToken cancellationToken) => turn.Say(text.Render(turn.Scope).Trim()).ToAsyncEnumerable();
}
