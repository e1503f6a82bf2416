using System.Text;
using Parley.Protocols.Responses;
using Parley.Runs;
using Parley.Tests.Events;

namespace Parley.Tests.Responses;

/// <summary>Runs as streams of responses, and back.</summary>
internal static class ResponsesWire
{
    public static readonly DateTimeOffset At = new(2026, 11, 20, 13, 0, 0, TimeSpan.Zero);

    public static Run Header(ResponsesRendering? rendering = null, string? kind = null) => new()
    {
        Id = new Id(0x6b00445000c00008),
        Owner = "local",
        Conversation = new Id(0x6b00445000c00000),
        Section = new Id(0x6b00445000c00000),
        Agent = new AgentRef("assistant", "3", kind),
        Status = RunStatus.Running,
        Dialect = Protocol.Responses,
        Rendering = (rendering ?? new ResponsesRendering { Model = "assistant" }).ToJson(),
        Chat = new Id(0x6b00445000c00008),
        Request = ModelRequest.Empty,
        CreatedAt = At,
    };

    public static string Write(IEnumerable<RunEvent> events, Run? run = null)
    {
        var writer = new ResponsesStreamWriter(run ?? Header());
        var stream = Encoding.UTF8.GetString(Streams.Write(writer, RandomRuns.LogOf(events, 0x6b00445000c00010, At)));
        Assert.Equal(stream.Split("\n\n").Length - 1, writer.Count);
        return stream;
    }

    public static List<RunEvent> Read(string stream, int piece = int.MaxValue, bool isCopied = false) => Streams.Read(new ResponsesStreamReader(), Encoding.UTF8.GetBytes(stream), piece, isCopied);

    /// <summary>Frames of these data, named by their types.</summary>
    public static string Frames(params IEnumerable<string> data)
        => string.Concat(data.Select(one => one == "[DONE]" ? "data: [DONE]\n\n" : $"event: {System.Text.Json.JsonDocument.Parse(one).RootElement.GetProperty("type").GetString()}\ndata: {one}\n\n"));

    public static RunState Fold(IEnumerable<RunEvent> events)
    {
        var state = new RunState();
        foreach (var one in events) state.Apply(one, At);
        return state;
    }
}
