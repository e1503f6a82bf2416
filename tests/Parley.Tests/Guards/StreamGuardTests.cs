using System.Buffers;
using Parley.AspNetCore.Http;
using Parley.Protocols;
using Parley.Protocols.Sse;
using Parley.Runs;
using Parley.Tests.Coze;
using Parley.Tests.Events;

namespace Parley.Tests.Guards;

/// <summary>The guard in the server.</summary>
public sealed class StreamGuardTests
{
    private static readonly List<Logged> Log = RandomRuns.LogOf(
    [
        new RunStarted(), new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Text), new PartDelta(0, 0, "secret"),
        new PartCompleted(0, 0), new ItemCompleted(0), new RunCompleted(FinishReason.Stop),
    ]);

    private readonly GuardWatch _watch = new();

    [Fact]
    public void A_lawful_stream_is_no_word_in_the_log() => AssertFound(Log, new Altered(_ => { }));

    [Fact]
    public void A_violation_is_logged_once_with_the_run_and_the_rule_and_nothing_of_what_was_said()
        => AssertFound(Log, new Altered(buffer => buffer.Write("\n\n"u8)), "Run 7710237672458944520 of agent assistant breaks a rule of coze: event 2: it is not one event line and one data line.");

    [Fact]
    public void Events_are_checked_before_bytes()
        => AssertFound([Log[0], Log[1], Log[2], Log[2], .. Log.Skip(3)], new Altered(_ => { }), "Run 7710237672458944520 of agent assistant breaks a rule of runs: event 3: it has the number 2.");

    [Fact]
    public void So_many_runs_are_checked_as_the_setting_says_and_the_same_ones_each_time()
    {
        var ids = new IdSource(TimeProvider.System);
        var runs = Enumerable.Range(0, 20_000).Select(_ => ids.Next()).ToList();
        foreach (var part in (double[])[0, 0.01, 0.25, 1])
        {
            Assert.InRange(runs.Count(run => StreamGuard.IsChecked(run, part)), 20_000 * part * 0.8, 20_000 * part * 1.2);
            Assert.All(runs, run => Assert.Equal(StreamGuard.IsChecked(run, part), StreamGuard.IsChecked(run, part)));
        }
    }

    // Whatever is found, the client gets what was written.
    private void AssertFound(IEnumerable<Logged> log, Altered writer, params string[] found)
    {
        var guard = new StreamGuard(writer, CozeRuns.Header(), StreamFormat.Of(Protocol.Coze), _watch);
        var sent = new ArrayBufferWriter<byte>();
        foreach (var logged in log) guard.Write(logged, sent);
        guard.End(CozeRuns.Header());
        Assert.Equal(found, _watch.Found);
        Assert.Equal(writer.Written.WrittenSpan, sent.WrittenSpan);
        Assert.True(writer.Written.WrittenSpan.IndexOf("secret"u8) >= 0);
    }

    /// <summary>Writes a stream and something after each event.</summary>
    private sealed class Altered(Action<IBufferWriter<byte>> alter) : FrameWriter
    {
        private readonly FrameWriter _inner = StreamFormat.Of(Protocol.Coze).NewWriter(CozeRuns.Header(), false);

        public ArrayBufferWriter<byte> Written { get; } = new();

        public override void Write(in Logged logged, IBufferWriter<byte> into)
        {
            var buffer = new ArrayBufferWriter<byte>();
            _inner.Write(logged, buffer);
            alter(buffer);
            Written.Write(buffer.WrittenSpan);
            into.Write(buffer.WrittenSpan);
        }
    }
}
