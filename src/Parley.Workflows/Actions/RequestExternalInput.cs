using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.PowerFx;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Actions;

/// <summary><c>RequestExternalInput</c>: waits for the next message, which becomes the value of a variable: a table of messages.</summary>
internal sealed class RequestExternalInput(VariablePath? variable) : IWorkflowAction
{
    public static IWorkflowAction Read(WorkflowNode node) => new RequestExternalInput(node.Variable("variable"));

    public IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, CancellationToken cancellationToken)
    {
        if (turn.Answer is not { } answer)
        {
            turn.Wait(new ProvideInput(-1));
            return turn.Nothing;
        }

        turn.Hear(answer);
        if (variable is not null) turn.Memory.Set(variable, FxTable.Of(answer.Where(message => message.Head is MessageItem).Select(MessageRecord.Of)));
        return turn.Nothing;
    }
}
