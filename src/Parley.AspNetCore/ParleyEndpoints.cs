using Microsoft.AspNetCore.Builder;
using Parley.AspNetCore.Endpoints;
using Parley.AspNetCore.Http;
using Parley.AspNetCore.Pages;

namespace Parley.AspNetCore;

/// <summary>Parley's whole HTTP surface.</summary>
public static class ParleyEndpoints
{
    /// <summary>Serves the protocols, the page and the health checks, behind the answering of errors and the keys.</summary>
    public static void MapParley(this WebApplication app)
    {
        app.UseWebSockets();
        app.UseMiddleware<ErrorAnswers>();
        app.UseMiddleware<Access>();
        app.MapCoze();
        app.MapChatCompletions();
        app.MapResponses();
        app.MapTongyi();
        app.MapAgents();
        app.MapSharedPaths();
        app.MapParleyRuns();
        app.MapHealth();
        app.MapHomePage();
    }
}
