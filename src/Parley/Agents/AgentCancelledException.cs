using Parley.Runs;

namespace Parley.Agents;

/// <summary>An agent has stopped because it was cancelled, and knows what it had spent by then.</summary>
/// <param name="spent">What its peer had told; null if nothing.</param>
/// <param name="inner">How it noticed.</param>
/// <param name="token">By what it was cancelled.</param>
public sealed class AgentCancelledException(Usage? spent, Exception inner, CancellationToken token) : OperationCanceledException("The agent was cancelled.", inner, token)
{
    /// <summary>What it had spent; null if that is not known.</summary>
    public Usage? Spent => spent;
}
