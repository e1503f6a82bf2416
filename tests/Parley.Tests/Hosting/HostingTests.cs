using Microsoft.Extensions.Logging.Abstractions;
using Parley.Agents;
using Parley.AspNetCore.Configuration;
using Parley.AspNetCore.Hosting;
using Parley.Conversations;
using Parley.Runs;

namespace Parley.Tests.Hosting;

public sealed class HostingTests
{
    private readonly FakeTime _time = new();
    private readonly MemoryStore _store = new();
    private readonly IdSource _ids;

    public HostingTests() => _ids = new IdSource(_time);

    [Fact]
    public async Task A_run_may_go_on_for_a_while_when_the_server_stops_and_is_then_cancelled()
    {
        await using var runner = new Runner(_store, _ids, _time, NullLogger<Runner>.Instance);
        var run = await StartAsync(runner, pace: TimeSpan.FromDays(1));
        var drain = new Drain(runner, new LimitOptions { Shutdown = TimeSpan.FromSeconds(5) }, _time, NullLogger<Drain>.Instance);

        await drain.StoppingAsync(TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(run.Header.HasEnded);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(RunStatus.Cancelled, (await run.Completion.WaitAsync(TestContext.Current.CancellationToken)).Status);
    }

    [Fact]
    public async Task When_the_server_has_stopped_no_run_is_left()
    {
        await using var runner = new Runner(_store, _ids, _time, NullLogger<Runner>.Instance);
        var run = await StartAsync(runner, pace: TimeSpan.FromDays(1));
        var drain = new Drain(runner, new LimitOptions(), _time, NullLogger<Drain>.Instance);

        await drain.StoppingAsync(TestContext.Current.CancellationToken);
        await drain.StoppedAsync(TestContext.Current.CancellationToken);
        Assert.True(run.Completion.IsCompletedSuccessfully);
        Assert.Equal(0, runner.ActiveCount);
    }

    [Fact]
    public async Task What_is_too_old_is_removed_at_the_next_sweep()
    {
        var id = _ids.Next();
        var made = _time.GetUtcNow();
        await _store.CreateConversationAsync(
            new Conversation { Id = id, Owner = "local", Section = id, CreatedAt = made, UpdatedAt = made },
            [InputItem.Said(Role.User, "hello").ToMessage(_ids.Next(), id, default, made)], TestContext.Current.CancellationToken);
        var settings = new ParleySettings { Retention = new RetentionOptions { Messages = TimeSpan.FromHours(1), Sweep = TimeSpan.FromMinutes(50) } };
        using var sweep = new Sweep(_store, settings, _time, NullLogger<Sweep>.Instance);
        await sweep.StartAsync(TestContext.Current.CancellationToken);

        while (await _store.FindConversationAsync("local", id, TestContext.Current.CancellationToken) is not null)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromMinutes(1));
            await Task.Yield();
        }

        Assert.True(_time.GetUtcNow() - made > TimeSpan.FromHours(1));
        await sweep.StopAsync(TestContext.Current.CancellationToken);
    }

    private async Task<LiveRun> StartAsync(Runner runner, TimeSpan pace)
    {
        var echo = new Agent("echo", new EchoAgent(new EchoOptions { Pieces = 2, Pace = pace }, _time));
        var run = await runner.StartAsync(
            new RunRequest { Owner = "local", Agent = echo, Dialect = Protocol.Coze, Input = [InputItem.Said(Role.User, "ab")] }, TestContext.Current.CancellationToken);
        using var reader = run.Read();
        Assert.True(await reader.WaitAsync(TestContext.Current.CancellationToken));
        return run;
    }
}
