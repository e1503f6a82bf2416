using System.Runtime.CompilerServices;
using Parley.Agents;
using Parley.Runs;

namespace Parley.Tests.Runs;

/// <summary>Begins to answer, and stops until it is released or cancelled.</summary>
internal sealed class HeldAgent : IAgent
{
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Begun => _begun.Task;

    public Task Stopped => _stopped.Task;

    public void Release() => _released.SetResult();

    public async IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new RunStarted();
        yield return new ItemStarted(0, new MessageItem(Role.Assistant));
        yield return new PartStarted(0, 0, PartKind.Text);
        yield return new PartDelta(0, 0, "Wait");
        _begun.SetResult();
        try
        {
            await _released.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            _stopped.SetResult();
        }

        yield return new RunCompleted(FinishReason.Stop);
    }
}
