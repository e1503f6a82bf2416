using Parley.Protocols.Responses;
using Parley.Runs;

namespace Parley.AspNetCore.Endpoints;

/// <summary>A response that is kept nowhere, as the connection remembers it on which it was given: all that was said up to its end.</summary>
/// <param name="Response">Its id.</param>
/// <param name="Agent">Who gave it.</param>
/// <param name="Path">What was said, oldest first.</param>
internal sealed record ResponsesMemory(string Response, string Agent, ValueList<InputItem> Path)
{
    /// <summary>How many characters it has.</summary>
    public long Size => Path.Sum(item => item.Content.Sum(part => (long)part.Text.Length + (part.Media?.Url?.Length ?? 0)));

    /// <summary>A response that has ended.</summary>
    public static ResponsesMemory Of(LiveRun live, RunState state) => new(
        ResponsesIds.OfRun(live.Header),
        live.Header.Agent.Name,
        [
            .. live.Context.Select(message => new InputItem(message.Head, message.Content) { Leftover = message.Leftover }),
            .. state.Items.Where(item => item.Head is not (SuggestionItem or RecallItem or WorkflowActionItem)).Select(item => new InputItem(item.Head, item.ToContent()) { Leftover = item.Leftover }),
        ]);
}
