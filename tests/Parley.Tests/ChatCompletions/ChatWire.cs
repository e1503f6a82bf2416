using System.Buffers;
using System.Globalization;
using System.Text;
using Parley.Protocols.ChatCompletions;
using Parley.Protocols.Sse;
using Parley.Runs;

namespace Parley.Tests.ChatCompletions;

/// <summary>Streams into events and back, and events as lines that can be read in a test.</summary>
internal static class ChatWire
{
    public static readonly DateTimeOffset At = new(2026, 11, 20, 13, 0, 0, TimeSpan.Zero);

    public static Run Header(ChatRendering? rendering = null) => new()
    {
        Id = new Id(0x6b00445000c00008),
        Owner = "local",
        Conversation = new Id(0x6b00445000c00000),
        Section = new Id(0x6b00445000c00000),
        Agent = new AgentRef("assistant"),
        Status = RunStatus.Running,
        Dialect = Protocol.ChatCompletions,
        Rendering = (rendering ?? new ChatRendering("assistant", IncludeUsage: true)).ToJson(),
        Chat = new Id(0x6b00445000c00008),
        Request = ModelRequest.Empty,
        CreatedAt = At,
    };

    /// <summary>What a reader makes of events with these data, and of the end of the stream.</summary>
    public static List<RunEvent> Read(params IEnumerable<string> data) => ReadStream(string.Concat(data.Select(one => $"data: {one}\n\n")));

    public static List<RunEvent> ReadStream(string stream) => ReadStream(Encoding.UTF8.GetBytes(stream));

    public static List<RunEvent> ReadStream(byte[] stream)
    {
        using var framer = new SseFramer();
        framer.Append(stream);
        framer.Complete();
        var reader = new ChatCompletionsReader();
        var events = new List<RunEvent>();
        while (framer.TryRead(out var frame)) reader.Read(frame, events);
        reader.End(events);
        return events;
    }

    public static string Write(IEnumerable<RunEvent> events, ChatRendering? rendering = null)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new ChatCompletionsWriter(Header(rendering));
        var sequence = 0L;
        foreach (var one in events) writer.Write(new Logged(sequence++, At, one), buffer);
        Assert.Equal(Encoding.UTF8.GetString(buffer.WrittenSpan).Split("\n\n").Length - 1, writer.Count);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static RunState Fold(IEnumerable<RunEvent> events)
    {
        var state = new RunState();
        foreach (var one in events) state.Apply(one, At);
        return state;
    }

    /// <summary>Chunks of one delta each, as OpenAI writes them, with the finish and <c>[DONE]</c>.</summary>
    public static IEnumerable<string> Chunks(IEnumerable<string> deltas, string finish = "stop") =>
    [
        .. deltas.Select(delta => Chunk(delta)),
        $$"""{"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"{{finish}}"}]}""",
        "[DONE]",
    ];

    public static string Chunk(string delta)
        => $$"""{"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{{delta}},"finish_reason":null}]}""";

    public static string Lines(IEnumerable<RunEvent> events) => string.Join('\n', events.Select(Line));

    private static string Line(RunEvent one) => one switch
    {
        RunStarted started => $"started {started.Model ?? "-"}",
        ItemStarted { Head: MessageItem } item => $"{item.Item} message",
        ItemStarted { Head: ReasoningItem } item => $"{item.Item} reasoning",
        ItemStarted { Head: ToolCallItem call } item => $"{item.Item} call {call.CallId} {call.Name}",
        PartStarted part => $"{part.Item}.{part.Part} {part.Kind}",
        PartDelta delta => $"{delta.Item}.{delta.Part} '{delta.Text}'",
        PartAnnotated note => $"{note.Item}.{note.Part} [{note.Annotation.Source.Url} {note.Annotation.Start}-{note.Annotation.End}]",
        PartCompleted part => $"{part.Item}.{part.Part} end",
        ItemCompleted item => $"{item.Item} {item.Status}",
        RunCompleted end => $"completed {end.Finish}{Line(end.Usage)}",
        RunSuspended end => $"suspended {string.Join(',', end.Required.Select(required => required.Item))}{Line(end.Usage)}",
        RunFailed end => $"failed {end.Error.Side} {end.Error.Cause} {end.Error.Code}{Line(end.Usage)}",
        _ => one.ToString(),
    };

    private static string Line(Usage? usage)
        => usage is null ? "" : string.Create(CultureInfo.InvariantCulture, $" {usage.Input}+{usage.Output}={usage.Sum} cached {usage.CachedInput} reasoning {usage.Reasoning}");
}
