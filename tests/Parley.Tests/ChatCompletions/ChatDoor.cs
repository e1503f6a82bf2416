using System.Net;
using System.Text;
using System.Text.Json;
using Parley.Agents;
using Parley.AspNetCore.Endpoints;
using Parley.Protocols.ChatCompletions;
using Parley.Protocols.Upstream;
using Parley.Tests.Hosting;

namespace Parley.Tests.ChatCompletions;

/// <summary>A server with this door alone.</summary>
internal sealed class ChatDoor : TestDoor
{
    private ChatDoor(Agent[] agents)
        : base(agents, app => app.MapChatCompletions())
    {
    }

    public Uri Url => new(Http.BaseAddress!, "/v1");

    public static async Task<ChatDoor> OpenAsync(params Agent[] agents)
    {
        var door = new ChatDoor(agents);
        await door.StartAsync();
        return door;
    }

    public static Agent Echoing(string name, EchoOptions? options = null) => new(name, new EchoAgent(options ?? new(), TimeProvider.System)) { Aliases = [name + "-alias"] };

    public static Agent Remote(string name, Uri url, string model, UpstreamClient client)
        => new(name, new ChatCompletionsAgent(new ChatCompletionsOptions { Url = url, Model = model, Retries = 0 }, client));

    public async Task<HttpResponseMessage> SendAsync(string body, string? conversation = null, string? owner = null, string method = "POST", string path = "/v1/chat/completions")
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (method == "POST") request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        if (conversation is not null) request.Headers.Add("parley-conversation", conversation);
        if (owner is not null) request.Headers.Add("owner", owner);
        return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
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
