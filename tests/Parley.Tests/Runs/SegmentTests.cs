using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using Parley.Agents;
using Parley.Conversations;
using Parley.Runs;

namespace Parley.Tests.Runs;

/// <summary>What an agent says faster than it can be saved is saved in stretches, each event in one of them.</summary>
public sealed class SegmentTests
{
    [Fact]
    public async Task Stretches_of_a_log_follow_each_other_however_the_agent_and_the_store_meet()
    {
        var store = new MemoryStore();
        await using var runner = new Runner(store, new IdSource(TimeProvider.System), TimeProvider.System, NullLogger<Runner>.Instance);
        for (var round = 0; round < 5; round++)
        {
            var live = await runner.StartAsync(
                new RunRequest { Owner = "o", Agent = new Agent("a", new Talker(3000)), Dialect = Protocol.Coze, Input = [InputItem.Said(Role.User, "Go")] }, TestContext.Current.CancellationToken);
            var run = await live.Completion.WaitAsync(TestContext.Current.CancellationToken);
            var segments = await store.ReadSegmentsAsync(run.Id, 0, int.MaxValue, TestContext.Current.CancellationToken);
            Assert.True(segments.Count > 5);
            var next = 0L;
            foreach (var segment in segments)
            {
                Assert.Equal(next, segment.First);
                next = segment.Last + 1;
            }

            Assert.Equal(run.EventCount, next);
            Assert.Equal(run.EventCount, (await runner.FoldAsync(run, TestContext.Current.CancellationToken)).Count);
        }
    }

    private sealed class Talker(int items) : IAgent
    {
        public async IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return new RunStarted();
            for (var item = 0; item < items; item++)
            {
                // Now and then the agent waits, so that the store is given what there is.
                if (item % 50 == 0) await Task.Yield();
                yield return new ItemStarted(item, new WorkflowActionItem("SetVariable", "an_action_with_a_long_name_so_that_it_takes_room", "parent", "previous"));
                yield return new ItemCompleted(item);
            }

            yield return new RunCompleted(FinishReason.Stop);
        }
    }
}
