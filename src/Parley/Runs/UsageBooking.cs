using Parley.Conversations;

namespace Parley.Runs;

/// <summary>What is booked for a run, once, when it ends. No wire shows more than the agent reported.</summary>
internal static class UsageBooking
{
    /// <summary>What the agent reported, else an estimate of what it read and said; null if it did not get to say anything.</summary>
    public static Usage? Of(RunEnded end, RunState state, IReadOnlyList<Message> context)
    {
        var isCut = end is RunFailed or RunCancelled;
        if (end.Usage is { } reported) return isCut && reported.Quality == UsageQuality.Exact ? reported with { Quality = UsageQuality.Partial } : reported;
        var said = state.Items.Where(item => item.Head is MessageItem or ReasoningItem or ToolCallItem).ToList();
        var output = said.Sum(item => Usage.Estimate(item.Text) + Usage.Estimate(item.Reasoning) + Usage.Estimate(item.Input));
        return output == 0 ? null : new Usage(context.Sum(message => Usage.Estimate(message.Text)), output, Quality: UsageQuality.Estimated);
    }
}
