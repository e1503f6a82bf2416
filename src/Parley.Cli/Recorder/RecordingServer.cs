using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Parley.Cli.Recorder;

/// <summary>The server that clients talk to instead of to the upstream.</summary>
internal static class RecordingServer
{
    public static WebApplication Build(Uri listen)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());

        // Exchanges that are under way when it is told to stop are broken off at once.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, listen));
        return builder.Build();
    }

    private static void Configure(KestrelServerOptions kestrel, Uri listen)
    {
        // The upstream has its limits, and names its own server.
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;

        // A byte is a character: so every value passes as it came.
        kestrel.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
        if (listen.Host == "localhost") kestrel.ListenLocalhost(listen.Port, Http1);
        else kestrel.Listen(IPAddress.Parse(listen.Host.Trim('[', ']')), listen.Port, Http1);

        static void Http1(ListenOptions options) => options.Protocols = HttpProtocols.Http1;
    }
}
