using Microsoft.Extensions.DependencyInjection;
using Parley.Conversations;
using Parley.Protocols.Tongyi;
using Parley.Runs;

namespace Parley.AspNetCore.Endpoints;

/// <summary>Where in its session's tree a turn belongs.</summary>
/// <param name="Parent">The message under which it hangs; none for the head.</param>
internal sealed record TongyiPlace(Id Parent = default)
{
    /// <summary>It begins a path of its own.</summary>
    public bool AtRoot { get; init; }

    /// <summary>The message that is answered again.</summary>
    public Id Question { get; init; }

    /// <summary>The node under which it is shown, where that is not a message of its own input.</summary>
    public string? Node { get; init; }

    /// <summary>Who spoke there.</summary>
    public string? Agent { get; init; }
}

/// <summary>
/// Finds the place that a request names. Nothing named is the head, the session itself its root. An answer is named by its run, anything else by its message.
/// </summary>
internal static class TongyiPlaces
{
    /// <summary>A client that has just left an answer goes on from it: so long is waited for the end of what is under way.</summary>
    private static readonly TimeSpan EndWait = TimeSpan.FromSeconds(2);

    /// <summary>Where the input of an ordinary turn goes.</summary>
    public static async Task<TongyiPlace> ForNextAsync(TongyiCall call, Conversation session, string parent)
    {
        if (parent.Length == 0) return new TongyiPlace();
        if (parent == TongyiSessions.IdOf(session) || parent == TongyiIds.OfSession(session.Id)) return new TongyiPlace { AtRoot = true };
        var (run, message) = await TryFindAsync(call, session, parent);

        // As in a new session: there are no messages yet.
        if (run is null && message is null) return session.Head.IsNone ? new TongyiPlace { AtRoot = true } : throw NoMessage();
        var place = run is null ? message!.Id : EndOf(await AwaitEndAsync(call, run));
        return new TongyiPlace(place) { AtRoot = place.IsNone };
    }

    /// <summary>The question that is to be answered again: the one that is named, or that was asked before the answer that is.</summary>
    public static async Task<TongyiPlace> ForRegenerateAsync(TongyiCall call, Conversation? session, string parent)
    {
        if (session is null || (parent.Length == 0 && session.Head.IsNone)) throw TongyiCall.Refused("parentMsgId", "names nothing that can be answered again");
        var (run, message) = parent.Length == 0 ? await AtHeadAsync(call, session) : await FindAsync(call, session, parent);
        if (run is not null) message = await MessageAsync(call, session, run.Input.Count > 0 ? run.Input[^1] : run.Parent);

        // What continued an answer, or brought what a tool gave, has its question further up.
        while (message is not null && message.Role != Role.User) message = await MessageAsync(call, session, message.Parent);
        if (message is null) throw TongyiCall.Refused("parentMsgId", "names an answer whose question is not there");
        run ??= message.Run.IsNone ? null : await call.Runner.FindAsync(call.Owner, message.Run, call.Aborted);
        return new TongyiPlace { Question = message.Id, Agent = run?.Agent.Name };
    }

    /// <summary>The answer that is to be continued.</summary>
    public static async Task<TongyiPlace> ForContinueAsync(TongyiCall call, Conversation? session, string parent)
    {
        if (session is null || (parent.Length == 0 && session.Head.IsNone)) throw TongyiCall.Refused("parentMsgId", "names nothing that can be continued");
        var (run, message) = parent.Length == 0 ? await AtHeadAsync(call, session) : await FindAsync(call, session, parent);
        if (run is null && message!.Role != Role.Assistant) throw TongyiCall.Refused("parentMsgId", "must name an answer where action is continue");
        if (run is null) return new TongyiPlace(message!.Id) { Node = TongyiIds.OfMessage(session.Id, message.Id) };
        run = await AwaitEndAsync(call, run);
        if (!run.HasEnded) throw TongyiCall.Refused("parentMsgId", "names an answer that is still under way");
        return new TongyiPlace(EndOf(run)) { Node = TongyiIds.OfMessage(session.Id, run.Id), Agent = run.Agent.Name };
    }

    private static async Task<(Run? Run, Message? Message)> AtHeadAsync(TongyiCall call, Conversation session)
    {
        var head = await MessageAsync(call, session, session.Head) ?? throw TongyiCall.Refused("parentMsgId", "must be named: the last message was deleted");
        var run = head.IsInput || head.Run.IsNone ? null : await call.Runner.FindAsync(call.Owner, head.Run, call.Aborted);
        return (run, head);
    }

    private static async Task<(Run? Run, Message? Message)> FindAsync(TongyiCall call, Conversation session, string name)
        => await TryFindAsync(call, session, name) is var found && (found.Run is not null || found.Message is not null) ? found : throw NoMessage();

    private static async Task<(Run? Run, Message? Message)> TryFindAsync(TongyiCall call, Conversation session, string name)
    {
        if (TongyiIds.TryParseMessage(name, session.Id, out var id))
        {
            if (await call.Runner.FindAsync(call.Owner, id, call.Aborted) is { Detached: false } run && run.Conversation == session.Id) return (run, null);
            if (await MessageAsync(call, session, id) is { } message) return (null, message);
        }

        return default;
    }

    private static RunException NoMessage() => TongyiCall.Refused("parentMsgId", "names no message of this session");

    private static async Task<Message?> MessageAsync(TongyiCall call, Conversation session, Id id)
        => id.IsNone ? null : await call.Store.FindMessageAsync(call.Owner, session.Id, id, call.Aborted);

    private static async Task<Run> AwaitEndAsync(TongyiCall call, Run run)
    {
        if (run.HasEnded || call.Runner.FindLive(run.Id) is not { } live) return run;
        try
        {
            return await live.Completion.WaitAsync(EndWait, call.Context.RequestServices.GetRequiredService<TimeProvider>(), call.Aborted);
        }
        catch (TimeoutException)
        {
            return run;
        }
    }

    // The last message of a run; of one that goes on, what it was given: the turn is then a branch beside the answer.
    private static Id EndOf(Run run) => run.HasEnded ? run.Tip : run.Input.Count > 0 ? run.Input[^1] : run.Parent;
}
