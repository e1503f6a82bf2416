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
using Parley.AspNetCore.Configuration;
using Parley.AspNetCore.Endpoints;
using Parley.AspNetCore.Http;
using Parley.Conversations;
using Parley.Runs;
using Parley.Storage;
using Parley.Storage.Sqlite;
using Parley.Tests.Guards;
using Parley.Tests.Storage;

namespace Parley.Tests.Coze;

/// <summary>A server with Coze's door alone, a store in memory with or without files beside it, and a client.</summary>
internal sealed class CozeDoor : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TempFolder? _folder;
    private readonly HttpClient _http;
    private readonly GuardWatch _watch;

    private CozeDoor(WebApplication app, TempFolder? folder, GuardWatch watch)
    {
        (_app, _folder, _watch) = (app, folder, watch);
        _http = new HttpClient { BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()) };
    }

    public Uri Address => _http.BaseAddress!;

    public int ActiveCount => _app.Services.GetRequiredService<Runner>().ActiveCount;

    public SqliteDatabase Database => _app.Services.GetRequiredService<SqliteDatabase>();

    public IConversationStore Store => _app.Services.GetRequiredService<IConversationStore>();

    public AgentCatalog Agents => _app.Services.GetRequiredService<AgentCatalog>();

    public static Task<CozeDoor> OpenAsync(CozeOptions? options = null, params Agent[] agents) => OpenAsync(options, new LimitOptions(), null, agents);

    /// <summary>With a place for files and variables, which go with the door.</summary>
    public static Task<CozeDoor> OpenWithFilesAsync(LimitOptions? limits = null, params Agent[] agents) => OpenAsync(null, limits ?? new(), new TempFolder(), agents);

    private static async Task<CozeDoor> OpenAsync(CozeOptions? options, LimitOptions limits, TempFolder? folder, Agent[] agents)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null).UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        var watch = GuardWatch.AddTo(builder.Services);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(provider => new IdSource(provider.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton<IConversationStore, MemoryStore>();
        builder.Services.AddSingleton(new AgentCatalog(agents.Length > 0 ? agents : [Echo("echo")]));
        builder.Services.AddSingleton(options ?? new CozeOptions());
        builder.Services.AddSingleton(limits);
        if (folder is not null)
        {
            builder.Services.AddSingleton(_ => SqliteDatabase.Open(folder.Path, TimeProvider.System, NullLogger.Instance));
            builder.Services.AddSingleton<FileStore>();
            builder.Services.AddSingleton<VariableStore>();
        }

        builder.Services.AddSingleton(provider => new Runner(provider.GetRequiredService<IConversationStore>(), provider.GetRequiredService<IdSource>(), provider.GetRequiredService<TimeProvider>(), NullLogger<Runner>.Instance,
            files: provider.GetService<FileStore>() is { } files ? files.OpenAsync : null));
        var app = builder.Build();
        app.UseMiddleware<ErrorAnswers>();
        app.Use((context, next) =>
        {
            context.Features.Set(new Caller(context.Request.Headers["owner"].ToString() is { Length: > 0 } owner ? owner : "local"));
            return next(context);
        });
        app.MapCoze();
        await app.StartAsync();
        return new CozeDoor(app, folder, watch);
    }

    public static Agent Echo(string name, EchoOptions? options = null) => new(name, new EchoAgent(options ?? new(), TimeProvider.System)) { Aliases = [name + "-alias", "7478675888952246323"] };

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder?.Dispose();
        _watch.AssertLawful();
    }

    /// <summary>Uploads content under a name, as a browser does.</summary>
    public async Task<JsonElement> UploadAsync(string name, byte[] content, string? owner = null)
    {
        using var form = new MultipartFormDataContent("the-border") { HeaderEncodingSelector = (_, _) => Encoding.UTF8 };
        var file = new ByteArrayContent(content);
        file.Headers.TryAddWithoutValidation("Content-Disposition", $"form-data; name=\"file\"; filename=\"{name}\"");
        form.Add(file);
        return await PostFormAsync(form, owner);
    }

    /// <summary>Sends a form to the place of uploads.</summary>
    public async Task<JsonElement> PostFormAsync(HttpContent form, string? owner = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/files/upload") { Content = form };
        if (owner is not null) request.Headers.Add("owner", owner);
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return JsonElement.Parse(await response.Content.ReadAsStringAsync());
    }

    /// <summary>The answer's body; every answer has a log id.</summary>
    public async Task<JsonElement> CallAsync(string method, string path, string? body = null, string? contentType = "application/json", string? owner = null, HttpStatusCode status = HttpStatusCode.OK)
    {
        using var response = await SendAsync(method, path, body, contentType, owner);
        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal(status, response.StatusCode);
        Assert.False(text.EndsWith('\n'));
        var json = JsonElement.Parse(text);
        var logId = response.Headers.GetValues("x-tt-logid").Single();
        Assert.Matches("^[0-9]{14}[0-9A-F]{20}$", logId);
        Assert.Equal(logId, json.GetProperty("detail").GetProperty("logid").GetString());
        return json;
    }

    public async Task<JsonElement> DataAsync(string method, string path, string? body = null)
    {
        var json = await CallAsync(method, path, body);
        Assert.Equal(0, json.GetProperty("code").GetInt32());
        return json.GetProperty("data");
    }

    /// <summary>The frames of a stream: name and data.</summary>
    public async Task<List<(string Event, string Data)>> StreamAsync(string path, string body)
    {
        using var response = await SendAsync("POST", path, body, "application/json", null);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("no-cache", response.Headers.CacheControl!.ToString());
        Assert.Matches("^[0-9]{14}[0-9A-F]{20}$", response.Headers.GetValues("x-tt-logid").Single());
        return Frames(await response.Content.ReadAsStringAsync());
    }

    public Task<HttpResponseMessage> SendAsync(string method, string path, string? body, string? contentType, string? owner)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            if (contentType is not null) request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        if (owner is not null) request.Headers.Add("owner", owner);
        return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>Polls a chat until it stands as expected.</summary>
    public async Task<JsonElement> PollAsync(string conversation, string chat, string status)
    {
        while (true)
        {
            var data = await DataAsync("POST", $"/v3/chat/retrieve?conversation_id={conversation}&chat_id={chat}");
            if (data.GetProperty("status").GetString() != "in_progress")
            {
                Assert.Equal(status, data.GetProperty("status").GetString());
                return data;
            }

            await Task.Yield();
        }
    }

    public static List<(string Event, string Data)> Frames(string stream)
        => [.. stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(frame => frame.Split('\n') is [var name, var data] ? (name["event:".Length..].Trim(), data["data:".Length..].Trim()) : throw new InvalidDataException(frame))];
}
