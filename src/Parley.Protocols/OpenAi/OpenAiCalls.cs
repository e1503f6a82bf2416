using Parley.Conversations;
using Parley.Runs;

namespace Parley.Protocols.OpenAi;

/// <summary>Calls and their outputs on a path.</summary>
public static class OpenAiCalls
{
    /// <summary>The indices of the calls that were never answered, which peers refuse. From the end, as the same id may be used again in a later turn.</summary>
    public static HashSet<int> Unanswered(IReadOnlyList<Message> context)
    {
        var answers = new HashSet<string>(StringComparer.Ordinal);
        var unanswered = new HashSet<int>();
        for (var i = context.Count - 1; i >= 0; i--)
        {
            if (context[i].Head is ToolResultItem result) answers.Add(result.CallId);
            else if (context[i].Head is ToolCallItem call && !answers.Remove(call.CallId)) unanswered.Add(i);
        }

        return unanswered;
    }
}
