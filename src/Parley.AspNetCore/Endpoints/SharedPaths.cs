using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Parley.AspNetCore.Http;
using Parley.Runs;

namespace Parley.AspNetCore.Endpoints;

/// <summary>The one path that two protocols have in common, and that the shape of an id does not decide: Coze's list of conversations names a bot.</summary>
internal static class SharedPaths
{
    public static void MapSharedPaths(this IEndpointRouteBuilder routes)
        => routes.MapGet("/v1/conversations", (RequestDelegate)ListAsync).WithMetadata(new Door(Protocol.Responses, WriteErrorAsync)).WithOrder(-1);

    private static Task ListAsync(HttpContext context)
        => IsCoze(context) ? CozeConversations.ListAsync(new CozeCall(context)) : ConversationsDoor.ListAsync(new ResponsesCall(context));

    private static Task WriteErrorAsync(HttpContext context, RunError error)
        => IsCoze(context) ? CozeEndpoints.WriteErrorAsync(context, error) : ResponsesCall.WriteErrorAsync(context, error);

    private static bool IsCoze(HttpContext context) => context.Request.Query.ContainsKey("bot_id");
}
