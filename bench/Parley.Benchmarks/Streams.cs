using System.Buffers;
using System.Text;
using Parley.Protocols.ChatCompletions;
using Parley.Protocols.Coze;
using Parley.Protocols.Responses;
using Parley.Protocols.Sse;
using Parley.Protocols.Tongyi;
using Parley.Runs;

namespace Parley.Benchmarks;

/// <summary>An answer of 200 deltas of about 40 bytes, as events and as each protocol's stream.</summary>
internal static class Streams
{
    public const int Deltas = 200;

    public static Run Header(Protocol dialect) => new()
    {
        Id = new Id(0x6b00445000c00008),
        Owner = "bench",
        Conversation = new Id(0x6b00445000c00000),
        Section = new Id(0x6b00445000c00000),
        Agent = new AgentRef("bench"),
        Status = RunStatus.Running,
        Dialect = dialect,
        Chat = new Id(0x6b00445000c00008),
        Request = new ModelRequest { Model = "bench" },
        CreatedAt = DateTimeOffset.UnixEpoch,
    };

    public static Logged[] Events { get; } = Number(
    [
        new RunStarted("bench"), new ItemStarted(0, new MessageItem(Role.Assistant), new Id(0x6b00445000c00018)), new PartStarted(0, 0, PartKind.Text),
        .. Enumerable.Range(0, Deltas).Select(i => new PartDelta(0, 0, $" word {i:000} of about forty bytes, \"so\"\n")),
        new PartCompleted(0, 0), new ItemCompleted(0), new RunCompleted(FinishReason.Stop, new Usage(19, 200)),
    ]);

    public static byte[] Chat { get; } = Write(new ChatCompletionsWriter(Header(Protocol.ChatCompletions)));

    public static byte[] Responses { get; } = Write(new ResponsesStreamWriter(Header(Protocol.Responses)));

    public static byte[] Coze { get; } = Write(new CozeStreamWriter(Header(Protocol.Coze)));

    public static byte[] Tongyi { get; } = Write(new TongyiStreamWriter(Header(Protocol.Tongyi)));

    public static byte[] TongyiCumulative { get; } = Write(new TongyiStreamWriter(Cumulative));

    /// <summary>A run whose client takes the whole text in every frame.</summary>
    public static Run Cumulative => Header(Protocol.Tongyi) with { Rendering = new TongyiRendering { IsCumulative = true }.ToJson() };

    /// <summary>The strings of the deltas, for baselines that only move text.</summary>
    public static string[] Texts { get; } = [.. Events.Select(logged => logged.Event).OfType<PartDelta>().Select(delta => delta.Text)];

    private static byte[] Write(FrameWriter writer)
    {
        var buffer = new ArrayBufferWriter<byte>();
        foreach (var logged in Events) writer.Write(logged, buffer);
        var bytes = buffer.WrittenSpan.ToArray();
        if (!Encoding.UTF8.GetString(bytes).Contains("word 199", StringComparison.Ordinal)) throw new InvalidOperationException("The stream lacks its last delta.");
        return bytes;
    }

    private static Logged[] Number(RunEvent[] events) => [.. events.Select((@event, i) => new Logged(i, DateTimeOffset.UnixEpoch, @event))];
}
