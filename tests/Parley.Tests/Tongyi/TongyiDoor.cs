using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Parley.Agents;
using Parley.AspNetCore.Configuration;
using Parley.AspNetCore.Endpoints;
using Parley.Tests.Hosting;

namespace Parley.Tests.Tongyi;

/// <summary>A server with this door and all others.</summary>
internal sealed class TongyiDoor : TestDoor
{
    private TongyiDoor(TongyiOptions options, Agent[] agents)
        : base(agents.Length > 0 ? agents : [Echo("echo")], app =>
        {
            app.MapCoze();
            app.MapChatCompletions();
            app.MapResponses();
            app.MapTongyi();
            app.MapSharedPaths();
            app.MapParleyRuns();
        }, services => services.AddSingleton(options))
    {
    }

    public AgentCatalog Agents => Service<AgentCatalog>();

    public static Task<TongyiDoor> OpenAsync(params Agent[] agents) => OpenAsync(new TongyiOptions(), agents);

    public static async Task<TongyiDoor> OpenAsync(TongyiOptions options, params Agent[] agents)
    {
        var door = new TongyiDoor(options, agents);
        await door.StartAsync();
        return door;
    }

    public static Agent Echo(string name, EchoOptions? options = null) => new(name, new EchoAgent(options ?? new(), TimeProvider.System));

    /// <summary>Tells all that it was given.</summary>
    public static Agent Historian(string name = "history") => Echo(name, new EchoOptions { Reply = EchoReply.History });

    /// <summary>A request with one text, and what else is said.</summary>
    public static string Body(string text, string more = "")
        => $"{{\"action\":\"next\",{more}{(more.Length > 0 ? "," : "")}\"contents\":[{{\"content\":{JsonSerializer.Serialize(text)},\"contentType\":\"text\",\"role\":\"user\"}}]}}";

    /// <summary>A turn of a session.</summary>
    public Task<TongyiAnswer> SayAsync(string text, string session = "", string parent = "", string more = "")
        => AskAsync(Body(text, $"\"sessionId\":\"{session}\",\"parentMsgId\":\"{parent}\"{(more.Length > 0 ? "," : "")}{more}"));

    public async Task<TongyiAnswer> AskAsync(string body, params (string Name, string Value)[] headers)
    {
        using var response = await SendAsync("POST", "/dialog/conversation", body, headers);
        Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        return await TongyiAnswer.OfAsync(response);
    }

    /// <summary>The <c>data</c> of an envelope that tells success.</summary>
    public async Task<JsonElement> DataAsync(string path, string? body = "{}", string? owner = null)
    {
        using var response = await SendAsync("POST", path, body, owner is null ? [] : [("owner", owner)]);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        var json = JsonElement.Parse(text);
        Assert.Equal(["data", "errorCode", "errorMsg", "failed", "httpCode", "success", "traceId"], json.EnumerateObject().Select(member => member.Name));
        Assert.Equal((true, false, 200), (json.GetProperty("success").GetBoolean(), json.GetProperty("failed").GetBoolean(), json.GetProperty("httpCode").GetInt32()));
        Assert.Matches("^[0-9a-f]{32}$", json.GetProperty("traceId").GetString());
        return json.GetProperty("data");
    }

    /// <summary>What an envelope tells that is none of success.</summary>
    public async Task<(int Status, string? Code, string Message)> RefusalAsync(string path, string body, params (string Name, string Value)[] headers)
    {
        using var response = await SendAsync("POST", path, body, headers);
        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        var json = JsonElement.Parse(text);
        Assert.Equal((false, true, (int)response.StatusCode), (json.GetProperty("success").GetBoolean(), json.GetProperty("failed").GetBoolean(), json.GetProperty("httpCode").GetInt32()));
        return ((int)response.StatusCode, json.GetProperty("errorCode").GetString(), json.GetProperty("errorMsg").GetString()!);
    }

    public async Task<JsonElement[]> MessagesAsync(string session) => [.. (await DataAsync("/dialog/chat/list", $"{{\"sessionId\":\"{session}\"}}")).EnumerateArray()];

    public static Task<string> TextAsync(HttpResponseMessage response) => response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

    public async Task<HttpResponseMessage> SendAsync(string method, string path, string? body, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }
}

/// <summary>A streamed answer.</summary>
internal sealed record TongyiAnswer(IReadOnlyList<JsonElement> Frames, string Run, string Conversation)
{
    public JsonElement Last => Frames[^1];

    public string Session => Last.GetProperty("sessionId").GetString()!;

    public string Message => Last.GetProperty("msgId").GetString()!;

    public string Question => Last.GetProperty("parentMsgId").GetString()!;

    public string? StopReason => Last.GetProperty("stopReason").GetString();

    public bool IsIncremental => Frames[0].TryGetProperty("pkgId", out _);

    /// <summary>The whole text, which the last frame repeats.</summary>
    public string Text => Contents("text").SingleOrDefault() ?? "";

    public IEnumerable<string> Contents(string type)
        => Last.TryGetProperty("contents", out var contents)
            ? contents.EnumerateArray().Where(item => item.GetProperty("contentType").GetString() == type).Select(item => item.GetProperty("content").GetString()!)
            : [];

    public static async Task<TongyiAnswer> OfAsync(HttpResponseMessage response)
    {
        var events = (await TongyiDoor.TextAsync(response)).Split("\n\n");
        Assert.Equal("", events[^1]);
        Assert.Equal("data: [DONE]", events[^2]);
        Assert.All(events[..^1], line => Assert.StartsWith("data: ", line, StringComparison.Ordinal));
        var frames = events[..^2].Select(line => JsonElement.Parse(line["data: ".Length..])).ToList();
        Assert.Equal("finished", frames[^1].GetProperty("msgStatus").GetString());
        Assert.All(frames.SkipLast(1), frame => Assert.Equal("generating", frame.GetProperty("msgStatus").GetString()));
        Assert.All(frames, frame => Assert.Matches("^[0-9a-f]{32}$", frame.GetProperty("msgId").GetString()));
        return new TongyiAnswer(frames, response.Headers.GetValues("parley-run").Single(), response.Headers.GetValues("parley-conversation").Single());
    }
}
