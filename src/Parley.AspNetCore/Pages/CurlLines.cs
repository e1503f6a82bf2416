namespace Parley.AspNetCore.Pages;

/// <summary>A call of one protocol that works when it is pasted into a shell.</summary>
/// <param name="Title">The protocol's name.</param>
/// <param name="Path">Where to.</param>
/// <param name="Body">The request; <c>AGENT</c> stands for the agent's name, which needs no escaping.</param>
/// <param name="More">What else is there to know.</param>
internal sealed record CurlLine(string Title, string Path, string Body, string More)
{
    /// <summary>The command.</summary>
    public string Write(string url, string agent, bool hasKeys)
    {
        var key = hasKeys ? " -H \"Authorization: Bearer $PARLEY_KEY\"" : "";
        return $"curl -N {url}{Path}{key} -H 'Content-Type: application/json' -d '{Body.Replace("AGENT", agent, StringComparison.Ordinal)}'";
    }
}

/// <summary>A call of each protocol, one line each.</summary>
internal static class CurlLines
{
    public static IReadOnlyList<CurlLine> All { get; } =
    [
        new("Coze", "/v3/chat", """{"bot_id":"AGENT","user_id":"me","stream":true,"additional_messages":[{"role":"user","content":"Hello","content_type":"text"}]}""",
            "Any Coze SDK: set its base URL to this server's. Conversations are kept; docs/protocols/coze.md."),
        new("Responses", "/v1/responses", """{"model":"AGENT","stream":true,"input":"Hello"}""",
            "Any OpenAI SDK, and Foundry's: set its base URL to this server's with /v1, or to /api/projects/NAME; docs/protocols/responses.md."),
        new("Chat Completions", "/v1/chat/completions", """{"model":"AGENT","stream":true,"messages":[{"role":"user","content":"Hello"}]}""",
            "Any OpenAI SDK: set its base URL to this server's with /v1; docs/protocols/chat-completions.md."),
        new("Tongyi", "/dialog/conversation", """{"params":{"agentId":"AGENT"},"contents":[{"role":"user","content":"Hello","contentType":"text"}]}""",
            "Any client of Tongyi's web protocol: point it at this server, with the key as its ticket; docs/protocols/tongyi.md."),
    ];
}
