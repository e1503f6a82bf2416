using Parley.Conversations;
using Parley.Protocols.Coze;

namespace Parley.AspNetCore.Endpoints;

/// <summary>Coze's conversations.</summary>
internal static class CozeConversations
{
    public static async Task CreateAsync(CozeCall call)
    {
        var asked = CozeReader.ReadConversation(await call.BodyAsync());
        var agent = asked.Agent is null ? null : call.AgentOf(asked.Agent, "bot_id");
        var (id, now) = (call.NewId(), call.Now);
        var conversation = new Conversation
        {
            Id = id,
            Owner = call.Owner,
            Section = id,
            Agent = agent?.Name,
            Name = asked.New.Name,
            Metadata = asked.New.Metadata,
            Leftover = asked.New.Leftover,
            CreatedAt = now,
            UpdatedAt = now,
        };
        var messages = await CozeFiles.NameAsync(call, asked.Messages);
        await call.Store.CreateConversationAsync(conversation, [.. messages.Select(message => message.ToMessage(call.NewId(), id, default, now))], call.Aborted);
        await AnswerAsync(call, conversation);
    }

    public static async Task RetrieveAsync(CozeCall call)
        => await AnswerAsync(call, await call.ConversationAsync(call.QueryId("conversation_id")));

    public static async Task ListAsync(CozeCall call)
    {
        var agent = call.AgentOf(call.Query("bot_id") ?? throw CozeCall.Refused("bot_id", "is required"), "bot_id");
        var ascending = (call.Query("sort_order") ?? "DESC").ToUpperInvariant() switch
        {
            "ASC" => true,
            "DESC" => false,
            _ => throw CozeCall.Refused("sort_order", "must be ASC or DESC"),
        };
        var (number, size) = (call.QueryNumber("page_num", otherwise: 1, most: 1_000_000), call.QueryNumber("page_size", otherwise: 50, most: 50));
        var page = await call.Store.ListConversationsAsync(new ConversationQuery(call.Owner, agent.Name, ascending, (number - 1) * size, size), call.Aborted);
        await call.AnswerAsync(line =>
        {
            line.Name("data"u8).Object().Name("conversations"u8).Array();
            foreach (var conversation in page.Items) CozeWriter.WriteConversation(conversation, line);
            line.EndArray().Name("has_more"u8).Bool(page.HasMore).EndObject();
        });
    }

    public static async Task RenameAsync(CozeCall call)
    {
        var name = CozeReader.ReadConversationName(await call.BodyAsync());
        var renamed = await call.Store.UpdateConversationAsync(call.Owner, call.RouteId("conversation_id"), new ConversationPatch(name), call.Now, call.Aborted);
        await AnswerAsync(call, renamed ?? throw CozeCall.NoConversation());
    }

    public static async Task DeleteAsync(CozeCall call)
    {
        var conversation = call.RouteId("conversation_id");
        await call.Runner.CancelConversationAsync(call.Owner, conversation);
        if (!await call.Store.DeleteConversationAsync(call.Owner, conversation, call.Aborted)) throw CozeCall.NoConversation();
        await call.AnswerAsync(_ => { });
    }

    public static async Task ClearAsync(CozeCall call)
    {
        var cleared = await call.Store.UpdateConversationAsync(
            call.Owner, call.RouteId("conversation_id"), new ConversationPatch(Section: call.NewId()), call.Now, call.Aborted) ?? throw CozeCall.NoConversation();
        await call.AnswerAsync(line => line.Name("data"u8).Object()
            .String("id"u8, DecimalId.Render(cleared.Section))
            .String("conversation_id"u8, DecimalId.Render(cleared.Id))
            .EndObject());
    }

    private static Task AnswerAsync(CozeCall call, Conversation conversation)
        => call.AnswerAsync(line => CozeWriter.WriteConversation(conversation, line.Name("data"u8)));
}
