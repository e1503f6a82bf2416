using Parley.Agents;
using Parley.Conversations;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>What a request is to a peer that keeps a conversation of its own, in which nothing branches.</summary>
/// <param name="Chat">The peer's conversation, with the chat that waits for <paramref name="Outputs"/>; null for a new one.</param>
/// <param name="Messages">What the peer has not been told.</param>
/// <param name="Outputs">The outputs by which the chat goes on; none for a new chat.</param>
internal sealed record CozeTurn(CozeHandles? Chat, IReadOnlyList<Message> Messages, IReadOnlyList<Message> Outputs)
{
    /// <summary>True if the peer's chat goes on.</summary>
    public bool Resumes => Outputs.Count > 0;

    public static CozeTurn Of(AgentRequest asked)
    {
        if (asked.Continues is { End: RunSuspended suspended, Upstream: { } waiting } && suspended.Required.Any(required => required is CallFunction)
            && CozeHandles.Of(waiting) is { Chat.Length: > 0 } chat)
            return new CozeTurn(chat, [], [.. Input(asked).Where(message => message.Head is ToolResultItem)]);
        return !asked.IsBranch && CozeHandles.Of(asked.Upstream) is { } known ? new CozeTurn(known, Tellable(asked, asked.UnseenCount), []) : Anew(asked);
    }

    /// <summary>The whole context, in a new conversation.</summary>
    public static CozeTurn Anew(AgentRequest asked) => new(null, Tellable(asked, asked.Context.Count), []);

    /// <summary>
    /// Whether the peer refuses because of its own conversation: it is gone; or it is taken, by calls that were given up here and wait there,
    /// or by another branch. Then a new one serves as well.
    /// </summary>
    public bool MayBeginAnew(RunError error, AgentRequest asked) => Chat is not null && asked.HasWholePath && (error.Code switch
    {
        "4001" or "4002" => true,
        "4200" => Resumes,
        "4016" => !asked.Run.Exclusive || Input(asked).Any(message => message.Head is ToolResultItem),
        _ => false,
    });

    private static IEnumerable<Message> Input(AgentRequest asked) => asked.Context.Skip(asked.Context.Count - asked.InputCount);

    // A peer takes no calls and no results in a conversation that it keeps. Where outputs are all that is asked, they are told as words.
    private static List<Message> Tellable(AgentRequest asked, int count)
    {
        var said = asked.Context.Skip(asked.Context.Count - count).Where(message => message.Head is MessageItem).ToList();
        return Input(asked).Any(message => message.Head is MessageItem)
            ? said
            : [.. said, .. Input(asked).Where(message => message.Head is ToolResultItem).Select(output => output with { Head = new MessageItem(Role.User) })];
    }
}
