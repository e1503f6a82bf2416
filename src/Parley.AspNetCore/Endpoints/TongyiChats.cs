using Parley.AspNetCore.Http;
using Parley.Conversations;
using Parley.Protocols.Tongyi;

namespace Parley.AspNetCore.Endpoints;

/// <summary>Answers and messages at Tongyi's door.</summary>
internal static class TongyiChats
{
    /// <summary>Of a larger session the last so many messages and runs are shown: its clients know of no pages.</summary>
    private const int MostMessages = 10_000;

    public static async Task AskAsync(TongyiCall call)
    {
        var live = await TongyiTurn.StartAsync(call, TongyiRequestReader.Read(await call.BodyAsync()));
        RunHeaders.Write(call.Context, live.Header, isStreamed: true);
        await EventStream.SendAsync(call.Context, live, new TongyiStreamWriter(live.Header), error => TongyiCall.WriteErrorAsync(call.Context, error));
    }

    public static async Task StopAsync(TongyiCall call)
    {
        var asked = await call.SessionBodyAsync();
        var session = await call.SessionAsync(asked.Session);
        if (asked.Message.Length == 0)
        {
            await call.Runner.CancelConversationAsync(call.Owner, session.Id);
        }
        else
        {
            var runs = TongyiIds.TryParseMessage(asked.Message, session.Id, out var id) ? await RunsOfAsync(call, session, id) : null;
            foreach (var run in runs ?? throw TongyiCall.Refused("msgId", "names no answer of this session")) await call.Runner.CancelAsync(call.Owner, run, call.Aborted);
        }

        await call.AnswerAsync(json => json.Null());
    }

    public static async Task ListAsync(TongyiCall call)
    {
        var session = await call.SessionAsync((await call.SessionBodyAsync()).Session);

        // The runs first: one that ends meanwhile is then shown as under way with its messages, and not as ended without them.
        var runs = await call.Store.ListRunsAsync(new RunQuery(call.Owner, Conversation: session.Id, Take: MostMessages), call.Aborted);
        var messages = await call.Store.ListMessagesAsync(new MessageQuery { Owner = call.Owner, Conversation = session.Id, WholeTree = true, Take = MostMessages }, call.Aborted);
        var nodes = TongyiTree.Of(session.Id, [.. messages.Items.Reverse()], [.. runs.Items.Reverse()]);
        foreach (var node in nodes)
        {
            // What is under way has no messages yet.
            if (node is not { Run: { HasEnded: false } run, Content.Count: 0 }) continue;
            foreach (var item in (await call.Runner.FoldAsync(run, call.Aborted)).Items) node.Content.Add((item.Head, item.ToContent()));
        }

        var name = TongyiSessions.IdOf(session);
        await call.AnswerAsync(json =>
        {
            json.Array();
            foreach (var node in nodes) TongyiHistory.Write(node, name, json);
            json.EndArray();
        });
    }

    // Null if there is no such message. Clients may know the question alone, which can have any number of answers under way.
    private static async Task<IEnumerable<Id>?> RunsOfAsync(TongyiCall call, Conversation session, Id id)
    {
        if (await call.Runner.FindAsync(call.Owner, id, call.Aborted) is { } run) return run.Conversation == session.Id ? [run.Id] : null;
        if (await call.Store.FindMessageAsync(call.Owner, session.Id, id, call.Aborted) is not { } message) return null;
        if (!message.IsInput && message.Role == Role.Assistant) return message.Run.IsNone ? null : [message.Run];
        var runs = await call.Store.ListRunsAsync(new RunQuery(call.Owner, Conversation: session.Id, Take: MostMessages), call.Aborted);
        return [.. runs.Items.Where(each => !each.HasEnded && each.Input.Contains(id)).Select(each => each.Id)];
    }
}
