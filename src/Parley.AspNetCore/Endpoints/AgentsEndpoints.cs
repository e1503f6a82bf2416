using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Parley.AspNetCore.Http;

namespace Parley.AspNetCore.Endpoints;

/// <summary>Foundry's agents and their versions, which clients make, change and delete.</summary>
internal static class AgentsEndpoints
{
    private static readonly string[] Prefixes = ["/api/projects/{project}", "/v1"];

    /// <summary>Serves the API under every prefix.</summary>
    public static void MapAgents(this IEndpointRouteBuilder routes)
    {
        foreach (var prefix in Prefixes)
        {
            var group = routes.MapGroup(prefix).WithMetadata(new Door(Protocol.Responses, ResponsesCall.WriteErrorAsync));
            group.Map("GET", "/agents", AgentsReads.ListAsync);
            group.Map("POST", "/agents", AgentsDoor.CreateAsync);
            group.Map("GET", "/agents/{name}", AgentsReads.RetrieveAsync);
            group.Map("POST", "/agents/{name}", AgentsDoor.UpdateAsync);
            group.Map("DELETE", "/agents/{name}", AgentsDoor.DeleteAsync);
            group.Map("GET", "/agents/{name}/versions", AgentsReads.ListVersionsAsync);
            group.Map("POST", "/agents/{name}/versions", AgentsDoor.CreateVersionAsync);
            group.Map("GET", "/agents/{name}/versions/{version}", AgentsReads.RetrieveVersionAsync);
            group.Map("DELETE", "/agents/{name}/versions/{version}", AgentsDoor.DeleteVersionAsync);
        }
    }

    private static void Map(this RouteGroupBuilder group, string method, string pattern, Func<ResponsesCall, Task> handle)
        => group.MapMethods(pattern, [method], (RequestDelegate)(context => handle(new ResponsesCall(context))));
}
