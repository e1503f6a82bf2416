using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Parley.Agents;
using Parley.AspNetCore;
using Parley.AspNetCore.Configuration.Agents;
using Parley.AspNetCore.Pages;
using Parley.Storage;

namespace Parley.Cli;

/// <summary>What a server says when it is ready: its address, its agents, and a call to try.</summary>
internal static class Banner
{
    public static async Task WriteAsync(TextWriter output, WebApplication app, CancellationToken cancellationToken)
    {
        var url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? "";
        var agents = app.Services.GetRequiredService<AgentCatalog>();
        var hasKeys = await app.Services.GetRequiredService<KeyStore>().AnyAsync(cancellationToken);
        await output.WriteLineAsync(Write(url, agents, hasKeys));
    }

    internal static string Write(string url, AgentCatalog agents, bool hasKeys)
    {
        var names = string.Join(", ", agents.All.Select(agent => agent.Name));
        var call = CurlLines.All[0].Write(url, agents.Default?.Name ?? "AGENT", hasKeys);
        var workflow = agents.All.FirstOrDefault(agent => agent.Kind == WorkflowFile.Kind) is { } asking
            ? $"{Environment.NewLine}{Environment.NewLine}A workflow that asks and waits, in the terminal: parley chat --agent {asking.Name}"
            : "";
        return $"""
            parley {ParleyVersion.Text} listens on {url}
            agents: {(names.Length == 0 ? "none" : names)}

            {call}{workflow}

            """;
    }
}
