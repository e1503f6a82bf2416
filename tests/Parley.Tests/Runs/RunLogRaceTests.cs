using System.Buffers;
using Parley.Conversations;
using Parley.Runs;
using Parley.Tests.Events;

namespace Parley.Tests.Runs;

/// <summary>The agent ends its run while the flusher saves it, at every possible moment.</summary>
public sealed class RunLogRaceTests
{
    private static readonly Run Header = Headers.Of("coze") with { Status = RunStatus.Completed };

    [Fact]
    public async Task The_ending_is_saved_once_with_the_last_stretch_and_nothing_is_lost()
    {
        for (var round = 0; round < 300; round++)
        {
            var log = new RunLog(Header.Id, strict: false);
            var ending = new RunEnding(Header, [], false, []);
            var agent = Task.Run(() =>
            {
                for (var i = 0; i < 200; i++) log.Append(new PartDelta(0, 0, "some text"), DateTimeOffset.UnixEpoch);
                log.Append(new RunCompleted(FinishReason.Stop), DateTimeOffset.UnixEpoch);
                log.Ending = ending;
            }, TestContext.Current.CancellationToken);
            var writes = new List<RunWrite>();
            while (writes.Count == 0 || writes[^1].Ending is null)
            {
                if (!log.TryEncode(new ArrayBufferWriter<byte>(), out var write)) continue;
                writes.Add(write!);
                log.MadeDurable(write!.Segment!.Value.Last + 1);
            }

            await agent;
            Assert.Equal(Enumerable.Range(0, 201).Select(n => (long)n), writes.SelectMany(write => EventCodec.Decode(write.Segment!.Value)).Select(logged => logged.Sequence));
            Assert.Single(writes, write => write.Ending is not null);
        }
    }
}
