using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Parley.Workflows.PowerFx;

namespace Parley.Workflows.Outside;

/// <summary>
/// A client of an MCP server for a single call: JSON-RPC over HTTP POST, answered by JSON or by a stream of events of which one is the answer. What else the
/// server says or asks is passed over.
/// </summary>
/// <param name="calls">How it calls.</param>
/// <param name="server">The server's one URL.</param>
/// <param name="addHeaders">The workflow's own headers.</param>
internal sealed class McpClient(OutsideCalls calls, Uri server, Action<HttpRequestMessage> addHeaders)
{
    private const string Version = "2025-06-18";
    private const string Hello = $$$"""{"protocolVersion":"{{{Version}}}","capabilities":{},"clientInfo":{"name":"parley","version":"1"}}""";
    private const string SessionHeader = "Mcp-Session-Id";
    private const int MostPages = 20;

    private string? _session;
    private string? _version;
    private int _id;

    /// <summary>Greets the server.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        var hello = await AskAsync("initialize", Hello, null, cancellationToken).ConfigureAwait(false);
        if (hello.Failure is { } failure) throw new WorkflowException($"{server.Authority} refused to begin: {failure}", "mcp_failed");
        _version = hello.Result.TryGetProperty("protocolVersion", out var version) && version.ValueKind == JsonValueKind.String ? version.GetString() : Version;
        await SendAsync(HttpMethod.Post, """{"jsonrpc":"2.0","method":"notifications/initialized"}""", null, static (_, _, _) => Task.FromResult(true), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>All tools, a table.</summary>
    public async Task<McpAnswer> ListToolsAsync(CancellationToken cancellationToken)
    {
        var tools = new List<FxValue>();
        string? cursor = null;
        for (var page = 0; page < MostPages; page++)
        {
            var (result, failure) = await AskAsync("tools/list", cursor is null ? "{}" : FxJson.Compact(FxRecord.Of(new FxField("cursor", new FxText(cursor)))), null, cancellationToken).ConfigureAwait(false);
            if (failure is not null) return new McpAnswer(FxBlank.Value, "", failure);
            if (result.TryGetProperty("tools", out var some) && some.ValueKind == JsonValueKind.Array) tools.AddRange(some.EnumerateArray().Select(tool => OutsideValue.Of(tool.GetRawText())));
            cursor = result.TryGetProperty("nextCursor", out var next) && next.ValueKind == JsonValueKind.String ? next.GetString() : null;
            if (cursor is null) break;
        }

        var table = FxTable.Of(tools);
        return new McpAnswer(table, FxJson.Compact(table));
    }

    /// <summary>Calls a tool.</summary>
    /// <param name="name">The tool.</param>
    /// <param name="arguments">A JSON object.</param>
    /// <param name="key">Names the call, however often it is tried.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<McpAnswer> CallToolAsync(string name, string arguments, string key, CancellationToken cancellationToken)
    {
        var parameters = FxJson.Text(default, json =>
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WritePropertyName("arguments");
            json.WriteRawValue(arguments);
            json.WriteEndObject();
        });
        var (result, failure) = await AskAsync("tools/call", parameters, key, cancellationToken).ConfigureAwait(false);
        return failure is null ? McpAnswer.OfCall(result) : new McpAnswer(FxBlank.Value, "", failure);
    }

    /// <summary>Takes leave. The call is done, so that a server which does not care changes nothing.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (_session is null) return;
        try
        {
            await SendAsync(HttpMethod.Delete, null, null, static (_, _, _) => Task.FromResult(true), cancellationToken).ConfigureAwait(false);
        }
        catch (WorkflowException)
        {
            // A server may let no client end a session.
        }
    }

    private async Task<(JsonElement Result, string? Failure)> AskAsync(string method, string parameters, string? key, CancellationToken cancellationToken)
    {
        var id = ++_id;
        var answer = await SendAsync(
            HttpMethod.Post, $$$"""{"jsonrpc":"2.0","id":{{{id}}},"method":"{{{method}}}","params":{{{parameters}}}}""", key,
            (response, body, token) => ReadAsync(response, body, id, token), cancellationToken).ConfigureAwait(false)
            ?? throw new WorkflowException($"{server.Authority} gave no answer to {method} that MCP knows", "mcp_failed");
        if (answer.TryGetProperty("result", out var result)) return (result, null);
        var error = answer.GetProperty("error");
        return (default, error.ValueKind == JsonValueKind.Object && error.TryGetProperty("message", out var message) ? message.ToString() : error.GetRawText());
    }

    private async Task<T> SendAsync<T>(HttpMethod method, string? body, string? key, Func<HttpResponseMessage, Stream, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, server);
        if (body is not null)
        {
            request.Content = new StringContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        addHeaders(request);
        request.Headers.Remove("Accept");
        OutsideCalls.AddHeader(request, "Accept", "application/json, text/event-stream");
        if (_session is not null) OutsideCalls.AddHeader(request, SessionHeader, _session);
        if (_version is not null) OutsideCalls.AddHeader(request, "MCP-Protocol-Version", _version);
        if (key is not null && !request.Headers.Contains("Idempotency-Key")) OutsideCalls.AddHeader(request, "Idempotency-Key", key);
        return await calls.SendAsync(request, OutsideCalls.UsualTime, CheckedAsync, cancellationToken).ConfigureAwait(false);

        async Task<T> CheckedAsync(HttpResponseMessage response, Stream answer, CancellationToken token)
        {
            if (!response.IsSuccessStatusCode) throw OutsideCalls.Refusal(response, await OutsideCalls.ReadTextAsync(response, answer, token).ConfigureAwait(false));
            if (response.Headers.TryGetValues(SessionHeader, out var sessions)) _session = sessions.First();
            return await read(response, answer, token).ConfigureAwait(false);
        }
    }

    // The answer with this id, or null.
    private static async Task<JsonElement?> ReadAsync(HttpResponseMessage response, Stream body, int id, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType != "text/event-stream") return Answer(await OutsideCalls.ReadTextAsync(response, body, cancellationToken).ConfigureAwait(false), id);
        await foreach (var happened in SseParser.Create(body).EnumerateAsync(cancellationToken).ConfigureAwait(false))
            if (Answer(happened.Data, id) is { } answer) return answer;
        return null;
    }

    private static JsonElement? Answer(string text, int id)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            var root = json.RootElement;
            var isAnswer = root.ValueKind == JsonValueKind.Object && ((root.TryGetProperty("result", out var result) && result.ValueKind == JsonValueKind.Object) || root.TryGetProperty("error", out _))
                && root.TryGetProperty("id", out var of) && of.ValueKind == JsonValueKind.Number && of.TryGetInt32(out var number) && number == id;
            return isAnswer ? root.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
