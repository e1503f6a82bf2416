using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Parley.AspNetCore.Http;

namespace Parley.AspNetCore.Endpoints;

/// <summary>OpenAI's Responses and Conversations, also under the paths of Azure AI Foundry. What <c>api-version</c> a client names is not looked at.</summary>
internal static class ResponsesEndpoints
{
    // Foundry's of two generations, of an agent's own endpoint and of a published application; "project" may be any.
    private static readonly string[] Prefixes =
    [
        "/v1", "/openai", "/openai/v1", "/api/projects/{project}/openai", "/api/projects/{project}/openai/v1",
        "/api/projects/{project}/agents/{agent}/endpoint/protocols/openai", "/api/projects/{project}/agents/{agent}/endpoint/protocols/openai/v1",
        "/api/projects/{project}/applications/{agent}/protocols/openai", "/api/projects/{project}/applications/{agent}/protocols/openai/v1",
    ];

    /// <summary>Serves both APIs under every prefix.</summary>
    public static void MapResponses(this IEndpointRouteBuilder routes)
    {
        foreach (var prefix in Prefixes)
        {
            var group = routes.MapGroup(prefix).WithMetadata(new Door(Protocol.Responses, ResponsesCall.WriteErrorAsync));
            MapResponses(group);
            MapConversations(group);
        }
    }

    private static void MapResponses(RouteGroupBuilder group)
    {
        group.Map("POST", "/responses", ResponsesRuns.CreateAsync);
        group.Map("GET", "/responses", static call => call.Context.WebSockets.IsWebSocketRequest ? ResponsesSocket.ServeAsync(call) : ResponsesReads.ListAsync(call));
        group.Map("POST", "/responses/compact", ResponsesContexts.CompactAsync);
        group.Map("POST", "/responses/input_tokens", ResponsesContexts.CountAsync);
        group.Map("GET", "/responses/{response}", ResponsesReads.RetrieveAsync);
        group.Map("DELETE", "/responses/{response}", ResponsesRuns.DeleteAsync);
        group.Map("POST", "/responses/{response}/cancel", ResponsesRuns.CancelAsync);
        group.Map("GET", "/responses/{response}/input_items", ResponsesReads.InputItemsAsync);
    }

    private static void MapConversations(RouteGroupBuilder group)
    {
        group.Map("POST", "/conversations", ConversationsDoor.CreateAsync);
        group.Map("GET", "/conversations", ConversationsDoor.ListAsync);
        group.Map("GET", "/conversations/{conversation}", ConversationsDoor.RetrieveAsync);
        group.Map("POST", "/conversations/{conversation}", ConversationsDoor.UpdateAsync);
        group.Map("DELETE", "/conversations/{conversation}", ConversationsDoor.DeleteAsync);
        group.Map("POST", "/conversations/{conversation}/items", ConversationsItems.CreateAsync);
        group.Map("GET", "/conversations/{conversation}/items", ConversationsItems.ListAsync);
        group.Map("GET", "/conversations/{conversation}/items/{item}", ConversationsItems.RetrieveAsync);
        group.Map("DELETE", "/conversations/{conversation}/items/{item}", ConversationsItems.DeleteAsync);
    }

    private static void Map(this RouteGroupBuilder group, string method, string pattern, Func<ResponsesCall, Task> handle)
        => group.MapMethods(pattern, [method], (RequestDelegate)(context => handle(new ResponsesCall(context))));
}
