using Parley.Agents;
using Parley.Conversations;
using Parley.Runs;

namespace Parley.Protocols.Tongyi;

/// <summary>What a request is to a peer that keeps a tree of messages: the place under which it goes, and what is not known there.</summary>
/// <param name="Known">The peer's handles of the place; null for a new session.</param>
/// <param name="Messages">What the peer has not been told, at least one message.</param>
internal sealed record TongyiTurn(TongyiUpstream? Known, IReadOnlyList<Message> Messages)
{
    /// <exception cref="RunException">There is nothing to ask.</exception>
    public static TongyiTurn Of(AgentRequest asked)
        => TongyiUpstream.Of(asked.Upstream) is { } known && Tellable(asked, asked.UnseenCount) is { Count: > 0 } unseen ? new TongyiTurn(known, unseen) : Anew(asked);

    /// <summary>The whole context, in a new session.</summary>
    /// <exception cref="RunException">There is nothing to ask.</exception>
    public static TongyiTurn Anew(AgentRequest asked) => Tellable(asked, asked.Context.Count) is { Count: > 0 } all
        ? new TongyiTurn(null, all)
        : throw new RunException(RunError.Rejected("There is no message for the agent to answer.", "contents"));

    /// <summary>Whether the peer has lost the place, or never had it. Then all it is told again serves as well.</summary>
    public bool MayBeginAnew(RunError error)
        => Known is not null && (error.Cause == ErrorCause.NotFound || (error.Code == "INVALID_PARAM" && error.Message.Contains("parentMsgId", StringComparison.Ordinal)));

    // A peer takes no calls and no results. Where outputs are all that is asked, they are told as words.
    private static List<Message> Tellable(AgentRequest asked, int count)
    {
        var input = asked.Context.Skip(asked.Context.Count - asked.InputCount);
        var said = asked.Context.Skip(asked.Context.Count - count).Where(message => message.Head is MessageItem && message.Content.Count > 0).ToList();
        return input.Any(message => message.Head is MessageItem)
            ? said
            : [.. said, .. input.Where(message => message.Head is ToolResultItem).Select(output => output with { Head = new MessageItem(Role.User) })];
    }
}
