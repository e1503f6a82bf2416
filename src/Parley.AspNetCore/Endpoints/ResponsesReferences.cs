using Microsoft.Extensions.DependencyInjection;
using Parley.Conversations;
using Parley.Protocols.Responses;
using Parley.Runs;
using Parley.Storage;

namespace Parley.AspNetCore.Endpoints;

/// <summary>
/// What an input list means at a place. An item of ours that is there already is not added again, which is also how clients refer to it; one from
/// elsewhere is taken as it is stored. Anybody else's id is only remembered. All files that are named must be the caller's.
/// </summary>
internal static class ResponsesReferences
{
    public static async Task<ValueList<InputItem>> ResolveAsync(ResponsesCall call, ValueList<ResponsesInput> input, ResponsesPlace? place, string field)
    {
        var resolved = new List<InputItem>(input.Count);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < input.Count; i++)
        {
            var (items, id) = input[i];
            if (id is not null)
            {
                if (!seen.Add(id))
                    throw new RunException(RunError.Rejected($"Duplicate item found with id {id}. Remove duplicate items from your input and try again.", $"{field}[{i}].id", "duplicate_item"));
                if (await FindAsync(call, id) is { } message)
                {
                    if (!await IsThereAsync(call, message, place)) resolved.AddRange(await CopyAsync(call, message, items));
                    continue;
                }

                if (items.Count == 0) throw new RunException(RunError.NotFound($"Item with id '{id}' not found.", $"{field}[{i}].id", "item_not_found"));
            }

            foreach (var item in items.ToList()) resolved.Add(item with { SourceId = id, Content = await NameFilesAsync(call, item.Content, $"{field}[{i}]") });
        }

        return resolved.ToValueList();
    }

    private static async ValueTask<Message?> FindAsync(ResponsesCall call, string id)
        => PrefixedId.TryParse(id, out var conversation, out var message) ? await call.Store.FindMessageAsync(call.Owner, conversation, message, call.Aborted) : null;

    // On the path of the place, of which it then is a cursor.
    private static async ValueTask<bool> IsThereAsync(ResponsesCall call, Message message, ResponsesPlace? place)
    {
        if (place is null || place.Conversation != message.Conversation) return false;
        try
        {
            var query = new MessageQuery { Owner = call.Owner, Conversation = place.Conversation, Tip = place.Previous?.Tip ?? default, After = message.Id, Take = 1 };
            await call.Store.ListMessagesAsync(query, call.Aborted);
            return true;
        }
        catch (RunException exception) when (exception.Error.Cause == ErrorCause.NotFound)
        {
            return false;
        }
    }

    // A call that a server ran comes with its result: as it was sent, or from its run.
    private static async Task<IEnumerable<InputItem>> CopyAsync(ResponsesCall call, Message message, ValueList<InputItem> sent)
    {
        var copy = new InputItem(message.Head, message.Content) { Metadata = message.Metadata, Leftover = message.Leftover };
        if (message.Head is not ToolCallItem { RunBy: RunBy.Server } server) return [copy];
        if (sent.Count > 1) return [copy, sent[1] with { Head = new ToolResultItem(server.CallId, ((ToolResultItem)sent[1].Head).IsError) }];
        return await ItemPages.ResultOfAsync(call, message) is { } result ? [copy, new InputItem(result.Head, result.Content)] : [copy];
    }

    private static async ValueTask<ValueList<Content>> NameFilesAsync(ResponsesCall call, ValueList<Content> content, string field)
    {
        if (!content.Any(part => part.Media?.File is not null)) return content;
        var files = call.Context.RequestServices.GetService<FileStore>();
        var named = new List<Content>(content.Count);
        foreach (var part in content.ToList())
        {
            if (part.Media is not { File: { } id } media) named.Add(part);
            else if (files is not null && await files.FindAsync(call.Owner, id, call.Aborted) is { } file) named.Add(part with { Media = media with { MediaType = file.MediaType, Name = file.Name } });
            else throw new RunException(RunError.NotFound("The file does not exist.", $"{field}.content[{named.Count}].file_id", "file_not_found"));
        }

        return named.ToValueList();
    }
}
