using Parley.Agents;
using Parley.Conversations;
using Parley.Runs;

namespace Parley.Protocols.DashScope;

/// <summary>What an application is told in one turn.</summary>
/// <param name="Session">The session that goes on; null for a new one.</param>
/// <param name="Messages">What it has not seen.</param>
internal sealed record DashScopeTurn(string? Session, IReadOnlyList<Message> Messages)
{
    /// <summary>Goes on with the session if all that is new to it was said by the user.</summary>
    public static DashScopeTurn Of(AgentRequest asked)
    {
        if (asked.IsBranch || DashScopeUpstream.Of(asked.Upstream)?.Session is not { Length: > 0 } session) return Anew(asked);
        var unseen = asked.Context.Skip(asked.Context.Count - asked.UnseenCount).ToList();
        return !asked.HasWholePath || (unseen.Count > 0 && unseen.All(message => message.Head is MessageItem { Role: var role } && role == Role.User)) ? new DashScopeTurn(session, unseen) : Anew(asked);
    }

    /// <summary>Tells everything.</summary>
    public static DashScopeTurn Anew(AgentRequest asked) => new(null, asked.Context);

    /// <summary>Whether what went wrong is that the session has ended: after an hour, or too many turns.</summary>
    public bool MayBeginAnew(RunError error, AgentRequest asked)
        => Session is not null && asked.HasWholePath && error.Cause is ErrorCause.Rejected or ErrorCause.NotFound
            && (error.Message.Contains("session", StringComparison.OrdinalIgnoreCase) || error.Code?.Contains("session", StringComparison.OrdinalIgnoreCase) == true);
}
