using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Parley.Agents;
using Parley.AspNetCore.Configuration.Agents;
using Parley.AspNetCore.Http;
using Parley.Storage;

namespace Parley.AspNetCore.Pages;

/// <summary>The page at <c>/</c>: what this server offers and how to call it. It shows no key and needs none.</summary>
internal static class HomePage
{
    private static readonly Lazy<string> Template = new(ReadTemplate);

    // Behind a host's own.
    public static void MapHomePage(this IEndpointRouteBuilder routes) => routes.MapMethods("/", [HttpMethods.Get, HttpMethods.Head], ShowAsync).WithMetadata(Ours.Instance).WithOrder(1);

    private static async Task ShowAsync(HttpContext context)
    {
        var services = context.RequestServices;
        var agents = services.GetRequiredService<AgentCatalog>();
        var kinds = services.GetService<AgentDirectory>()?.Kinds ?? new Dictionary<string, string>();
        var hasKeys = services.GetService<KeyStore>() is { } keys && await keys.AnyAsync(context.RequestAborted);
        var url = $"{context.Request.Scheme}://{context.Request.Host}";

        var response = context.Response;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        response.Headers.XContentTypeOptions = "nosniff";
        await response.WriteAsync(Render(url, agents, kinds, hasKeys), context.RequestAborted);
    }

    /// <summary>The page. Whatever is not ours is escaped.</summary>
    internal static string Render(string url, AgentCatalog agents, IReadOnlyDictionary<string, string> kinds, bool hasKeys)
    {
        var page = new StringBuilder(Template.Value);
        page.Replace("{{url}}", Escape(url));
        page.Replace("{{version}}", Escape(ParleyVersion.Text));
        page.Replace("{{access}}", hasKeys ? "Every call needs a key, sent as <code>Authorization: Bearer pat_…</code>." : "No key is needed on this machine; nobody else is let in. <code>parley keys create --name NAME</code> changes that.");
        page.Replace("{{calls}}", Calls(url, agents.Default?.Name ?? "AGENT", hasKeys));
        // Last: a description may hold anything.
        page.Replace("{{agents}}", agents.All.Count == 0 ? "<p class=\"none\">No agent is served yet. Put a file into the agents directory; it is picked up at once.</p>" : Agents(agents, kinds));
        return page.ToString();
    }

    private static string Agents(AgentCatalog agents, IReadOnlyDictionary<string, string> kinds)
    {
        var html = new StringBuilder("<ul class=\"agents\">");
        foreach (var agent in agents.All)
        {
            html.Append("<li><div class=\"name\"><code>").Append(Escape(agent.Name)).Append("</code>");
            if ((kinds.GetValueOrDefault(agent.Name) ?? agent.Kind) is { } kind) html.Append(" <span class=\"tag\">").Append(Escape(kind)).Append("</span>");
            if (ReferenceEquals(agent, agents.Default)) html.Append(" <span class=\"tag\">default</span>");
            foreach (var alias in agent.Aliases) html.Append(" <span class=\"alias\">").Append(Escape(alias)).Append("</span>");
            html.Append("</div>");
            var about = agent.Description.Length > 0 ? agent.Description : agent.Model.Length > 0 ? $"Model {agent.Model}" : "";
            if (about.Length > 0) html.Append("<p>").Append(Escape(about)).Append("</p>");
            html.Append("</li>");
        }

        return html.Append("</ul>").ToString();
    }

    private static string Calls(string url, string agent, bool hasKeys)
    {
        var html = new StringBuilder();
        foreach (var call in CurlLines.All)
        {
            html.Append("<h3>").Append(Escape(call.Title)).Append("</h3><pre><code>").Append(Escape(call.Write(url, agent, hasKeys))).Append("</code></pre>");
            html.Append("<p class=\"more\">").Append(Escape(call.More)).Append("</p>");
        }

        return html.ToString();
    }

    private static string Escape(string text) => HtmlEncoder.Default.Encode(text);

    private static string ReadTemplate()
    {
        using var stream = typeof(HomePage).Assembly.GetManifestResourceStream("Pages/home.html")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
