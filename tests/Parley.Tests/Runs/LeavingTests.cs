using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using Parley.Agents;
using Parley.Conversations;
using Parley.Runs;

namespace Parley.Tests.Runs;

/// <summary>What becomes of a run when its clients leave it, or somebody ends it.</summary>
public sealed class LeavingTests : IAsyncDisposable
{
    private static readonly CancellationToken Never = CancellationToken.None;
    private static readonly DisconnectPolicy HalfAMinute = DisconnectPolicy.Grace(TimeSpan.FromSeconds(30));

    private readonly FakeTime _time = new();
    private readonly MemoryStore _store = new();
    private readonly ScriptedAgent _script = new();
    private readonly Runner _runner;

    public LeavingTests() => _runner = new Runner(_store, new IdSource(_time), _time, NullLogger<Runner>.Instance);

    public async ValueTask DisposeAsync()
    {
        // An agent that does not stop is given its time.
        var disposed = _runner.DisposeAsync().AsTask();
        while (!disposed.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await disposed;
    }

    [Fact]
    public async Task Cancel_ends_the_run_when_its_last_client_goes_and_not_before()
    {
        var live = await StartAsync(DisconnectPolicy.Cancel);
        var (first, second) = (live.Attach(), live.Attach());
        first.Dispose();
        Assert.False(await HasEndedAsync(live));
        second.Dispose();
        Assert.Equal(RunStatus.Cancelled, (await EndOfAsync(live)).Status);
        Assert.True(_script.WasCancelled);
    }

    [Fact]
    public async Task Continue_lets_it_go_on_and_stores_its_answer()
    {
        var live = await StartAsync(DisconnectPolicy.Continue);
        live.Attach().Dispose();
        _time.Advance(TimeSpan.FromDays(1));
        _script.Answers("all of it");
        Assert.Equal(RunStatus.Completed, (await EndOfAsync(live)).Status);
        Assert.Equal("all of it", (await _runner.FoldAsync(live.Header, Never)).Items[0].Text);
    }

    [Fact]
    public async Task Grace_ends_it_when_nobody_comes_back_in_time()
    {
        var live = await StartAsync(HalfAMinute);
        live.Attach().Dispose();
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(await HasEndedAsync(live));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(RunStatus.Cancelled, (await EndOfAsync(live)).Status);
    }

    [Fact]
    public async Task Grace_begins_anew_when_a_client_that_came_back_goes_again()
    {
        var live = await StartAsync(HalfAMinute);
        live.Attach().Dispose();
        _time.Advance(TimeSpan.FromSeconds(29));
        using (_runner.Attach(live.Header)) _time.Advance(TimeSpan.FromHours(1));
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(await HasEndedAsync(live));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(RunStatus.Cancelled, (await EndOfAsync(live)).Status);
    }

    [Fact]
    public async Task Grace_that_ran_out_while_a_client_came_back_does_not_count_when_it_goes_again()
    {
        var time = new LateTime();
        await using var runner = new Runner(_store, new IdSource(time), time, NullLogger<Runner>.Instance);
        var live = await runner.StartAsync(Asked(new Agent("a", _script)) with { OnDisconnect = HalfAMinute }, Never);
        live.Attach().Dispose();
        runner.Attach(live.Header)!.Dispose();
        Assert.Equal(2, time.Graces.Count);
        time.Graces[0]();
        Assert.False(await HasEndedAsync(live));
        time.Graces[1]();
        Assert.Equal(RunStatus.Cancelled, (await EndOfAsync(live)).Status);
    }

    [Fact]
    public async Task Whoever_only_looks_is_no_client()
    {
        var live = await StartAsync(DisconnectPolicy.Cancel);
        await _runner.FoldAsync(live.Header, Never);
        live.Read().Dispose();
        Assert.False(await HasEndedAsync(live));
    }

    [Fact]
    public async Task A_run_for_which_nobody_waits_goes_on_when_a_reader_leaves_it()
    {
        var live = await StartAsync(DisconnectPolicy.Cancel, background: true);
        live.Attach().Dispose();
        Assert.False(await HasEndedAsync(live));
    }

    [Fact]
    public async Task A_client_that_has_read_the_end_has_left_nothing()
    {
        var live = await StartAsync(DisconnectPolicy.Cancel);
        using (var reader = live.Attach())
        {
            _script.Answers("done");
            while (await reader.WaitAsync(Never))
                while (reader.TryRead(out _)) { }
        }

        Assert.Equal(RunStatus.Completed, (await EndOfAsync(live)).Status);
    }

    [Fact]
    public async Task An_agent_that_does_not_stop_keeps_neither_its_readers_nor_its_conversation_for_more_than_a_second()
    {
        var deaf = new DeafAgent();
        var live = await _runner.StartAsync(Asked(new Agent("deaf", deaf)), Never);
        using var reader = live.Read();
        await ReadUntilAsync(reader, logged => logged.Event is PartDelta);
        var cancelled = _runner.CancelAsync("owner", live.Header.Id, Never).AsTask();
        Assert.False(await HasEndedAsync(live));
        _time.Advance(TimeSpan.FromSeconds(0.9));
        await ReadUntilAsync(reader, logged => logged.Event is RunCancelled);
        var run = (await cancelled)!;
        Assert.Equal((RunStatus.Cancelled, UsageQuality.Estimated), (run.Status, run.Usage!.Quality));

        // What it says when it wakes up at last is not heard.
        deaf.WakeUp();
        var next = await _runner.StartAsync(Asked(new Agent("a", _script)) with { Conversation = run.Conversation }, Never);
        _script.Answers("two");
        await EndOfAsync(next);
        Assert.Equal("begun", (await _runner.FoldAsync(run, Never)).Items[0].Text);
    }

    [Fact]
    public async Task An_agent_that_does_not_stop_does_not_delay_the_shutdown()
    {
        await _runner.StartAsync(Asked(new Agent("deaf", new DeafAgent())), Never);
        var stopped = _runner.CancelAllAsync();
        _time.Advance(TimeSpan.FromSeconds(0.9));
        await stopped.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, _runner.ActiveCount);
    }

