using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Parley.IntegrationTests.Wire;

/// <summary>A streamed answer of a Coze call, checked against the rules of the wire when it was read.</summary>
internal sealed record CozeStream(byte[] Body, List<CozeEvent> Events)
{
    /// <summary>The stream's first event.</summary>
    public JsonElement Chat => Events[0].Json;

    /// <summary>The chat's id.</summary>
    public string ChatId => Chat.GetProperty("id").GetString()!;

    /// <summary>The conversation's id.</summary>
    public string Conversation => Chat.GetProperty("conversation_id").GetString()!;

    /// <summary>All deltas, joined.</summary>
    public string Streamed => string.Concat(Events.Where(e => e.Name == "conversation.message.delta").Select(e => e.Json.GetProperty("content").GetString()));

    /// <summary>The event that ends the chat, if there is one.</summary>
    public CozeEvent? Terminal => Events.LastOrDefault(e => e.Name is "error" or "conversation.chat.completed" or "conversation.chat.failed" or "conversation.chat.requires_action");
}

/// <summary>A plain answer: its status and its exact text.</summary>
internal sealed record PlainAnswer(int Status, string ContentType, string Text, HttpResponseMessage Response)
{
    /// <summary>The text as JSON.</summary>
    public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Text);

    /// <summary>Coze's code.</summary>
    public int Code => Json.GetProperty("code").GetInt32();

    /// <summary>Coze's message.</summary>
    public string Message => Json.GetProperty("msg").GetString()!;
}

/// <summary>Coze's calls by hand, for what the SDKs cannot do or do not show.</summary>
internal static class CozeCalls
{
    /// <summary>The body of a chat with one user message.</summary>
    public static object Body(string bot, string text, bool stream = true)
        => new { bot_id = bot, user_id = "u", stream, additional_messages = new[] { new { role = "user", content = text, content_type = "text" } } };

    /// <summary>A whole streamed chat.</summary>
    public static async Task<CozeStream> ChatAsync(this HttpClient client, string bot, string text, string? conversation = null)
    {
        using var response = await client.PostAsJsonAsync($"/v3/chat?conversation_id={conversation}", Body(bot, text), TestContext.Current.CancellationToken);
        return await ReadStreamAsync(response, CozeFraming.Chat);
    }

    /// <summary>Reads a streamed answer to its end.</summary>
    public static async Task<CozeStream> ReadStreamAsync(HttpResponseMessage response, CozeFraming framing)
    {
        var body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.True(response.Content.Headers.ContentType?.MediaType == "text/event-stream", Encoding.UTF8.GetString(body));
        return new CozeStream(body, CozeStreamCheck.Read(body, framing));
    }

    /// <summary>Any call with a plain answer.</summary>
    public static async Task<PlainAnswer> CallAsync(this HttpClient client, HttpMethod method, string path, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new PlainAnswer((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType ?? "", text, response);
    }

    /// <summary>A POST of exactly this text as JSON.</summary>
    public static Task<PlainAnswer> PostTextAsync(this HttpClient client, string path, string json)
        => client.PostBytesAsync(path, Encoding.UTF8.GetBytes(json));

    /// <summary>A POST of exactly these bytes as JSON.</summary>
    public static Task<PlainAnswer> PostBytesAsync(this HttpClient client, string path, byte[] json)
    {
        var content = new ByteArrayContent(json);
        content.Headers.ContentType = new("application/json");
        return client.CallAsync(HttpMethod.Post, path, content);
    }

    /// <summary>A POST of an object as JSON.</summary>
    public static Task<PlainAnswer> PostAsync(this HttpClient client, string path, object body) => client.CallAsync(HttpMethod.Post, path, JsonContent.Create(body));

    /// <summary>A GET.</summary>
    public static Task<PlainAnswer> GetPlainAsync(this HttpClient client, string path, params (string Name, string Value)[] headers)
        => client.CallAsync(HttpMethod.Get, path, null, headers);
}
