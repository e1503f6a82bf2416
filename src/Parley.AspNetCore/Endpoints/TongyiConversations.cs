using Parley.Conversations;
using Parley.Protocols.Tongyi;
using Parley.Runs;

namespace Parley.AspNetCore.Endpoints;

/// <summary>Tongyi's sessions: every conversation of the caller, whatever protocol it was begun in.</summary>
internal static class TongyiConversations
{
    private const int Step = 500;

    public static async Task ListAsync(TongyiCall call)
    {
        var asked = await call.SessionBodyAsync();
        var found = new List<(Conversation Session, string Summary)>();
        var skip = (asked.Page - 1) * (long)asked.PageSize;
        await foreach (var session in SessionsAsync(call))
        {
            // Where nothing is looked for, what is passed over needs no name.
            if (asked.Keyword.Length == 0 && skip > 0)
            {
                skip--;
                continue;
            }

            var summary = await SummaryOfAsync(call, session);
            if (asked.Keyword.Length > 0 && (!summary.Contains(asked.Keyword, StringComparison.OrdinalIgnoreCase) || skip-- > 0)) continue;
            found.Add((session, summary));
            if (found.Count == asked.PageSize) break;
        }

        await call.AnswerAsync(json =>
        {
            json.Array();
            foreach (var (session, summary) in found) TongyiSessions.Write(session, summary, json);
            json.EndArray();
        });
    }

    public static async Task CreateAsync(TongyiCall call)
    {
        var asked = await call.SessionBodyAsync();
        if (asked.Session.Length > 0)
        {
            if (await call.FindSessionAsync(asked.Session) is not null) throw IsThere();
            if (TongyiCall.IsOurs(asked.Session)) throw TongyiCall.NoSession();
        }

        var (id, now) = (call.NewId(), call.Now);
        var session = new Conversation
        {
            Id = id,
            Owner = call.Owner,
            Section = id,
            Name = asked.Summary ?? TongyiSessions.TitleOf(asked.FirstQuery),
            Leftover = TongyiSessions.LeftoverOf(asked.SessionType),
            ExternalId = asked.Session.Length > 0 ? asked.Session : null,
            CreatedAt = now,
            UpdatedAt = now,
        };
        try
        {
            await call.Store.CreateConversationAsync(session, [], call.Aborted);
        }
        catch (RunException refused) when (refused.Error is { Side: ErrorSide.Client, Param: "external_id" })
        {
            // Another request has just made it.
            throw IsThere();
        }

        await call.AnswerAsync(json => TongyiSessions.WriteMade(session, json));

        static RunException IsThere() => TongyiCall.Refused("sessionId", "is the id of a session that there is already");
    }

    public static async Task RenameAsync(TongyiCall call)
    {
        var asked = await call.SessionBodyAsync();
        var session = await call.SessionAsync(asked.Session);
        if (string.IsNullOrEmpty(asked.Summary)) throw TongyiCall.Refused("summary", "is required");
        if (await call.Store.UpdateConversationAsync(call.Owner, session.Id, new ConversationPatch(asked.Summary), call.Now, call.Aborted) is null) throw TongyiCall.NoSession();
        await call.AnswerAsync(json => json.Null());
    }

    public static async Task DeleteAsync(TongyiCall call)
    {
        var session = await call.SessionAsync((await call.SessionBodyAsync()).Session);
        await call.Runner.CancelConversationAsync(call.Owner, session.Id);
        if (!await call.Store.DeleteConversationAsync(call.Owner, session.Id, call.Aborted)) throw TongyiCall.NoSession();
        await call.AnswerAsync(json => json.Null());
    }

    private static async IAsyncEnumerable<Conversation> SessionsAsync(TongyiCall call)
    {
        var query = new ConversationQuery(call.Owner, Take: Step);
        while (true)
        {
            var page = await call.Store.ListConversationsAsync(query, call.Aborted);
            foreach (var session in page.Items) yield return session;
            if (!page.HasMore) break;
            query = query with { After = page.Items[^1].Id };
        }
    }

    // What other protocols begin mostly has no name; it is called after its first question, as everything here is.
    private static async ValueTask<string> SummaryOfAsync(TongyiCall call, Conversation session)
    {
        if (session.Name.Length > 0 || session.Head.IsNone) return session.Name;
        try
        {
            var query = new MessageQuery { Owner = call.Owner, Conversation = session.Id, Ascending = true, Take = 5, Kinds = MessageKinds.Message };
            var first = (await call.Store.ListMessagesAsync(query, call.Aborted)).Items.FirstOrDefault(message => message.Role == Role.User);
            return first is null ? "" : TongyiSessions.TitleOf(first.Text);
        }
        catch (RunException gone) when (gone.Error.Cause == ErrorCause.NotFound)
        {
            // Deleted since the page was read.
            return "";
        }
    }
}
