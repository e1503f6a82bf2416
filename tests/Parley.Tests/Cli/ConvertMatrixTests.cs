using System.Text;
using Parley.Cli.Conversion;
using Parley.Protocols;
using Parley.Protocols.Recordings;
using Parley.Runs;
using Parley.Tests.Events;

namespace Parley.Tests.Cli;

/// <summary>Every protocol converted into every other, as streams and as whole answers.</summary>
public sealed class ConvertMatrixTests
{
    private static readonly RunEvent[] Answer =
    [
        new RunStarted(), new ItemStarted(0, new ReasoningItem()), new PartStarted(0, 0, PartKind.ReasoningText), new PartDelta(0, 0, "Hm."), new PartCompleted(0, 0), new ItemCompleted(0),
        new ItemStarted(1, new MessageItem(Role.Assistant)), new PartStarted(1, 0, PartKind.Text), new PartDelta(1, 0, "Ebb "), new PartDelta(1, 0, "at 7 🌊 潮"), new PartCompleted(1, 0), new ItemCompleted(1),
        new RunCompleted(FinishReason.Stop, new Usage(3, 4)),
    ];

    private static readonly RunEvent[] Failure = [new RunFailed(new RunError(ErrorSide.Agent, ErrorCause.Rejected, "No such berth.", true))];

    public static TheoryData<string, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach (var from in StreamFormat.Names)
                foreach (var to in StreamFormat.Names) pairs.Add(from, to);
            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Streams_and_whole_answers_become_both(string from, string to)
    {
        var (source, target) = (StreamFormat.Of(from), StreamFormat.Of(to));
        foreach (var isWholeInput in (bool[])[false, true])
        {
            foreach (var isWholeOutput in (bool[])[false, true])
            {
                if ((isWholeInput && source.WriteBody is null) || (isWholeOutput && target.WriteBody is null)) continue;
                var what = $"{from} {isWholeInput} to {to} {isWholeOutput}";
                var (bytes, problem) = await ConvertAsync(source, target, Written(source, Answer, isWholeInput), isWholeOutput);
                Assert.True(problem is null, $"{what}: {problem}");
                var state = Read(target, bytes, isWholeOutput);
                Assert.True(string.Concat(state.Items.Where(item => item.Head is MessageItem).Select(item => item.Text)) == "Ebb at 7 🌊 潮", $"{what}: {Encoding.UTF8.GetString(bytes)}");
                Assert.True(state.End is RunCompleted, $"{what}: {state.End}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task A_failure_stays_one(string from, string to)
    {
        var (source, target) = (StreamFormat.Of(from), StreamFormat.Of(to));
        foreach (var isWhole in (bool[])[false, true])
        {
            if (isWhole && target.WriteBody is null) continue;
            var (bytes, problem) = await ConvertAsync(source, target, Written(source, Failure, isWhole && source.WriteBody is not null), isWhole);
            Assert.Null(problem);
            Assert.True(Read(target, bytes, isWhole).End is RunFailed, $"{isWhole}: {Encoding.UTF8.GetString(bytes)}");
        }
    }

    private static byte[] Written(StreamFormat format, RunEvent[] events, bool isWhole)
    {
        var run = Headers.Of(format.Protocol.Name);
        var log = RandomRuns.LogOf(events);
        if (!isWhole) return Streams.Write(format.NewWriter(run, false), log);
        var state = new RunState();
        foreach (var logged in log) state.Apply(logged);
        var into = new System.Buffers.ArrayBufferWriter<byte>();
        format.WriteBody!(run, state, false, into);
        return into.WrittenSpan.ToArray();
    }

    private static async Task<(byte[] Bytes, string? Problem)> ConvertAsync(StreamFormat from, StreamFormat to, byte[] input, bool isWhole)
    {
        using var written = new MemoryStream();
        using var converter = new StreamConverter(from, to, isWhole);
        foreach (var entry in (RecordingEntry?[])[new RecordedResponse(1, 0, 200, []), new RecordedData(1, 0, input), new RecordedEnd(1, 0, ExchangeEnd.Complete), null])
            await converter.TakeAsync(entry, bytes => written.WriteAsync(bytes, TestContext.Current.CancellationToken));
        return (written.ToArray(), converter.Problem?.Message);
    }

    private static RunState Read(StreamFormat format, byte[] bytes, bool isWhole)
    {
        var events = new List<RunEvent>();
        if (isWhole) format.ReadBody!(bytes, events);
        else events = Streams.Read(format.NewReader(), bytes);
        var state = new RunState();
        foreach (var @event in events) state.Apply(@event, default);
        return state;
    }
}
