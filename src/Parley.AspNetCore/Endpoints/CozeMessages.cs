using Parley.Conversations;
using Parley.Protocols.Coze;
using Parley.Runs;

namespace Parley.AspNetCore.Endpoints;

/// <summary>The messages of Coze's conversations.</summary>
internal static class CozeMessages
{
    private const MessageKinds Middle = MessageKinds.Message | MessageKinds.ToolCall | MessageKinds.ToolResult | MessageKinds.Suggestion | MessageKinds.Recall | MessageKinds.Opaque;

    public static async Task CreateAsync(CozeCall call)
    {
        var conversation = call.QueryId("conversation_id");
        var given = CozeReader.ReadMessage(await call.BodyAsync());
        var message = (given with { Content = await CozeFiles.NameAsync(call, given.Content) }).ToMessage(call.NewId(), conversation, default, call.Now);
        var stored = await call.Store.AppendMessagesAsync(call.Owner, conversation, [message], call.Aborted);
        await AnswerAsync(call, "data", stored[0]);
    }

    public static async Task ListAsync(CozeCall call)
    {
        var conversation = call.QueryId("conversation_id");
        var list = CozeReader.ReadMessageList(await call.BodyAsync());
        var runs = list.Chat is null ? null : await call.ChatAsync(conversation, CozeCall.IdOf(list.Chat, "chat_id"));
        var page = await call.Store.ListMessagesAsync(
            new MessageQuery
            {
                Owner = call.Owner,
                Conversation = conversation,
                Ascending = list.Ascending,
                Before = list.Before is null ? default : CozeCall.IdOf(list.Before, "before_id"),
                After = list.After is null ? default : CozeCall.IdOf(list.After, "after_id"),
                Take = list.Limit,
                Kinds = list.WithMiddle ? Middle : MessageKinds.Message,
                Runs = runs is null ? null : [.. runs.Select(run => run.Id)],
            },
            call.Aborted);
        var shown = new List<CozeMessage>();
        var known = runs?.ToDictionary(run => run.Id, Run? (run) => run) ?? [];
        foreach (var message in page.Items)
            if (await ShowAsync(call, message, known) is { } one) shown.Add(one);
        await call.AnswerAsync(line =>
        {
            line.Name("data"u8).Array();
            foreach (var message in shown) CozeWriter.WriteMessage(message, line);

            // The cursors are the page's, shown or not: nothing is listed twice.
            line.EndArray()
                .String("first_id"u8, page.Items.Count > 0 ? DecimalId.Render(page.Items[0].Id) : "")
                .String("last_id"u8, page.Items.Count > 0 ? DecimalId.Render(page.Items[^1].Id) : "")
                .Name("has_more"u8).Bool(page.HasMore);
        });
    }

    public static async Task RetrieveAsync(CozeCall call)
    {
        var (_, message) = await FindAsync(call);
        await AnswerAsync(call, "data", message);
    }

    public static async Task ModifyAsync(CozeCall call)
    {
        var (conversation, message) = await FindAsync(call);
        var patch = CozeReader.ReadMessagePatch(await call.BodyAsync(), message);
        if (patch.Content is { } content) patch = patch with { Content = await CozeFiles.NameAsync(call, content) };
        var modified = await call.Store.UpdateMessageAsync(call.Owner, conversation, message.Id, patch, call.Now, call.Aborted);
        await AnswerAsync(call, "message", modified ?? throw CozeCall.NoMessage());
    }

    public static async Task DeleteAsync(CozeCall call)
    {
        var (conversation, message) = await FindAsync(call);
        if (message.Head is not MessageItem) throw CozeCall.Refused("message_id", "must be a question or an answer");

        // Shown as it was, with the reasoning that goes with it.
        var shown = await ShowAsync(call, message, []);
        if (await call.Store.DeleteMessageAsync(call.Owner, conversation, message.Id, call.Now, withRun: true, call.Aborted) is null) throw CozeCall.NoMessage();
        await call.AnswerAsync(line => CozeWriter.WriteMessage(shown!, line.Name("data"u8)));
    }

    public static async Task RateAsync(CozeCall call)
        => await RateAsync(call, CozeReader.ReadFeedback(await call.BodyAsync()));

    public static Task UnrateAsync(CozeCall call) => RateAsync(call, new Feedback(Verdict.None));

    private static async Task RateAsync(CozeCall call, Feedback feedback)
    {
        var (conversation, message) = await FindAsync(call, call.RouteId("conversation_id"), call.RouteId("message_id"));
        if (message.Role != Role.Assistant) throw CozeCall.Refused("message_id", "must be an answer");
        if (await call.Store.UpdateMessageAsync(call.Owner, conversation, message.Id, new MessagePatch(Feedback: feedback), call.Now, call.Aborted) is null)
            throw CozeCall.NoMessage();
        await call.AnswerAsync(_ => { });
    }

    private static Task<(Id Conversation, Message Message)> FindAsync(CozeCall call)
        => FindAsync(call, call.QueryId("conversation_id"), call.QueryId("message_id"));

    private static async Task<(Id Conversation, Message Message)> FindAsync(CozeCall call, Id conversation, Id id)
    {
        if (await call.Store.FindMessageAsync(call.Owner, conversation, id, call.Aborted) is { } message) return (conversation, message);
        await call.ConversationAsync(conversation);
        throw CozeCall.NoMessage();
    }

    private static async Task AnswerAsync(CozeCall call, string member, Message message)
    {
        var shown = await ShowAsync(call, message, []) ?? throw CozeCall.NoMessage();
        await call.AnswerAsync(line => CozeWriter.WriteMessage(shown, line.Name(member)));
    }

    private static async ValueTask<CozeMessage?> ShowAsync(CozeCall call, Message message, Dictionary<Id, Run?> known)
    {
        Run? run = null;
        if (!message.Run.IsNone && !known.TryGetValue(message.Run, out run))
            known[message.Run] = run = await call.Runner.FindAsync(call.Owner, message.Run, call.Aborted);

        // In Coze the reasoning is a part of the answer after it; here it is the message before, and its id tells so.
        var reasoning = "";
        if (message.Head is MessageItem && !message.IsInput && message.Parent == message.Id.WithFacet(1)
            && await call.Store.FindMessageAsync(call.Owner, message.Conversation, message.Parent, call.Aborted) is { } before)
            reasoning = string.Concat(before.Content.Select(part => part.Text));
        return CozeView.StoredMessage(message, run, reasoning);
    }
}
