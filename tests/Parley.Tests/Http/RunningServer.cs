using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Parley.Agents;
using Parley.AspNetCore;
using Parley.AspNetCore.Configuration;

namespace Parley.Tests.Http;

/// <summary>The whole server on a free port of this machine, with one echo.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RunningServer(WebApplication app)
    {
        _app = app;
        Url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = Url };
    }

    public Uri Url { get; }

    public HttpClient Client { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<RunningServer> StartAsync(Action<ParleyOptions>? configure = null, Action<WebApplication>? map = null)
    {
        var app = ParleyServer.Build(options =>
        {
            options.Settings = new ParleySettings { Server = new ServerOptions { Url = new Uri("http://127.0.0.1:0"), Log = LogLevel.None } };
            if (options.Agents.Count == 0) options.Agents.Add(new Agent("echo", new EchoAgent(new EchoOptions(), TimeProvider.System)));
            configure?.Invoke(options);
        });
        map?.Invoke(app);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new RunningServer(app);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}
