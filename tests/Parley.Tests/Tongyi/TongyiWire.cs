using System.Text;
using Parley.Protocols.Tongyi;
using Parley.Runs;
using Parley.Tests.Events;

namespace Parley.Tests.Tongyi;

/// <summary>Streams into events and back.</summary>
internal static class TongyiWire
{
    public const string Session = "6b00445000c000006b00445000c00000";
    public const string Message = "6b00445000c000006b00445000c00008";
    public const string Question = "6b00445000c000006b00445000c00010";

    /// <summary>What stands in a frame behind its contents, in the order of a peer that has no order.</summary>
    private const string Ids = "\"sessionId\":\"s1\",\"msgId\":\"m1\",\"parentMsgId\":\"q1\",\"traceId\":\"t1\"";

    public static Run Header(TongyiRendering? rendering = null) => new()
    {
        Id = new Id(0x6b00445000c00008),
        Owner = "local",
        Conversation = new Id(0x6b00445000c00000),
        Section = new Id(0x6b00445000c00000),
        Agent = new AgentRef("assistant"),
        Status = RunStatus.Running,
        Dialect = Protocol.Tongyi,
        Rendering = (rendering ?? new TongyiRendering()).ToJson(),
        Input = [new Id(0x6b00445000c00010)],
        Chat = new Id(0x6b00445000c00008),
        Request = ModelRequest.Empty,
        CreatedAt = DateTimeOffset.FromUnixTimeSeconds(1795179600),
    };

    public static TongyiRendering Cumulative { get; } = new() { IsCumulative = true };

    /// <summary>The bytes of a run's stream.</summary>
    public static byte[] Bytes(IEnumerable<RunEvent> events, TongyiRendering? rendering = null)
        => Streams.Write(new TongyiStreamWriter(Header(rendering)), RandomRuns.LogOf(events));

    public static string Write(IEnumerable<RunEvent> events, TongyiRendering? rendering = null) => Encoding.UTF8.GetString(Bytes(events, rendering));

    /// <summary>The data of a run's frames.</summary>
    public static string[] Frames(IEnumerable<RunEvent> events, TongyiRendering? rendering = null)
        => [.. Write(events, rendering).Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(frame => frame["data: ".Length..])];

    /// <summary>What a reader makes of events with these data, and of the end of the stream.</summary>
    public static List<RunEvent> Read(params IEnumerable<string> data)
        => Streams.Read(new TongyiStreamReader(), Encoding.UTF8.GetBytes(string.Concat(data.Select(one => $"data: {one}\n\n"))));

    /// <summary>A frame with contents, each an object.</summary>
    public static string Frame(string contents, string more = "") => $$"""{{{Ids}},"msgStatus":"generating","stopReason":"null",{{more}}"contents":[{{contents}}]}""";

    /// <summary>The last frame.</summary>
    public static string Last(string contents = "", string more = "\"stopReason\":\"stop\"") => $$"""{{{Ids}},"msgStatus":"finished",{{more}},"contents":[{{contents}}]}""";

    /// <summary>A piece of the answer.</summary>
    public static string Piece(string text, int package) => Frame($$"""{"content":"{{text}}","contentType":"text","id":"m1_0","incremental":true,"role":"assistant","status":"generating"}""", $"\"pkgId\":{package},");

    /// <summary>An item that has all of its text so far.</summary>
    public static string Item(string content, string type = "text", string id = "m1_0", string more = "") => $$"""{"content":"{{content}}","contentType":"{{type}}","id":"{{id}}",{{more}}"role":"assistant"}""";

    /// <summary>A message of these pieces, between its start and its end.</summary>
    public static List<RunEvent> Said(params string[] pieces) =>
    [
        new RunStarted(), new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Text), .. pieces.Select(piece => new PartDelta(0, 0, piece)),
        new PartCompleted(0, 0), new ItemCompleted(0),
    ];

    public static RunState Fold(IEnumerable<RunEvent> events)
    {
        var state = new RunState();
        foreach (var one in events) state.Apply(one, default);
        return state;
    }

    public static string TextOf(IEnumerable<RunEvent> events) => string.Concat(Fold(events).Items.Where(item => item.Head is MessageItem).Select(item => item.Text));
}
