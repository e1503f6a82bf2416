using Parley.Agents;
using Parley.AspNetCore.Http;
using Parley.Protocols.Responses;
using Parley.Runs;

namespace Parley.AspNetCore.Endpoints;

/// <summary>Where something is to be added: at a conversation's head, or behind an earlier response.</summary>
/// <param name="Conversation">The conversation; none for a new one.</param>
/// <param name="Previous">The response before, where one is named.</param>
internal sealed record ResponsesPlace(Id Conversation, Run? Previous = null);

/// <summary>
/// Where a response belongs. Behind the response that the request names: a branch, if others are there too. Else at the head of a conversation:
/// the one that is named, or a new one, which only a header tells, and a workflow's response. What is not kept and names nothing belongs nowhere: its input is all of its path.
/// </summary>
internal static class ResponsesTurn
{
    /// <summary>The run that is asked for.</summary>
    /// <param name="call">The request.</param>
    /// <param name="asked">What it says.</param>
    /// <param name="memory">The response that the connection remembers, if the request came on one that does.</param>
    public static async Task<RunRequest> OfAsync(ResponsesCall call, ResponsesRequest asked, ResponsesMemory? memory = null)
    {
        if (memory?.Response != asked.PreviousResponseId) memory = null;
        var place = memory is null ? await PlaceOfAsync(call, asked) : new ResponsesPlace(default);
        var agent = AgentOf(call, asked, memory?.Agent ?? place.Previous?.Agent.Name);
        var input = await ResponsesReferences.ResolveAsync(call, asked.Input, place, "input");
        if (memory is not null) input = [.. memory.Path, .. input];
        var detached = !asked.Store && place.Conversation.IsNone;
        var path = detached ? PathLength(input) : 0;
        if (detached) RefuseApprovals(input.Skip(path));
        CheckOutputs(input, isWhole: detached);
        return new RunRequest
        {
            Owner = call.Owner,
            Agent = agent,
            Dialect = Protocol.Responses,
            Rendering = RenderingOf(call, asked, agent, detached).ToJson(),
            Conversation = place.Conversation,
            Parent = place.Previous?.Tip ?? default,
            Detached = detached,
            Path = input.Take(path).ToValueList(),
            Input = input.Skip(path).ToValueList(),
            Stored = asked.Store,
            Background = asked.Background,
            Request = asked.Request,
            Metadata = asked.Metadata,
            OnDisconnect = Disconnect.PolicyOf(call.Context, agent, DisconnectPolicy.Cancel),
            MustAnswer = MustAnswer.CallsAndApprovals,
        };
    }

    /// <summary>The place that a request names.</summary>
    public static async ValueTask<ResponsesPlace> PlaceOfAsync(ResponsesCall call, ResponsesRequest asked)
    {
        if (asked.PreviousResponseId is { } id)
        {
            var run = await call.FindRunAsync(id);
            if (run is null or { Detached: true })
                throw new RunException(RunError.Rejected($"Previous response with id '{id}' not found.", "previous_response_id", "previous_response_not_found"));
            if (!run.HasEnded) throw new RunException(RunError.Rejected($"Previous response with id '{id}' is still in progress.", "previous_response_id", "previous_response_in_progress"));
            return new ResponsesPlace(run.Conversation, run);
        }

        if (asked.Conversation is not { } named) return new ResponsesPlace(default);
        var conversation = ResponsesCall.ConversationId(named, "conversation");
        return await call.Store.FindConversationAsync(call.Owner, conversation, call.Aborted) is null ? throw ResponsesCall.NoConversation(named, "conversation") : new ResponsesPlace(conversation);
    }

    // Foundry's clients name an agent and perhaps a model too; the agent it is then. Whoever only goes on may name none.
    private static Agent AgentOf(ResponsesCall call, ResponsesRequest asked, string? previous)
    {
        if (call.RouteAgent is { } inPath && asked.Agent is { } inBody && inBody.Name != inPath)
            throw new RunException(RunError.Rejected($"The path names agent '{inPath}', the request agent '{inBody.Name}'.", "agent", "invalid_value"));
        if ((call.RouteAgent ?? asked.Agent?.Name) is { } named) return call.AgentOf(named, asked.Agent?.Version);
        var model = asked.Model ?? previous ?? throw new RunException(RunError.Rejected("Missing required parameter: 'model'.", "model", "missing_required_parameter"));
        return (model.Length == 0 ? call.Agents.Default : call.Agents.Find(model))
            ?? throw new RunException(RunError.NotFound($"The model '{model}' does not exist.", "model", "model_not_found"));
    }

    private static ResponsesRendering RenderingOf(ResponsesCall call, ResponsesRequest asked, Agent agent, bool detached)
    {
        var isNamed = (call.RouteAgent ?? asked.Agent?.Name) is not null;
        return new ResponsesRendering
        {
            Model = asked.Model is { Length: > 0 } model ? model : isNamed ? "" : agent.Name,
            ShowsAgent = isNamed,

            // Foundry's clients answer a workflow's question there, and look nowhere else for it.
            ShowsConversation = asked.Conversation is not null || (!detached && ResponsesIds.IsWorkflow(agent.Reference)),
            Previous = asked.PreviousResponseId,
            IncludesEncrypted = asked.Include.Contains(ResponsesRequest.EncryptedReasoning),
            Echo = asked.Echo,

            // On a socket the first of the two would end the turn.
            TellsErrors = !call.Context.WebSockets.IsWebSocketRequest,
        };
    }

    // Where nothing is kept, no request waits for one.
    private static void RefuseApprovals(IEnumerable<InputItem> input)
    {
        if (input.Any(item => item.Head is ApprovalReplyItem))
            throw new RunException(RunError.Rejected("An approval needs the response that asks for it: send 'previous_response_id' or 'conversation' of one that is stored.", "input", "approval_request_not_found"));
    }

    // A call that is told must have its output told too. An output alone is of a call that waits, which only what is kept does.
    private static void CheckOutputs(ValueList<InputItem> input, bool isWhole)
    {
        var open = new HashSet<string>(StringComparer.Ordinal);
        var told = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in input)
        {
            if (item.Head is ToolCallItem { RunBy: RunBy.Client } call)
            {
                open.Add(call.CallId);
                told.Add(call.CallId);
            }
            else if (item.Head is ToolResultItem result && !open.Remove(result.CallId) && (isWhole || told.Contains(result.CallId)) && !IsOfServer(input, result.CallId))
                throw new RunException(RunError.Rejected($"No tool call found for function call output with call_id {result.CallId}.", "input"));
        }

        if (open.FirstOrDefault() is { } unanswered) throw new RunException(RunError.Rejected($"No tool output found for function call {unanswered}.", "input"));
    }

    private static bool IsOfServer(ValueList<InputItem> input, string callId) => input.Any(item => item.Head is ToolCallItem { RunBy: RunBy.Server } call && call.CallId == callId);

    // Up to the last thing that an agent said or did.
    private static int PathLength(ValueList<InputItem> input)
    {
        for (var i = input.Count - 1; i >= 0; i--)
        {
            if (input[i].Head is MessageItem { Role: var role } && role == Role.Assistant || input[i].Head is ToolCallItem or ReasoningItem or ApprovalRequestItem or OpaqueItem) return i + 1;
            if (input[i].Head is ToolResultItem result && i > 0 && input[i - 1].Head is ToolCallItem { RunBy: RunBy.Server } call && call.CallId == result.CallId) return i + 1;
        }

        return 0;
    }
}
