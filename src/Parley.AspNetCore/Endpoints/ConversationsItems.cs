using Parley.Conversations;
using Parley.Protocols.Responses;
using Parley.Runs;

namespace Parley.AspNetCore.Endpoints;

/// <summary>The items of OpenAI's conversations: the current path.</summary>
internal static class ConversationsItems
{
    public static async Task CreateAsync(ResponsesCall call)
    {
        var items = ConversationReader.ReadItems(await call.BodyAsync());
        var conversation = await call.ConversationAsync();
        var given = await ResponsesReferences.ResolveAsync(call, items, new ResponsesPlace(conversation.Id), "items");
        var now = call.Now;
        var stored = await call.Store.AppendMessagesAsync(call.Owner, conversation.Id, [.. given.Select(item => item.ToMessage(call.NewId(), conversation.Id, default, now))], call.Aborted);
        await ItemPages.AnswerAsync(call, [.. ResponsesItems.Pair(stored)], hasMore: false);
    }

    public static async Task ListAsync(ResponsesCall call)
    {
        var query = ItemPages.QueryOf(call, default);
        await ItemPages.AnswerAsync(call, query with { Conversation = (await call.ConversationAsync()).Id });
    }

    public static async Task RetrieveAsync(ResponsesCall call)
    {
        var (_, message) = await FindAsync(call);
        await ItemPages.AnswerAsync(call, message, await ItemPages.ResultOfAsync(call, message));
    }

    public static async Task DeleteAsync(ResponsesCall call)
    {
        var (conversation, message) = await FindAsync(call);
        foreach (var each in await WithResultAsync(call, message))
            await call.Store.DeleteMessageAsync(call.Owner, conversation.Id, each.Id, call.Now, withRun: false, call.Aborted);
        await ConversationsDoor.AnswerAsync(call, conversation);
    }

    // A call that a server ran is one item with its result.
    private static async Task<IReadOnlyList<Message>> WithResultAsync(ResponsesCall call, Message message)
        => await ItemPages.ResultOfAsync(call, message) is { } result ? [message, result] : [message];

    private static async Task<(Conversation Conversation, Message Message)> FindAsync(ResponsesCall call)
    {
        var conversation = await call.ConversationAsync();
        var text = call.RouteText("item");
        return PrefixedId.TryParse(text, out var its, out var id) && its == conversation.Id
            && await call.Store.FindMessageAsync(call.Owner, conversation.Id, id, call.Aborted) is { } message && await ItemPages.IsShownAsync(call, message)
            ? (conversation, message)
            : throw new RunException(RunError.NotFound($"Item with id '{text}' not found in conversation '{ResponsesIds.OfConversation(conversation.Id)}'.", "item_id"));
    }
}
