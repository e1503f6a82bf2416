using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Parley.AspNetCore.Configuration;
using Parley.AspNetCore.Http;
using Parley.Protocols.Tongyi;

namespace Parley.AspNetCore.Endpoints;

/// <summary>Tongyi's web protocol: answers, sessions, messages, models, and what its clients ask to see whether they are logged in.</summary>
internal static class TongyiEndpoints
{
    // Clients put their one ticket into a cookie of the name that was right when they were written.
    private static readonly Door Keyed = new(Protocol.Tongyi, TongyiCall.WriteErrorAsync) { KeyCookies = ["tongyi_sso_ticket", "login_aliyunid_ticket", "login_tongyi_ticket"] };

    private static readonly Door Open = Keyed with { FindGuest = _ => new Caller("guest") };

    private static readonly Door ForGuests = Keyed with { FindGuest = TongyiGuests.Find };

    public static void MapTongyi(this IEndpointRouteBuilder routes)
    {
        routes.Map("POST", "/dialog/conversation", TongyiChats.AskAsync);
        routes.Map("POST", "/dialog/chat/stop", TongyiChats.StopAsync);
        routes.Map("POST", "/dialog/chat/list", TongyiChats.ListAsync);

        // Each under its older name too.
        foreach (var path in (ReadOnlySpan<string>)["/dialog/session/list", "/dialog/querySessionList"]) routes.Map("POST", path, TongyiConversations.ListAsync);
        foreach (var path in (ReadOnlySpan<string>)["/dialog/session/create", "/dialog/addSession"]) routes.Map("POST", path, TongyiConversations.CreateAsync);
        foreach (var path in (ReadOnlySpan<string>)["/dialog/session/update", "/dialog/updateSession"]) routes.Map("POST", path, TongyiConversations.RenameAsync);
        foreach (var path in (ReadOnlySpan<string>)["/dialog/session/delete", "/dialog/deleteSession"]) routes.Map("POST", path, TongyiConversations.DeleteAsync);

        routes.Map("POST", "/dialog/api/chat/config/getModelSeries", call => call.AnswerAsync(json => TongyiEnvelope.WriteModels(json, call.Agents.All, call.Agents.Default)));
        routes.Map("GET", "/assistant/api/user/info/get", call => call.SendAsync(json => TongyiEnvelope.WriteUser(json, TongyiCall.TraceOf(call.Context), call.Owner)));
        routes.Map("POST", "/querySign", call => call.AnswerAsync(json => json.Null()));

        // Uploads go elsewhere; clients look here for those that there were.
        routes.Map("POST", "/assistant/api/record/list", call => call.AnswerAsync(json => json.Array().EndArray()));

        if (routes.ServiceProvider.GetService<TongyiOptions>() is not { Guests: true }) return;
        routes.Map("POST", "/dialog/guest/init", TongyiGuests.BeginAsync, Open);
        routes.Map("POST", "/dialog/guest/conversation", TongyiChats.AskAsync, ForGuests);
    }

    // A browser asks before it calls with a cookie, and is answered by the rules of this door; whoever else asks is told the same.
    private static void Map(this IEndpointRouteBuilder routes, string method, string pattern, Func<TongyiCall, Task> handle, Door? door = null)
    {
        RequestDelegate handler = context =>
        {
            if (!HttpMethods.IsOptions(context.Request.Method)) return handle(new TongyiCall(context));
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            context.Response.Headers.Allow = $"{method}, OPTIONS";
            return Task.CompletedTask;
        };
        routes.MapMethods(pattern, [method, HttpMethods.Options], handler).WithMetadata(door ?? Keyed);
    }
}
