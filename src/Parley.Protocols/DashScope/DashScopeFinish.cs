using Parley.Runs;

namespace Parley.Protocols.DashScope;

/// <summary>The words by which DashScope says why an answer ended.</summary>
internal static class DashScopeFinish
{
    /// <summary>The word while it goes on.</summary>
    public const string None = "null";

    public static FinishReason Read(string word) => word == "tool_calls" ? FinishReason.Stop : new FinishReason(word);

    public static string Write(RunEnded end) => end switch
    {
        RunSuspended suspended when suspended.Required.Any(required => required is CallFunction) => "tool_calls",
        RunCompleted { Finish.IsIncomplete: true } completed => completed.Finish.Value,
        _ => "stop",
    };
}
