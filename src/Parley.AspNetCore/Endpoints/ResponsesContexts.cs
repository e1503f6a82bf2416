using Parley.Conversations;
using Parley.Protocols.Responses;
using Parley.Runs;

namespace Parley.AspNetCore.Endpoints;

/// <summary>What is done with a context and no agent: packing it into one item, and guessing its size.</summary>
internal static class ResponsesContexts
{
    /// <summary>So many messages before a place are looked at.</summary>
    private const int MostMessages = 1_000;

    public static async Task CompactAsync(ResponsesCall call)
    {
        var asked = ResponsesRequestReader.ReadCompact(await call.BodyAsync());
        var context = await ContextAsync(call, asked);
        var usage = new Usage(SizeOf(context), SizeOf(ResponsesCompaction.Compact(context)), Quality: UsageQuality.Estimated);
        await call.AnswerAsync(json => ResponsesCompaction.WriteObject((call.NewId(), call.NewId()), context, call.Now, usage, json));
    }

    public static async Task CountAsync(ResponsesCall call)
    {
        var asked = ResponsesRequestReader.ReadInputTokens(await call.BodyAsync());
        var tokens = SizeOf(await ContextAsync(call, asked)) + Usage.Estimate(asked.Request.Instructions ?? "")
            + asked.Request.Tools.Sum(tool => Usage.Estimate(tool.Name) + Usage.Estimate(tool.Description ?? "") + Usage.Estimate(tool.Parameters?.Text ?? ""));
        await call.AnswerAsync(json => ResponsesLists.WriteInputTokens(tokens, json));
    }

    private static async Task<IReadOnlyList<Message>> ContextAsync(ResponsesCall call, ResponsesRequest asked)
    {
        var place = await ResponsesTurn.PlaceOfAsync(call, asked);
        var context = new List<Message>();
        if (!place.Conversation.IsNone)
        {
            var query = new MessageQuery
            {
                Owner = call.Owner,
                Conversation = place.Conversation,
                Tip = place.Previous?.Tip ?? default,
                Kinds = MessageKinds.Context,
                SectionOnly = true,
                Take = MostMessages,
            };
            var page = await call.Store.ListMessagesAsync(query, call.Aborted);
            if (page.HasMore) throw new RunException(RunError.Rejected($"The context has more than {MostMessages} items.", asked.PreviousResponseId is null ? "conversation" : "previous_response_id", "context_too_long"));
            context.AddRange(page.Items.Reverse());
        }

        var (conversation, now) = (call.NewId(), call.Now);
        foreach (var item in await ResponsesReferences.ResolveAsync(call, asked.Input, place, "input")) context.Add(item.ToMessage(call.NewId(), conversation, default, now));
        return context;
    }

    private static long SizeOf(IEnumerable<Message> messages) => messages.Sum(message => message.Content.Sum(part => Usage.Estimate(part.Text)));
}
