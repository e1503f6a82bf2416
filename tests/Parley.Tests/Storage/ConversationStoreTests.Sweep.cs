using Parley.Conversations;
using Parley.Runs;

namespace Parley.Tests.Storage;

public abstract partial class ConversationStoreTests
{
    [Fact]
    public async Task Events_expire_before_messages()
    {
        var made = await CreateAsync();
        var old = await StartAsync(made, "old");
        await EndAsync(old.Run!, ["r"]);
        _time.Advance(TimeSpan.FromDays(1));
        var young = await StartAsync(made, "young");
        await EndAsync(young.Run!, ["s"]);

        Assert.NotEqual(0, await SweepAsync(eventsBefore: Now, messagesBefore: DateTimeOffset.MinValue));

        Assert.Empty(await Store.ReadSegmentsAsync(old.Run!.Id, 0, int.MaxValue, Token));
        Assert.NotNull(await Store.FindRunAsync(Owner, old.Run.Id, Token));
        Assert.Single(await Store.ReadSegmentsAsync(young.Run!.Id, 0, int.MaxValue, Token));
        Assert.Equal("old r young s", await TextsAsync(Path(made)));
    }

    [Fact]
    public async Task Events_of_a_run_under_way_never_expire()
    {
        var started = await StartAsync(await CreateAsync(), "q");
        await Store.CommitAsync([new RunWrite(Segment(started.Run!.Id, 0, 1, 1))], Token);
        _time.Advance(TimeSpan.FromDays(1));

        Assert.Equal(0, await SweepAsync(eventsBefore: Now, messagesBefore: DateTimeOffset.MinValue));
        Assert.Single(await Store.ReadSegmentsAsync(started.Run.Id, 0, int.MaxValue, Token));
    }

    [Fact]
    public async Task Events_of_a_run_that_waits_and_of_one_outside_of_conversations_are_kept_as_long_as_messages()
    {
        var made = await CreateAsync();
        var waiting = (await StartAsync(made, "q")).Run!;
        await EndAsync(waiting, ["r"], status: RunStatus.Suspended);
        var alone = NewRun(made, exclusive: false) with { Detached = true };
        await Store.StartRunAsync(new RunStart(alone, null, []), Token);
        await EndAsync(alone, [], moveHead: false);
        _time.Advance(TimeSpan.FromDays(1));

        Assert.Equal(0, await SweepAsync(eventsBefore: Now, messagesBefore: DateTimeOffset.MinValue));
        foreach (var run in new[] { waiting, alone }) Assert.Single(await Store.ReadSegmentsAsync(run.Id, 0, int.MaxValue, Token));

        await SweepAsync(eventsBefore: Now, messagesBefore: Now);
        foreach (var run in new[] { waiting, alone })
        {
            Assert.Empty(await Store.ReadSegmentsAsync(run.Id, 0, int.MaxValue, Token));
            Assert.Null(await Store.FindRunAsync(Owner, run.Id, Token));
        }
    }

    [Fact]
    public async Task Messages_expire_with_their_runs_and_what_is_younger_stays_usable()
    {
        var made = await CreateAsync("a");
        var started = await StartAsync(made, "old");
        await EndAsync(started.Run!, ["r"], openCalls: ["call"], status: RunStatus.Suspended);
        _time.Advance(TimeSpan.FromDays(1));
        var young = await StartAsync(made, "young");
        await EndAsync(young.Run!, ["s"]);

        Assert.True(await SweepAsync(Now, Now) > 0);

        Assert.Equal("young s", await TextsAsync(Path(made)));
        Assert.Equal("s young", await TextsAsync(Path(made, up: false) with { SectionOnly = true }));
        Assert.Null(await Store.FindRunAsync(Owner, started.Run!.Id, Token));
        Assert.Null(await Store.FindByOpenCallAsync(Owner, "call", Token));
        Assert.NotNull(await Store.FindRunAsync(Owner, young.Run!.Id, Token));
    }

    [Fact]
    public async Task A_conversation_whose_messages_have_all_expired_goes_on_if_it_is_in_use()
    {
        var made = await CreateAsync("a", "b");
        _time.Advance(TimeSpan.FromDays(1));
        await Store.UpdateConversationAsync(Owner, made.Id, new ConversationPatch("in use"), Now, Token);
        await SweepAsync(Now, Now);

        Assert.Equal("", await TextsAsync(Path(made)));
        var started = await StartAsync(made, "q");
        Assert.Equal(RunStartStatus.Started, started.Status);
        await EndAsync(started.Run!, ["r"]);
        await Store.AppendMessagesAsync(Owner, made.Id, [Said("c")], Token);
        Assert.Equal("q r c", await TextsAsync(Path(made)));
        Assert.Equal("c r q", await TextsAsync(Path(made, up: false) with { SectionOnly = true }));
    }

    [Fact]
    public async Task An_answer_whose_question_has_expired_begins_a_path()
    {
        var made = await CreateAsync("a");
        var started = await StartAsync(made, "q");
        _time.Advance(TimeSpan.FromDays(1));
        await SweepAsync(Now, Now);
        await EndAsync(started.Run!, ["r"]);

        Assert.Equal("r", await TextsAsync(Path(made)));
    }

    [Fact]
    public async Task Conversations_left_empty_and_untouched_go()
    {
        var empty = await CreateAsync();
        var old = await CreateAsync("a");
        _time.Advance(TimeSpan.FromDays(1));
        var young = await CreateAsync();
        await SweepAsync(Now, Now);

        Assert.Null(await Store.FindConversationAsync(Owner, empty.Id, Token));
        Assert.Null(await Store.FindConversationAsync(Owner, old.Id, Token));
        Assert.NotNull(await Store.FindConversationAsync(Owner, young.Id, Token));
    }

    [Fact]
    public async Task A_run_that_was_not_to_be_kept_and_was_left_behind_goes_with_its_events()
    {
        var run = NewRun(await CreateAsync()) with { Stored = false };
        await Store.StartRunAsync(new RunStart(run, null, []), Token);
        await EndAsync(run, [], moveHead: false);
        _time.Advance(TimeSpan.FromDays(1));

        Assert.Equal(0, await SweepAsync(eventsBefore: Now - TimeSpan.FromDays(2), messagesBefore: DateTimeOffset.MinValue));
        Assert.NotEqual(0, await SweepAsync(eventsBefore: Now, messagesBefore: DateTimeOffset.MinValue));
        Assert.Empty(await Store.ReadSegmentsAsync(run.Id, 0, int.MaxValue, Token));
    }

    private async Task<int> SweepAsync(DateTimeOffset eventsBefore, DateTimeOffset messagesBefore)
    {
        // A step is bounded; whoever sweeps goes on until nothing is left, and nothing may be left that keeps it going.
        var removed = 0;
        for (var step = 0; step < 1000; step++)
        {
            var rows = await Store.SweepAsync(new SweepLimits(eventsBefore, messagesBefore, Rows: 2), Token);
            if (rows == 0) return removed;
            removed += rows;
        }

        throw new InvalidOperationException("The sweep does not end.");
    }
}
