using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Parley.Conversations;

namespace Parley.AspNetCore.Http;

/// <summary>Whether the process lives, and whether it can serve.</summary>
internal static class Health
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        // Behind a host's own.
        routes.MapMethods("/health/live", Methods, context => WriteAsync(context, StatusCodes.Status200OK, """{"status":"ok"}""")).WithMetadata(Ours.Instance, Anybody.Instance).WithOrder(1);
        routes.MapMethods("/health/ready", Methods, ReadyAsync).WithMetadata(Ours.Instance, Anybody.Instance).WithOrder(1);
    }

    private static async Task ReadyAsync(HttpContext context)
    {
        var services = context.RequestServices;
        if (services.GetService<IHostApplicationLifetime>()?.ApplicationStopping.IsCancellationRequested == true)
        {
            await WriteAsync(context, StatusCodes.Status503ServiceUnavailable, """{"status":"stopping"}""");
            return;
        }

        try
        {
            // Nothing has this id: the store is asked, and finds nothing.
            await services.GetRequiredService<IConversationStore>().FindConversationAsync(Caller.Local.Owner, Id.None, context.RequestAborted)
                .AsTask().WaitAsync(Patience, services.GetRequiredService<TimeProvider>(), context.RequestAborted);
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested)
        {
            services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(Health)).LogWarning(e, "The store does not answer.");
            await WriteAsync(context, StatusCodes.Status503ServiceUnavailable, """{"status":"unavailable","store":"unavailable"}""");
            return;
        }

        await WriteAsync(context, StatusCodes.Status200OK, """{"status":"ok","store":"ok"}""");
    }

    private static Task WriteAsync(HttpContext context, int status, string json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(json, context.RequestAborted);
    }
}
