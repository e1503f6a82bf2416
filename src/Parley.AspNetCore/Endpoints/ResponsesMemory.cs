using Parley.Protocols.Responses;
using Parley.Runs;

namespace Parley.AspNetCore.Endpoints;

/// <summary>A response that is kept nowhere, as the connection remembers it on which it was given: all that was said up to its end.</summary>
/// <param name="Response">Its id.</param>
/// <param name="Agent">Who gave it.</param>
/// <param name="Path">What was said, oldest first.</param>
internal sealed record ResponsesMemory(string Response, string Agent, ValueList<InputItem> Path)
{
    /// <summary>A response that has ended; null if it has more characters than may be remembered.</summary>
    public static ResponsesMemory? Of(LiveRun live, RunState state, long largest)
    {
        var said = state.Items.Where(item => item.Head is not (SuggestionItem or RecallItem or WorkflowActionItem));
        var size = live.Context.Sum(message => message.Content.Sum(part => SizeOf(part.Text, part.Media))) + said.Sum(item => item.Parts.Sum(part => SizeOf(part.Text, part.Media)));
        return size > largest ? null : new(
            ResponsesIds.OfRun(live.Header),
            live.Header.Agent.Name,
            [
                .. live.Context.Select(message => new InputItem(message.Head, message.Content) { Leftover = message.Leftover }),
                .. said.Select(item => new InputItem(item.Head, item.ToContent()) { Leftover = item.Leftover }),
            ]);
    }

    private static long SizeOf(string text, Media? media) => (long)text.Length + (media?.Url?.Length ?? 0);
}
