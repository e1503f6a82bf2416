using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Parley.Agents;
using Parley.AspNetCore.Endpoints;
using Parley.Tests.Hosting;

namespace Parley.Tests.Responses;

/// <summary>A server with this door and Coze's.</summary>
internal sealed class ResponsesDoor : TestDoor
{
    private ResponsesDoor(Agent[] agents)
        : base(agents.Length > 0 ? agents : [Echoing("echo")], app =>
        {
            ((WebApplication)app).UseWebSockets();
            app.MapCoze();
            app.MapResponses();
            app.MapSharedPaths();
        })
    {
    }

    public static async Task<ResponsesDoor> OpenAsync(params Agent[] agents)
    {
        var door = new ResponsesDoor(agents);
        await door.StartAsync();
        return door;
    }

    public static Agent Echoing(string name, EchoOptions? options = null) => new(name, new EchoAgent(options ?? new(), TimeProvider.System));

    public async Task<HttpResponseMessage> SendAsync(string method, string path, string? body = null, string? owner = null)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        if (owner is not null) request.Headers.Add("owner", owner);
        return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    public async Task<JsonElement> CallAsync(string method, string path, string? body = null, string? owner = null, HttpStatusCode status = HttpStatusCode.OK)
    {
        using var response = await SendAsync(method, path, body, owner);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, $"{(int)response.StatusCode}: {text}");
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        return JsonElement.Parse(text);
    }

    public Task<JsonElement> AskAsync(string body, string? owner = null) => CallAsync("POST", "/v1/responses", body, owner);

    /// <summary>What is wrong, as status, <c>param</c> and <c>code</c>.</summary>
    public async Task<(int Status, string? Param, string? Code)> RefusalAsync(string method, string path, string? body = null, string? owner = null)
    {
        using var response = await SendAsync(method, path, body, owner);
        var error = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error");
        Assert.NotEqual("", error.GetProperty("message").GetString());
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        return ((int)response.StatusCode, error.GetProperty("param").GetString(), error.GetProperty("code").GetString());
    }

    public async Task<List<JsonElement>> StreamAsync(string method, string path, string? body = null)
    {
        using var response = await SendAsync(method, path, body);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        var text = await response.Content.ReadAsStringAsync();
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        return [.. text.Split('\n').Where(line => line.StartsWith("data: {", StringComparison.Ordinal)).Select(line => JsonElement.Parse(line[6..]))];
    }

    /// <summary>A connection of the WebSocket transport.</summary>
    public async Task<ResponsesSocketClient> ConnectAsync()
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(Http.BaseAddress!) { Scheme = "ws", Path = "/v1/responses" }.Uri, TestContext.Current.CancellationToken);
        return new ResponsesSocketClient(socket);
    }

    public static string IdOf(JsonElement thing) => thing.GetProperty("id").GetString()!;

    /// <summary>The text of a response's messages.</summary>
    public static string TextOf(JsonElement response) => string.Concat(
        response.GetProperty("output").EnumerateArray().Where(item => item.GetProperty("type").GetString() == "message").Select(item => item.GetProperty("content")[0].GetProperty("text").GetString()));

    /// <summary>The entries of a list, each as its type and its text, output or arguments.</summary>
    public static string[] ShowList(JsonElement list) => [.. list.GetProperty("data").EnumerateArray().Select(Show)];

    private static string Show(JsonElement item) => item.GetProperty("type").GetString() switch
    {
        "message" => $"{item.GetProperty("role").GetString()}: {item.GetProperty("content")[0].GetProperty("text").GetString()}",
        "function_call" => $"call {item.GetProperty("name").GetString()}",
        "function_call_output" => $"output {item.GetProperty("output").GetString()}",
        var type => type!,
    };
}