    [Fact]
    public async Task Usage_is_exact_partial_or_estimated()
    {
        Assert.Equal(new Usage(1, 2), (await RunAsync(new RunCompleted(FinishReason.Stop, new Usage(1, 2)))).Usage);
        Assert.Equal(new Usage(1, 2, Quality: UsageQuality.Partial), (await RunAsync(new RunFailed(RunError.Rejected("no"), new Usage(1, 2)))).Usage);
        var guessed = await RunAsync(new RunCompleted(FinishReason.Stop));
        Assert.Equal(new Usage(1, 3, Quality: UsageQuality.Estimated), guessed.Usage);
        Assert.Null(guessed.End!.Usage);
        _script.Throws(new RunException(RunError.Rejected("no")));
        Assert.Null((await EndOfAsync(await StartAsync(default))).Usage);
    }

    private static RunRequest Asked(Agent agent) => new() { Owner = "owner", Agent = agent, Dialect = Protocol.Coze, Input = [InputItem.Said(Role.User, "1234")] };

    private Task<LiveRun> StartAsync(DisconnectPolicy policy, bool background = false)
        => _runner.StartAsync(Asked(new Agent("a", _script)) with { OnDisconnect = policy, Background = background }, Never);

    private async Task<Run> RunAsync(RunEnded end)
    {
        _script.Says(new RunStarted(), new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Text), new PartDelta(0, 0, "twelve bytes"), end);
        return await EndOfAsync(await StartAsync(default));
    }

    private static Task<Run> EndOfAsync(LiveRun live) => live.Completion.WaitAsync(TestContext.Current.CancellationToken);

    // Long enough that a run which was cancelled would have ended.
    private static async Task<bool> HasEndedAsync(LiveRun live)
    {
        for (var i = 0; i < 100 && !live.Completion.IsCompleted; i++) await Task.Yield();
        return live.Completion.IsCompleted;
    }

    private static async Task ReadUntilAsync(RunLogReader reader, Predicate<Logged> found)
    {
        while (await reader.WaitAsync(TestContext.Current.CancellationToken))
            while (reader.TryRead(out var logged))
                if (found(logged)) return;
        Assert.Fail("The run has ended otherwise.");
    }

    /// <summary>A clock whose graces run out when a test says so, even those that are no longer wanted.</summary>
    private sealed class LateTime : TimeProvider
    {
        public List<Action> Graces { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime == HalfAMinute.After) Graces.Add(() => callback(state));
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }

    private sealed class DeafAgent : IAgent
    {
        private readonly TaskCompletionSource _awake = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void WakeUp() => _awake.SetResult();

        public async IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return new RunStarted();
            yield return new ItemStarted(0, new MessageItem(Role.Assistant));
            yield return new PartStarted(0, 0, PartKind.Text);
            yield return new PartDelta(0, 0, "begun");
            await _awake.Task;
            yield return new PartDelta(0, 0, " and more");
            yield return new RunCompleted(FinishReason.Stop);
        }
    }
}
