using Parley.Conversations;
using Parley.Protocols.Responses;
using Parley.Runs;

namespace Parley.AspNetCore.Endpoints;

/// <summary>Pages of items. Not every stored message is one: what a tool gave back to a server is told within its call, and other protocols have items of their own.</summary>
internal static class ItemPages
{
    /// <summary>The page that the request's query asks for.</summary>
    public static MessageQuery QueryOf(ResponsesCall call, Id conversation) => new()
    {
        Owner = call.Owner,
        Conversation = conversation,
        Ascending = call.IsAscending(),
        After = call.Cursor("after"),
        Before = call.Cursor("before"),
        Take = call.Limit(),
        Kinds = ResponsesItems.Kinds,
    };

    /// <summary>Answers with a page.</summary>
    public static async Task AnswerAsync(ResponsesCall call, MessageQuery query)
    {
        // A page that ends at a cursor is filled from behind.
        var endsAtCursor = !query.Before.IsNone && query.After.IsNone;
        var shown = new List<(Message Item, Message? Result)>();
        while (true)
        {
            var page = await call.Store.ListMessagesAsync(query with { Take = query.Take + 1 - shown.Count }, call.Aborted);
            var found = new List<(Message Item, Message? Result)>();
            foreach (var message in page.Items)
                if (await IsShownAsync(call, message)) found.Add((message, await ResultOfAsync(call.Store, message, query, call.Aborted)));
            shown.InsertRange(endsAtCursor ? 0 : shown.Count, found);
            var isFull = shown.Count > query.Take;
            if (isFull) shown.RemoveAt(endsAtCursor ? 0 : query.Take);
            if (isFull || !page.HasMore)
            {
                await AnswerAsync(call, shown, isFull);
                return;
            }

            query = endsAtCursor ? query with { Before = page.Items[0].Id } : query with { After = page.Items[^1].Id };
        }
    }

    /// <summary>Answers with these items.</summary>
    public static Task AnswerAsync(ResponsesCall call, IReadOnlyList<(Message Item, Message? Result)> items, bool hasMore)
    {
        var withEncrypted = call.Includes(ResponsesRequest.EncryptedReasoning);
        return call.AnswerAsync(json => ResponsesLists.WriteList(
            items, hasMore, one => ResponsesItems.IdOf(one.Item), one => ResponsesItems.Write(one.Item, one.Result, withEncrypted, json), json));
    }

    /// <summary>Answers with one item.</summary>
    public static Task AnswerAsync(ResponsesCall call, Message item, Message? result)
        => call.AnswerAsync(json => ResponsesItems.Write(item, result, call.Includes(ResponsesRequest.EncryptedReasoning), json));

    /// <summary>Whether a message is an item of its own.</summary>
    public static async ValueTask<bool> IsShownAsync(ResponsesCall call, Message message)
    {
        if (message.Head is not ToolResultItem result) return ResponsesItems.IsShown(message);
        if (!message.IsInput) return false;
        var before = message.Parent.IsNone ? null : await call.Store.FindMessageAsync(call.Owner, message.Conversation, message.Parent, call.Aborted);
        return before?.Head is not ToolCallItem { RunBy: RunBy.Server } ran || ran.CallId != result.CallId;
    }

    /// <summary>What the tool gave back, if the message is a call that a server ran.</summary>
    public static async ValueTask<Message?> ResultOfAsync(ResponsesCall call, Message message)
    {
        if (message.Head is not ToolCallItem { RunBy: RunBy.Server }) return null;
        var run = message.Run.IsNone ? null : await call.Runner.FindAsync(call.Owner, message.Run, call.Aborted);
        return await ResultOfAsync(call.Store, message, new MessageQuery { Owner = call.Owner, Conversation = message.Conversation, Tip = run?.Tip ?? default }, call.Aborted);
    }

    // It stands a little further on the same path.
    private static async ValueTask<Message?> ResultOfAsync(IConversationStore store, Message message, MessageQuery path, CancellationToken cancellationToken)
    {
        if (message.Head is not ToolCallItem { RunBy: RunBy.Server } call) return null;
        var page = await store.ListMessagesAsync(path with { Ascending = true, After = message.Id, Before = default, Kinds = MessageKinds.ToolResult, Take = 20 }, cancellationToken);
        return page.Items.FirstOrDefault(result => ((ToolResultItem)result.Head).CallId == call.CallId);
    }
}
