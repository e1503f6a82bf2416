using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Parley.AspNetCore.Hosting;

namespace Parley.AspNetCore;

/// <summary>Parley as a server of its own: Kestrel with Parley's limits, and nothing that a start does not need.</summary>
internal static class ParleyServer
{
    /// <summary>Bytes that the system may hold for a client that reads slowly. Left to itself it takes some megabytes for each.</summary>
    private const int SendBuffer = 128 << 10;

    /// <summary>Builds the server; nothing listens yet.</summary>
    public static WebApplication Build(Action<ParleyOptions> configure)
    {
        var options = new ParleyOptions();
        configure(options);

        // The empty builder reads no files and no variables: Parley's settings are the only ones.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Services.AddParley(configure);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Settings.Limits.Shutdown + Drain.Grace);
        AddLogging(builder.Logging, options);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, options));
        UseSockets(builder.WebHost);

        var app = builder.Build();
        app.MapParley();
        return app;
    }

    private static void Configure(KestrelServerOptions kestrel, ParleyOptions options)
    {
        var limits = options.Settings.Limits;
        kestrel.AddServerHeader = false;
        kestrel.Limits.RequestHeadersTimeout = limits.Headers;

        // RequestBody has the limit. Kestrel's own would close the connection before a client that is still sending has read why.
        kestrel.Limits.MaxRequestBodySize = null;

        // A stream may be read slowly, and be silent while an agent thinks. EventStream has an end for one that is not read at all.
        kestrel.Limits.MinResponseDataRate = null;

        var url = options.Settings.Server.Url;
        var host = url.HostNameType is UriHostNameType.IPv6 or UriHostNameType.IPv4 ? IPAddress.Parse(url.Host.Trim('[', ']')) : null;
        if (host is null) kestrel.ListenLocalhost(url.Port, Http1);
        else kestrel.Listen(host, url.Port, Http1);

        static void Http1(ListenOptions listen) => listen.Protocols = HttpProtocols.Http1;
    }

    // Handlers never block, so a socket's completion may run them on the thread that saw it: one switch of threads less per event.
    // The variable is read when the process opens its first socket.
    private static void UseSockets(IWebHostBuilder web)
    {
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        web.UseSockets(sockets =>
        {
            sockets.UnsafePreferInlineScheduling = true;
            sockets.CreateBoundListenSocket = endpoint =>
            {
                // The sockets of its connections inherit it.
                var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
                socket.SendBufferSize = SendBuffer;
                return socket;
            };
        });
    }

    private static void AddLogging(ILoggingBuilder logging, ParleyOptions options)
    {
        logging.SetMinimumLevel(options.Settings.Server.Log);
        logging.AddFilter("Microsoft", LogLevel.Warning);

        // It has nothing to say that ErrorAnswers does not, but would have each request traced, and each call to a peer too.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);

        // A start that fails is told once, in a sentence, by the command.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-dd HH:mm:ss ";
            console.ColorBehavior = LoggerColorBehavior.Default;
        });

        // What is printed for people and programs goes to the standard output; the log does not mix with it.
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }
}
