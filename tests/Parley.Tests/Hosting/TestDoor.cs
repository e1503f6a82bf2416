using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Parley.Agents;
using Parley.AspNetCore.Http;
using Parley.Conversations;
using Parley.Protocols;
using Parley.Runs;
using Parley.Storage;
using Parley.Tests.Guards;

namespace Parley.Tests.Hosting;

/// <summary>A server with the doors that a test needs, a store in memory, and a client. Every stream that it sends is checked.</summary>
internal abstract class TestDoor : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly GuardWatch _watch;

    /// <param name="agents">Whom it serves.</param>
    /// <param name="map">Maps its doors.</param>
    /// <param name="addServices">What the doors need beyond the usual.</param>
    protected TestDoor(IEnumerable<Agent> agents, Action<IEndpointRouteBuilder> map, Action<IServiceCollection>? addServices = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null).UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        _watch = GuardWatch.AddTo(builder.Services);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(provider => new IdSource(provider.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton<IConversationStore, MemoryStore>();
        builder.Services.AddSingleton(new AgentCatalog(agents));
        addServices?.Invoke(builder.Services);
        builder.Services.AddSingleton(provider => new Runner(
            provider.GetRequiredService<IConversationStore>(), provider.GetRequiredService<IdSource>(), provider.GetRequiredService<TimeProvider>(), NullLogger<Runner>.Instance,
            files: provider.GetService<FileStore>() is { } files ? files.OpenAsync : null, losses: (run, state) => Losses.NamesOf(Losses.OfRun(run, state))));
        _app = builder.Build();
        _app.UseMiddleware<ErrorAnswers>();
        _app.Use((context, next) =>
        {
            context.Features.Set(new Caller(context.Request.Headers["owner"].ToString() is { Length: > 0 } owner ? owner : "local"));
            return next(context);
        });
        map(_app);
    }

    public IConversationStore Store => Service<IConversationStore>();

    public Runner Runner => Service<Runner>();

    // Closing in the middle of an answer is what some tests are about: no politeness first.
    protected HttpClient Http { get; } = new(new SocketsHttpHandler { MaxResponseDrainSize = 0 });

    protected T Service<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    protected async Task StartAsync()
    {
        await _app.StartAsync();
        Http.BaseAddress = new Uri(Service<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    public virtual async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await Runner.DisposeAsync();
        await _app.DisposeAsync();
        _watch.AssertLawful();
    }
}
