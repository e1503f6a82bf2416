using Parley.Agents;
using Parley.Conversations;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>What a request is to a peer that may keep what was said: the place where it goes on, and what it has not been told.</summary>
/// <param name="Known">The peer's handles of the place; null to begin anew.</param>
/// <param name="Messages">What the peer has not been told.</param>
internal sealed record ResponsesTurn(ResponsesUpstream? Known, IReadOnlyList<Message> Messages)
{
    public static ResponsesTurn Of(AgentRequest asked, ResponsesAgentOptions options)
    {
        if (!options.Store || ResponsesUpstream.Of(asked.Upstream) is not { } known) return Anew(asked);

        // A chain of responses branches wherever it is told to; a conversation has one end.
        // A leave that is neither given nor refused is given up: the peer would not go on without it.
        if (asked.Continues?.End is RunSuspended suspended && suspended.Required.Any(required => required is Approve) && !asked.Context.TakeLast(asked.InputCount).Any(message => message.Head is ApprovalReplyItem))
            return Anew(asked);
        if (options.Agent is null ? known is { Response: null, Conversation: null } : known.Conversation is null || asked.IsBranch) return Anew(asked);
        return new ResponsesTurn(known, [.. asked.Context.Skip(asked.Context.Count - asked.UnseenCount)]);
    }

    /// <summary>The whole context, at a place of its own.</summary>
    public static ResponsesTurn Anew(AgentRequest asked) => new(null, asked.Context);

    /// <summary>Whether the peer has lost the place. Then all it is told again serves as well.</summary>
    public bool MayBeginAnew(RunError error, AgentRequest asked) => Known is not null && asked.HasWholePath && (error.Code == "previous_response_not_found" || error.Cause == ErrorCause.NotFound);
}
