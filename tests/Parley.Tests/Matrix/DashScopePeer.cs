using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Parley.Agents;
using Parley.AspNetCore.Http;
using Parley.Protocols;
using Parley.Protocols.DashScope;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Tests.Matrix;

/// <summary>A server that speaks DashScope, which Parley does not serve: a request carries all that it is about, and is answered by the agent that plays.</summary>
internal static class DashScopePeer
{
    public static void MapDashScope(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/v1/services/aigc/text-generation/generation", context => AnswerAsync(context, Protocol.DashScope));
        routes.MapPost("/api/v1/apps/{app}/completion", context => AnswerAsync(context, Protocol.DashScopeApp));
    }

    private static async Task AnswerAsync(HttpContext context, Protocol protocol)
    {
        var services = context.RequestServices;
        var body = (await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted)).RootElement.GetProperty("input");
        List<InputItem> said = body.TryGetProperty("prompt", out var prompt)
            ? [InputItem.Said(Role.User, prompt.GetString()!)]
            : [.. body.GetProperty("messages").EnumerateArray().Select(Read)];
        var live = await services.GetRequiredService<Runner>().StartAsync(
            new RunRequest
            {
                Owner = "local",
                Agent = services.GetRequiredService<AgentCatalog>().Default!,
                Dialect = protocol,
                Detached = true,
                Path = said.SkipLast(1).ToValueList(),
                Input = [said[^1]],
                OnDisconnect = DisconnectPolicy.Cancel,
            },
            context.RequestAborted);
        await EventStream.SendAsync(context, live, StreamFormat.Of(protocol).NewWriter(live.Header, false), error =>
        {
            var text = JsonLine.ToRawJson(json => DashScopeErrors.Write(json, error, "r")).Text;
            context.Response.StatusCode = DashScopeErrors.StatusOf(error);
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync(text, context.RequestAborted);
        });
    }

    private static InputItem Read(JsonElement message)
    {
        var text = message.GetProperty("content").GetString() ?? "";
        return message.GetProperty("role").GetString() is "tool" ? InputItem.Output(message.GetProperty("tool_call_id").GetString()!, text) : InputItem.Said(new Role(message.GetProperty("role").GetString()!), text);
    }
}
