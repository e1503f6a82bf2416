using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Parley.Agents;
using Parley.AspNetCore.Http;
using Parley.Conversations;
using Parley.Protocols.ChatCompletions;
using Parley.Runs;

namespace Parley.AspNetCore.Endpoints;

/// <summary>
/// Where a completion belongs. By itself nowhere: its messages are its path, and no conversation appears. With a conversation's id only what
/// stands behind the last message of the assistant is new. With the outputs of tools at its end, or an answer to what the assistant asked, it goes
/// on with the run that waits for them.
/// </summary>
internal static class ChatTurn
{
    /// <summary>More outputs than this are not looked up one by one.</summary>
    private const int MostOutputs = 128;

    public static async Task<RunRequest> OfAsync(HttpContext context, ChatRequest asked, Agent agent, RawJson rendering)
    {
        var request = new RunRequest
        {
            Owner = Caller.Of(context).Owner,
            Agent = agent,
            Dialect = Protocol.ChatCompletions,
            Rendering = rendering,
            Input = asked.Messages.Skip(asked.PathLength).ToValueList(),
            Request = asked.Request,
            Metadata = asked.Metadata,
            OnDisconnect = Disconnect.PolicyOf(context, agent, DisconnectPolicy.Cancel),
            MustAnswer = MustAnswer.Calls,
        };
        var services = context.RequestServices;
        if (ConversationOf(context, asked) is { } conversation)
        {
            if (request.Input.Count == 0) throw new RunException(RunError.Rejected("In a conversation 'messages' must end with something new, not with a message of the assistant.", "messages"));
            request = request with { Conversation = conversation };
            return await FindWaitingAsync(services, request, asked, context.RequestAborted) is { } pending && pending.Conversation == conversation ? request with { Answers = pending.Id } : request;
        }

        var waiting = await FindWaitingAsync(services, request, asked, context.RequestAborted) ?? await FindAskingAsync(services, request, asked, context.RequestAborted);
        if (waiting is { Detached: false }) return request with { Conversation = waiting.Conversation, Answers = waiting.Id };
        return request with
        {
            Detached = true,
            Path = asked.Messages.Take(asked.PathLength).ToValueList(),
            Answers = waiting?.Id ?? default,
        };
    }

    // None for a new one, null if the request names none. A client that cannot set headers may use the metadata.
    private static Id? ConversationOf(HttpContext context, ChatRequest asked)
    {
        var named = context.Request.Headers[RunHeaders.Conversation].ToString();
        if (named.Length == 0) named = asked.Metadata.FirstOrDefault(pair => pair.Key == RunHeaders.Conversation).Value ?? "";
        if (named.Length == 0) return null;
        if (named == "new") return Id.None;
        return AnyId.TryParse(named, out var id)
            ? id
            : throw new RunException(RunError.NotFound($"The conversation '{named}' does not exist.", RunHeaders.Conversation, "conversation_not_found"));
    }

    // Ids of calls are the peers' and may be used again, so the run must wait for just these outputs, and from this agent.
    private static async Task<Run?> FindWaitingAsync(IServiceProvider services, RunRequest request, ChatRequest asked, CancellationToken cancellationToken)
    {
        var outputs = request.Input.Select(item => item.Head).OfType<ToolResultItem>().Select(result => result.CallId).ToHashSet(StringComparer.Ordinal);
        if (outputs.Count is 0 or > MostOutputs) return null;
        var store = services.GetRequiredService<IConversationStore>();
        Run? waiting = null;
        foreach (var call in outputs)
        {
            var run = await store.FindByOpenCallAsync(request.Owner, call, cancellationToken);
            if (run is null || (waiting is not null && waiting.Id != run.Id)) return null;
            waiting = run;
        }

        if (waiting?.End is not RunSuspended suspended || waiting.Agent.Name != request.Agent.Name) return null;
        var state = await services.GetRequiredService<Runner>().FoldAsync(waiting, cancellationToken);
        var open = suspended.Required.OfType<CallFunction>().Select(call => state.Items[call.Item]).ToDictionary(item => ((ToolCallItem)item.Head).CallId);
        return outputs.SetEquals(open.Keys) && AreTheSame(open, asked) ? waiting : null;
    }

    // The run whose question the messages end with, and which nobody has answered yet.
    private static async Task<Run?> FindAskingAsync(IServiceProvider services, RunRequest request, ChatRequest asked, CancellationToken cancellationToken)
    {
        if (asked.PathLength == 0 || request.Input.Count == 0 || request.Input.Any(item => item.Head is not MessageItem)) return null;
        var said = asked.Messages.Take(asked.PathLength).Where(item => item.Head is MessageItem).Select(item => (((MessageItem)item.Head).Role, WaitKey.TextOf(item.Content)));
        var run = await services.GetRequiredService<IConversationStore>().FindByOpenCallAsync(request.Owner, WaitKey.Of(asked.Request.User, said), cancellationToken);
        return run?.Agent.Name == request.Agent.Name ? run : null;
    }

    // A request that has the calls in it must have the same ones.
    private static bool AreTheSame(Dictionary<string, ItemState> open, ChatRequest asked)
    {
        foreach (var item in asked.Messages.Take(asked.PathLength).Reverse())
        {
            if (item.Head is not ToolCallItem call) break;
            if (open.TryGetValue(call.CallId, out var known) && (((ToolCallItem)known.Head).Name != call.Name || known.Input != string.Concat(item.Content.Select(part => part.Text)))) return false;
        }

        return true;
    }
}
