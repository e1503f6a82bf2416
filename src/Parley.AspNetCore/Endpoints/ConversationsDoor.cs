using Parley.Conversations;
using Parley.Protocols.Responses;

namespace Parley.AspNetCore.Endpoints;

/// <summary>OpenAI's conversations.</summary>
internal static class ConversationsDoor
{
    public static async Task CreateAsync(ResponsesCall call)
    {
        var asked = ConversationReader.ReadCreate(await call.BodyAsync());
        var (id, now) = (call.NewId(), call.Now);
        var conversation = new Conversation
        {
            Id = id,
            Owner = call.Owner,
            Section = id,
            Agent = call.RouteAgent is { } agent ? call.AgentOf(agent).Name : null,
            Metadata = asked.Metadata ?? default,
            CreatedAt = now,
            UpdatedAt = now,
        };
        var items = await ResponsesReferences.ResolveAsync(call, asked.Items, default, "items");
        await call.Store.CreateConversationAsync(conversation, [.. items.Select(item => item.ToMessage(call.NewId(), id, default, now))], call.Aborted);
        await AnswerAsync(call, conversation);
    }

    public static async Task RetrieveAsync(ResponsesCall call) => await AnswerAsync(call, await call.ConversationAsync());

    public static async Task UpdateAsync(ResponsesCall call)
    {
        var metadata = ConversationReader.ReadUpdate(await call.BodyAsync());
        var conversation = await call.ConversationAsync();
        var changed = await call.Store.UpdateConversationAsync(call.Owner, conversation.Id, new ConversationPatch(Metadata: metadata), call.Now, call.Aborted);
        await AnswerAsync(call, changed ?? throw ResponsesCall.NoConversation(call.RouteText("conversation"), "conversation_id"));
    }

    public static async Task DeleteAsync(ResponsesCall call)
    {
        var conversation = await call.ConversationAsync();
        await call.Runner.CancelConversationAsync(call.Owner, conversation.Id);
        await call.Store.DeleteConversationAsync(call.Owner, conversation.Id, call.Aborted);
        await call.AnswerAsync(json => ResponsesLists.WriteDeleted(ResponsesIds.OfConversation(conversation.Id), "conversation.deleted", json));
    }

    /// <summary>Foundry's list of all conversations.</summary>
    public static async Task ListAsync(ResponsesCall call)
    {
        var query = new ConversationQuery(call.Owner, ResponsesReads.AgentOf(call).Name, call.IsAscending(), Take: call.Limit(), After: call.Cursor("after"), Before: call.Cursor("before"));
        var page = await call.Store.ListConversationsAsync(query, call.Aborted);
        await call.AnswerAsync(json => ResponsesLists.WriteList(
            page.Items, page.HasMore, conversation => ResponsesIds.OfConversation(conversation.Id), conversation => ResponsesLists.WriteConversation(conversation, json), json));
    }

    public static Task AnswerAsync(ResponsesCall call, Conversation conversation) => call.AnswerAsync(json => ResponsesLists.WriteConversation(conversation, json));
}
