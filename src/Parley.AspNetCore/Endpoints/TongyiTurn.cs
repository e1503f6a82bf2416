using Parley.Agents;
using Parley.AspNetCore.Configuration;
using Parley.AspNetCore.Http;
using Parley.Conversations;
using Parley.Protocols.Tongyi;
using Parley.Runs;

namespace Parley.AspNetCore.Endpoints;

/// <summary>
/// Where a turn belongs and who answers it. Without a session it begins a new one; a name that a client made for one begins it under that name. It never finds
/// its session busy: where another run has the head, the turn is a branch beside it.
/// </summary>
internal static class TongyiTurn
{
    private const string DialectHeader = "parley-dialect";

    // The names that old clients send in every request; here they name nobody.
    private const string InternalName = "tongyi-";

    private const int Attempts = 3;

    /// <summary>Starts the run that is asked for.</summary>
    public static async Task<LiveRun> StartAsync(TongyiCall call, TongyiRequest asked)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call.Runner.StartAsync(await OfAsync(call, asked, mayTakeHead: attempt == 1), call.Aborted);
            }
            catch (RunException refused) when (refused.Error is { Side: ErrorSide.Client, Cause: ErrorCause.Busy } && attempt < Attempts)
            {
                // Another run is at the head, or has just made the session: now it is there.
            }
            catch (RunException refused) when (refused.Error is { Side: ErrorSide.Client, Param: "parent" })
            {
                throw TongyiCall.Refused("parentMsgId", "names a message that is not kept any more");
            }
        }
    }

    private static async Task<RunRequest> OfAsync(TongyiCall call, TongyiRequest asked, bool mayTakeHead)
    {
        var session = await SessionAsync(call, asked);
        var place = asked.Action switch
        {
            TongyiAction.Regenerate => await TongyiPlaces.ForRegenerateAsync(call, session, asked.Parent),
            TongyiAction.Continue => await TongyiPlaces.ForContinueAsync(call, session, asked.Parent),
            _ when session is null => new TongyiPlace(),
            _ => await TongyiPlaces.ForNextAsync(call, session, asked.Parent),
        };
        if (session is not null && !mayTakeHead && place is { Parent.IsNone: true, Question.IsNone: true }) place = place with { Parent = session.Head, AtRoot = session.Head.IsNone };
        var agent = AgentOf(call, asked, place.Agent);
        return new RunRequest
        {
            Owner = call.Owner,
            Agent = agent,
            Dialect = Protocol.Tongyi,
            Rendering = new TongyiRendering
            {
                IsCumulative = IsCumulative(call, asked),
                DeepResearch = asked.DeepResearch,
                IsAboutImage = asked.Input.Any(item => item.Content.Any(part => part.Media?.MediaType == "image")),
                Session = session is null ? NameOf(asked) : session.ExternalId,
                Parent = place.Node,
            }.ToJson(),
            Conversation = session?.Id ?? default,
            New = new NewConversation(asked.Title, Leftover: TongyiSessions.LeftoverOf(asked.SessionType), ExternalId: NameOf(asked)),
            Parent = place.Parent,
            AtRoot = place.AtRoot && session is not null,
            Question = place.Question,
            Input = asked.Input,
            Request = asked.Request,
            OnDisconnect = Disconnect.PolicyOf(call.Context, agent, DisconnectPolicy.Cancel),
        };
    }

    private static string? NameOf(TongyiRequest asked) => asked.Session.Length > 0 ? asked.Session : null;

    // Null for a new one. An id of ours that is not there is no name that a client made.
    private static async ValueTask<Conversation?> SessionAsync(TongyiCall call, TongyiRequest asked)
    {
        if (asked.Session.Length > 0)
        {
            return await call.FindSessionAsync(asked.Session)
                ?? (TongyiCall.IsOurs(asked.Session) ? throw TongyiCall.NoSession() : (Conversation?)null);
        }

        if (call.Context.Request.Headers[RunHeaders.Conversation].ToString() is not { Length: > 0 } named || named == "new") return null;
        return AnyId.TryParse(named, out var id) && await call.Store.FindConversationAsync(call.Owner, id, call.Aborted) is { } found
            ? found
            : throw new RunException(RunError.NotFound($"The conversation '{named}' does not exist.", RunHeaders.Conversation));
    }

    private static Agent AgentOf(TongyiCall call, TongyiRequest asked, string? usual)
    {
        if (asked.Agent is { } name)
        {
            if (call.Agents.Find(name) is { } named) return named;
            if (asked.AgentField == "params.agentId" || !name.StartsWith(InternalName, StringComparison.Ordinal))
                throw new RunException(RunError.Rejected($"There is no agent '{name}' ({asked.AgentField}). The list of models names all agents.", asked.AgentField));
        }

        return (usual is null ? null : call.Agents.Find(usual)) ?? call.Agents.Default
            ?? throw new RunException(RunError.Rejected("No agent is served (model).", "model"));
    }

    private static bool IsCumulative(TongyiCall call, TongyiRequest asked)
    {
        var dialect = call.Options.Dialect;
        if (call.Context.Request.Headers[DialectHeader].ToString() is { Length: > 0 } wanted && !Notations.Dialect.TryParse(wanted, out dialect))
            throw new RunException(RunError.Rejected($"The header {DialectHeader} must be {Notations.Dialect.Expected}.", DialectHeader));
        return dialect == TongyiDialect.Auto ? !asked.IsModern : dialect == TongyiDialect.Cumulative;
    }
}
