using Microsoft.Extensions.AI;
using Parley.AspNetCore;
using Parley.Extensions.AI;

namespace Embedding;

/// <summary>A web application that serves any chat client to the clients of all of Parley's protocols.</summary>
internal static class Server
{
    public static WebApplication Build(IChatClient chatClient, string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddParley(o => o.AddAgent("mine", chatClient));
        var app = builder.Build();
        app.MapParley();
        return app;
    }
}
