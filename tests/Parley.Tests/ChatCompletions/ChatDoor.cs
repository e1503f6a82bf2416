using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Parley.Agents;
using Parley.AspNetCore.Endpoints;
using Parley.AspNetCore.Http;
using Parley.Conversations;
using Parley.Protocols.ChatCompletions;
using Parley.Protocols.Upstream;
using Parley.Runs;
using Parley.Tests.Guards;

namespace Parley.Tests.ChatCompletions;

/// <summary>A server with this door alone, a store in memory, and a client.</summary>
internal sealed class ChatDoor : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _http;
    private readonly GuardWatch _watch;

    private ChatDoor(WebApplication app, GuardWatch watch)
    {
        (_app, _watch) = (app, watch);
        // Closing in the middle of an answer is what some tests are about: no politeness first.
        _http = new HttpClient(new SocketsHttpHandler { MaxResponseDrainSize = 0 }) { BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()) };
    }

    public Uri Url => new(_http.BaseAddress!, "/v1");

    public IConversationStore Store => _app.Services.GetRequiredService<IConversationStore>();

    public Runner Runner => _app.Services.GetRequiredService<Runner>();

    public static async Task<ChatDoor> OpenAsync(params Agent[] agents)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        var watch = GuardWatch.AddTo(builder.Services);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(provider => new IdSource(provider.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton<IConversationStore, MemoryStore>();
        builder.Services.AddSingleton(new AgentCatalog(agents));
        builder.Services.AddSingleton(provider => new Runner(provider.GetRequiredService<IConversationStore>(), provider.GetRequiredService<IdSource>(), provider.GetRequiredService<TimeProvider>(), NullLogger<Runner>.Instance));
        var app = builder.Build();
        app.UseMiddleware<ErrorAnswers>();
        app.Use((context, next) =>
        {
            context.Features.Set(new Caller(context.Request.Headers["owner"].ToString() is { Length: > 0 } owner ? owner : "local"));
            return next(context);
        });
        app.MapChatCompletions();
        await app.StartAsync();
        return new ChatDoor(app, watch);
    }

    public static Agent Echoing(string name, EchoOptions? options = null) => new(name, new EchoAgent(options ?? new(), TimeProvider.System)) { Aliases = [name + "-alias"] };

    public static Agent Remote(string name, Uri url, string model, UpstreamClient client)
        => new(name, new ChatCompletionsAgent(new ChatCompletionsOptions { Url = url, Model = model, Retries = 0 }, client));

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.StopAsync();
        await Runner.DisposeAsync();
        await _app.DisposeAsync();
        _watch.AssertLawful();
    }

    public async Task<HttpResponseMessage> SendAsync(string body, string? conversation = null, string? owner = null, string method = "POST", string path = "/v1/chat/completions")
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (method == "POST") request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        if (conversation is not null) request.Headers.Add("parley-conversation", conversation);
        if (owner is not null) request.Headers.Add("owner", owner);
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    public async Task<JsonElement> AskAsync(string body, string? conversation = null, string? owner = null, HttpStatusCode status = HttpStatusCode.OK)
    {
        using var response = await SendAsync(body, conversation, owner);
        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        return JsonElement.Parse(text);
    }

    public static string ContentOf(JsonElement completion) => completion.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
}
