using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Parley.Agents;
using Parley.AspNetCore.Configuration;
using Parley.AspNetCore.Endpoints;
using Parley.Storage;
using Parley.Storage.Sqlite;
using Parley.Tests.Hosting;
using Parley.Tests.Storage;

namespace Parley.Tests.Coze;

/// <summary>A server with Coze's door alone, with or without files beside its store.</summary>
internal sealed class CozeDoor : TestDoor
{
    private readonly TempFolder? _folder;

    private CozeDoor(CozeOptions? options, LimitOptions limits, TempFolder? folder, Agent[] agents)
        : base(agents.Length > 0 ? agents : [Echo("echo")], app => app.MapCoze(), services =>
        {
            services.AddSingleton(options ?? new CozeOptions());
            services.AddSingleton(limits);
            if (folder is null) return;
            services.AddSingleton(_ => SqliteDatabase.Open(folder.Path, TimeProvider.System, NullLogger.Instance));
            services.AddSingleton<FileStore>();
            services.AddSingleton<VariableStore>();
        })
        => _folder = folder;

    public Uri Address => Http.BaseAddress!;

    public int ActiveCount => Runner.ActiveCount;

    public SqliteDatabase Database => Service<SqliteDatabase>();

    public AgentCatalog Agents => Service<AgentCatalog>();

    public static Task<CozeDoor> OpenAsync(CozeOptions? options = null, params Agent[] agents) => OpenAsync(options, new LimitOptions(), null, agents);

    /// <summary>With a place for files and variables, which go with the door.</summary>
    public static Task<CozeDoor> OpenWithFilesAsync(LimitOptions? limits = null, params Agent[] agents) => OpenAsync(null, limits ?? new(), new TempFolder(), agents);

    private static async Task<CozeDoor> OpenAsync(CozeOptions? options, LimitOptions limits, TempFolder? folder, Agent[] agents)
    {
        var door = new CozeDoor(options, limits, folder, agents);
        await door.StartAsync();
        return door;
    }

    public static Agent Echo(string name, EchoOptions? options = null) => new(name, new EchoAgent(options ?? new(), TimeProvider.System)) { Aliases = [name + "-alias", "7478675888952246323"] };

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder?.Dispose();
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
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
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
        return Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
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
