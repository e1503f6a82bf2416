using System.Text;

namespace Parley.IntegrationTests.Peers;

/// <summary>A server of one protocol, by hand: what an agent file says to reach it, and the events of its answers.</summary>
/// <param name="Name">The protocol, as agent files call it.</param>
/// <param name="Keys">What an agent file says besides.</param>
/// <param name="Opening">The events before the first text.</param>
/// <param name="Piece">The event with a piece of the answer, its number counted from 0.</param>
/// <param name="Garbage">An event that means nothing.</param>
/// <param name="Finish">The events of a good end.</param>
internal sealed record PeerDialect(string Name, string Keys, string Opening, Func<string, int, string> Piece, string Garbage, string Finish)
{
    public static IReadOnlyList<PeerDialect> All { get; } =
    [
        new("chat-completions", "model: m\n", "", (text, _) => Encoding.UTF8.GetString(Chat.Piece(text)), "data: {\"choices\":[\n\n", Encoding.UTF8.GetString(Chat.Finish)),
        new(
            "coze", "bot_id: \"73\"\n",
            "event:conversation.chat.created\ndata:{\"id\":\"7801\",\"conversation_id\":\"7800\",\"bot_id\":\"73\",\"created_at\":1795180000,\"status\":\"created\"}\n\n"
            + "event:conversation.chat.in_progress\ndata:{\"id\":\"7801\",\"conversation_id\":\"7800\",\"bot_id\":\"73\",\"created_at\":1795180000,\"status\":\"in_progress\"}\n\n",
            (text, _) => $"event:conversation.message.delta\ndata:{{\"id\":\"7802\",\"conversation_id\":\"7800\",\"chat_id\":\"7801\",\"role\":\"assistant\",\"type\":\"answer\",\"content\":\"{text}\",\"content_type\":\"text\"}}\n\n",
            "event:conversation.message.delta\ndata:{\"id\":\n\n",
            "event:conversation.chat.completed\ndata:{\"id\":\"7801\",\"conversation_id\":\"7800\",\"bot_id\":\"73\",\"status\":\"completed\"}\n\nevent:done\ndata:\"[DONE]\"\n\n"),
        new(
            "responses", "model: m\n",
            "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_71\",\"object\":\"response\",\"status\":\"in_progress\",\"model\":\"m\",\"output\":[]}}\n\n",
            (text, number) => $"event: response.output_text.delta\ndata: {{\"type\":\"response.output_text.delta\",\"sequence_number\":{number + 1},\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\"{text}\"}}\n\n",
            "event: response.output_text.delta\ndata: {\"delta\":\n\n",
            "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_71\",\"status\":\"completed\",\"output\":[]}}\n\n"),
        new(
            "tongyi", "",
            "data: {\"msgId\":\"b04c1d9a7e3f4852a6c0d8e1f2a3b4c5\",\"sessionId\":\"a93b0c8f6d2e4741959fc7d0e1f2a3b4\",\"msgStatus\":\"generating\",\"incremental\":true,\"pkgId\":0}\n\n",
            (text, number) => $"data: {{\"msgId\":\"b04c1d9a7e3f4852a6c0d8e1f2a3b4c5\",\"sessionId\":\"a93b0c8f6d2e4741959fc7d0e1f2a3b4\",\"msgStatus\":\"generating\",\"incremental\":true,\"pkgId\":{number + 1},"
                + $"\"contents\":[{{\"content\":\"{text}\",\"contentType\":\"text\",\"id\":\"1_0\",\"role\":\"assistant\"}}]}}\n\n",
            "data: <html>\n\n",
            "data: {\"msgId\":\"b04c1d9a7e3f4852a6c0d8e1f2a3b4c5\",\"sessionId\":\"a93b0c8f6d2e4741959fc7d0e1f2a3b4\",\"msgStatus\":\"finished\",\"stopReason\":\"stop\",\"pkgId\":99}\n\ndata: [DONE]\n\n"),
    ];

    /// <summary>The one of a name.</summary>
    public static PeerDialect Of(string name) => All.First(dialect => dialect.Name == name);

    /// <summary>The text of an agent file.</summary>
    public string AgentFile(string name, string url, string more = "") => $"name: {name}\nkind: remote\nprotocol: {Name}\nurl: {url}\n{Keys}{more}";

    /// <summary>A stream up to its last piece.</summary>
    public string Say(params string[] pieces) => Opening + string.Concat(pieces.Select(Piece));

    /// <summary>The head of a stream that ends with the connection, and these events.</summary>
    public static Send Send(string events) => new([.. Chat.StreamHead, .. Encoding.UTF8.GetBytes(events)]);

    public override string ToString() => Name;
}
