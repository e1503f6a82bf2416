using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Parley.Tests.Matrix;

/// <summary>What passes between a client and its server: the headers and bytes of the last answer, which need not be streamed as the client wants it.</summary>
internal sealed class Tap(HttpMessageHandler inner, bool isStreamed, bool isKept = true) : HttpMessageHandler
{
    private readonly HttpMessageInvoker _http = new(inner, disposeHandler: false);

    /// <summary>The headers of the last answer that is a run.</summary>
    public Dictionary<string, string> Headers { get; } = [];

    /// <summary>The bytes of the last answer that is a run.</summary>
    public string Body { get; private set; } = "";

    /// <summary>The conversation that every request names; for clients whose protocol has none.</summary>
    public string? Conversation { get; set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (Conversation is not null) request.Headers.Add("parley-conversation", Conversation);
        if (!isStreamed) await AskWholeAsync(request, cancellationToken);
        var response = await _http.SendAsync(request, cancellationToken);
        if (response.Headers.Contains("parley-run")) Keep(response);
        if (!isKept) return response;
        await response.Content.LoadIntoBufferAsync(cancellationToken);
        if (!isStreamed && request.RequestUri!.AbsolutePath.StartsWith("/v3/chat", StringComparison.Ordinal)) await PollAsync(request, response, cancellationToken);
        Body = await response.Content.ReadAsStringAsync(cancellationToken);
        return response;
    }

    private void Keep(HttpResponseMessage response)
    {
        Headers.Clear();
        foreach (var (name, values) in response.Headers) Headers[name] = string.Join(", ", values);
    }

    private static async Task AskWholeAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is null) return;
        var body = JsonNode.Parse(await request.Content.ReadAsStringAsync(cancellationToken))!.AsObject();
        body.Remove("stream_options");
        body["stream"] = false;
        request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
    }

    // Coze's clients poll. What they find is what a stream would have had, without its deltas.
    private async Task PollAsync(HttpRequestMessage asked, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var accepted = JsonElement.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
        if (accepted.GetProperty("code").GetInt32() != 0) return;
        var named = $"?conversation_id={accepted.GetProperty("data").GetProperty("conversation_id").GetString()}&chat_id={accepted.GetProperty("data").GetProperty("id").GetString()}";
        JsonElement chat;
        do chat = await GetAsync("/v3/chat/retrieve");
        while (chat.GetProperty("status").GetString() is "created" or "in_progress");
        var stream = new StringBuilder($"event:conversation.chat.created\ndata:{chat.GetRawText()}\n\n");
        foreach (var message in (await GetAsync("/v3/chat/message/list")).EnumerateArray()) stream.Append($"event:conversation.message.completed\ndata:{message.GetRawText()}\n\n");
        if (chat.GetProperty("status").GetString() is not "canceled" and var status) stream.Append($"event:conversation.chat.{status}\ndata:{chat.GetRawText()}\n\n");
        response.Content = new StringContent(stream.Append("event:done\ndata:\"[DONE]\"\n\n").ToString(), Encoding.UTF8, "text/event-stream");

        async Task<JsonElement> GetAsync(string path)
        {
            using var answer = await _http.SendAsync(new HttpRequestMessage(HttpMethod.Get, new Uri(asked.RequestUri!, path + named)), cancellationToken);
            return JsonElement.Parse(await answer.Content.ReadAsStringAsync(cancellationToken)).GetProperty("data");
        }
    }
}
