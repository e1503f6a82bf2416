using System.Text;
using System.Text.Json;

namespace Parley.IntegrationTests.Wire;

/// <summary>A client of one protocol, by hand: what it asks for a stream, and what it makes of as much as it got.</summary>
/// <param name="Name">Its name in the titles of tests.</param>
/// <param name="Ask">The path, headers and body of a request to an agent, about a text, in a conversation if one is given.</param>
/// <param name="Read">Reads a stream, or the beginning of one; a <see cref="FormatException"/> says which rule it breaks.</param>
internal sealed record ClientDialect(
    string Name, Func<string, string, string?, (string Path, string Headers, object Body)> Ask, Func<byte[], bool, Told> Read)
{
    public static readonly ClientDialect Coze = new(
        "coze", (agent, text, conversation) => ($"/v3/chat?conversation_id={conversation}", "", CozeCalls.Body(agent, text)), (body, isComplete) => ReadCoze(body, CozeFraming.Chat, isComplete));

    public static readonly ClientDialect Chatflow = new(
        "chatflow",
        (agent, text, conversation) => ("/v1/workflows/chat", "", new { workflow_id = agent, conversation_id = conversation, parameters = new { }, additional_messages = new[] { new { role = "user", content = text, content_type = "text" } } }),
        (body, isComplete) => ReadCoze(body, CozeFraming.WorkflowChat, isComplete));

    public static readonly ClientDialect Completions = new(
        "completions",
        (agent, text, conversation) => (
            "/v1/chat/completions", conversation is null ? "" : $"parley-conversation: {conversation}\r\n", new { model = agent, stream = true, messages = new[] { new { role = "user", content = text } } }),
        CompletionStreamCheck.Read);

    public static readonly ClientDialect Responses = new(
        "responses",
        (agent, text, conversation) => ("/v1/responses", "", conversation is null ? new { model = agent, stream = true, input = text } : new { model = agent, stream = true, input = text, conversation }),
        ResponsesStreamCheck.Read);

    public static IReadOnlyList<ClientDialect> All { get; } = [Coze, Chatflow, Completions, Responses];

    /// <summary>The bytes of a request.</summary>
    public string RequestOf(string agent, string text, string? conversation = null, string headers = "")
    {
        var (path, more, body) = Ask(agent, text, conversation);
        var json = JsonSerializer.Serialize(body);
        return $"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{more}{headers}Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(json)}\r\n\r\n{json}";
    }

    /// <summary>What was told by as much as came over a connection.</summary>
    public Told ReadWire(string seen)
    {
        if (HttpTape.Read(Encoding.UTF8.GetBytes(seen)) is not [var answer]) return new Told();
        var run = answer.Headers.GetValueOrDefault("parley-run");
        if (!answer.StartLine.Contains(" 200 ", StringComparison.Ordinal)) return new Told { Run = run, End = Told.Refused, Message = Encoding.UTF8.GetString(answer.Body) };
        return answer.Headers.GetValueOrDefault("content-type", "").StartsWith("text/event-stream", StringComparison.Ordinal) ? Read(answer.Body, answer.IsComplete) with { Run = run }
            : answer.IsComplete ? new Told { Run = run, End = Told.Refused, Message = Encoding.UTF8.GetString(answer.Body) }
            : new Told { Run = run };
    }

    private static Told ReadCoze(byte[] body, CozeFraming framing, bool isComplete)
    {
        var events = CozeStreamCheck.Read(body, framing, isComplete);
        if (events.Count == 0) return new Told();
        var stream = new CozeStream(body, events);
        return new Told
        {
            Events = events.Count,
            Text = stream.Streamed,
            HasItem = events.Any(e => e.Name == "conversation.message.completed"),
            End = stream.Terminal?.Name switch { null => null, "error" or "conversation.chat.failed" => Told.Failed, _ => Told.Completed },
            Message = stream.Terminal?.Name == "conversation.chat.failed" ? stream.Terminal.Json.GetProperty("last_error").GetProperty("msg").GetString()! : "",
        };
    }
}
