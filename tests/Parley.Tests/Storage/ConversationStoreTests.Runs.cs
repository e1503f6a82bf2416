using Parley.Conversations;
using Parley.Runs;

namespace Parley.Tests.Storage;

public abstract partial class ConversationStoreTests
{
    protected Run NewRun(Conversation conversation, bool exclusive = true)
    {
        var id = Next();
        return new Run
        {
            Id = id,
            Owner = conversation.Owner,
            Conversation = conversation.Id,
            Section = conversation.Section,
            Agent = new AgentRef("echo", "1"),
            Status = RunStatus.Running,
            Dialect = Protocol.Coze,
            Chat = id,
            Exclusive = exclusive,
            Request = ModelRequest.Empty,
            CreatedAt = Now,
        };
    }

    protected async Task<RunStartResult> StartAsync(Conversation conversation, string question, Id parent = default)
    {
        var run = NewRun(conversation, exclusive: parent.IsNone) with { Parent = parent };
        return await Store.StartRunAsync(new RunStart(run, null, [Said(question) with { Run = run.Id }]), Token);
    }

    protected async Task EndAsync(Run run, string[] answers, bool moveHead = true, string[]? openCalls = null, RunStatus status = RunStatus.Completed)
        => await Store.CommitAsync([Ending(run, answers, moveHead, openCalls, status)], Token);

    protected RunWrite Ending(Run run, string[] answers, bool moveHead = true, string[]? openCalls = null, RunStatus status = RunStatus.Completed)
    {
        var output = answers.Select((text, i) => Said(text, Role.Assistant) with { Run = run.Id, IsInput = false, Ordinal = i }).ToList();
        var ended = run with { Status = status, EndedAt = Now, End = new RunCompleted(FinishReason.Stop) };
        return new RunWrite(Segment(run.Id, 0, 3, 1), new RunEnding(ended, output, moveHead, openCalls ?? []));
    }

    protected static RunSegment Segment(Id run, long first, long last, byte filling, int length = 10)
        => new(run, first, last, EventCodec.Format, Enumerable.Repeat(filling, length).ToArray());

    [Fact]
    public async Task Runs_are_listed_by_age_agent_and_conversation()
    {
        var (made, other) = (await CreateAsync("a"), await CreateAsync("b"));
        var runs = new List<Run>();
        foreach (var (conversation, agent) in new[] { (made, "x"), (other, "y"), (made, "y"), (other, "x") })
        {
            var run = NewRun(conversation) with { Agent = new AgentRef(agent, agent == "x" ? "2" : null) };
            runs.Add((await Store.StartRunAsync(new RunStart(run, null, []), Token)).Run!);
            await EndAsync(runs[^1], []);
        }

        foreach (var hidden in new[] { NewRun(made) with { Stored = false }, NewRun(made, exclusive: false) with { Detached = true }, NewRun(made) with { Owner = "other" } })
            await Store.StartRunAsync(new RunStart(hidden, null, []), Token);

        Assert.Equal("3 2 1 0", await Ages(new RunQuery(Owner)));
        Assert.Equal("0 1 …", await Ages(new RunQuery(Owner, Ascending: true, Take: 2)));
        Assert.Equal("1 0", await Ages(new RunQuery(Owner, After: runs[2].Id)));
        Assert.Equal("2 1 …", await Ages(new RunQuery(Owner, Before: runs[0].Id, Take: 2)));
        Assert.Equal("3 0", await Ages(new RunQuery(Owner, "x")));
        Assert.Equal("2 1", await Ages(new RunQuery(Owner, "y", "1")));
        Assert.Equal("", await Ages(new RunQuery(Owner, "x", "1")));
        Assert.Equal("2 0", await Ages(new RunQuery(Owner, Conversation: made.Id)));

        async Task<string> Ages(RunQuery query)
        {
            var page = await Store.ListRunsAsync(query, Token);
            return string.Join(' ', page.Items.Select(run => runs.FindIndex(one => one.Id == run.Id))) + (page.HasMore ? " …" : "");
        }
    }

    [Fact]
    public async Task A_turn_adds_the_question_at_once_and_the_answer_at_the_end()
    {
        var made = await CreateAsync("a");
        var head = (await FindAsync(made)).Head;
        var started = await StartAsync(made, "question");

        Assert.Equal(RunStartStatus.Started, started.Status);
        Assert.Equal((head, made.Section), (started.Run!.Parent, started.Run.Section));
        Assert.Equal([started.Input![0].Id], started.Run.Input);
        Assert.Equal((head, made.Section, made.Id), (started.Input[0].Parent, started.Input[0].Section, started.Input[0].Conversation));
        Assert.Equal("a", await TextsAsync(Path(made)));
        Assert.Equal("a question", await TextsAsync(Path(made) with { Tip = started.Input[0].Id }));
        Assert.Equal(started.Run, await Store.FindRunAsync(Owner, started.Run.Id, Token));

        var write = Ending(started.Run, ["thought", "answer"]);
        await Store.CommitAsync([write], Token);

        Assert.Equal("a question thought answer", await TextsAsync(Path(made)));
        Assert.Equal(write.Ending!.Output[1].Id, (await FindAsync(made)).Head);
        Assert.Equal(write.Ending.Run, await Store.FindRunAsync(Owner, started.Run.Id, Token));
    }

    [Fact]
    public async Task A_run_can_make_its_conversation()
    {
        var conversation = NewConversation();
        var run = NewRun(conversation);
        var result = await Store.StartRunAsync(new RunStart(run, conversation, [Said("hi") with { Run = run.Id }], ExpectedHead: Id.None), Token);

        Assert.Equal(RunStartStatus.Started, result.Status);
        Assert.Equal(conversation, await FindAsync(conversation));
        await EndAsync(result.Run!, []);
        Assert.Equal("hi", await TextsAsync(Path(conversation)));
    }

    [Fact]
    public async Task A_run_header_comes_back_as_it_was()
    {
        var made = await CreateAsync();
        var run = NewRun(made) with
        {
            Rendering = new RawJson("""{"verbose":true}"""),
            Background = true,
            OnDisconnect = DisconnectPolicy.Grace(TimeSpan.FromSeconds(30)),
            Request = new ModelRequest { Model = "m", Temperature = 0.25, Tools = [new ToolDefinition("f", "d", new RawJson("{}"), true)], Stop = ["x"], Variables = [new("a", "b")] },
            Metadata = [new("k", "v")],
            ExternalId = "ext",
        };
        await Store.StartRunAsync(new RunStart(run, null, []), Token);
        Assert.Equal(run, await Store.FindRunAsync(Owner, run.Id, Token));

        var ended = run with
        {
            Status = RunStatus.Suspended,
            EndedAt = Now,
            Upstream = new RawJson("""{"id":"up"}"""),
            End = new RunSuspended([new CallFunction(0), new AnswerQuestion(1, 2)], new Usage(1, 2, 4, null, 1, UsageQuality.Estimated), new RawJson("[]")),
            Losses = ["text-differs"],
            StartedAt = Now,
            FirstTextAt = Now,
            EventCount = 7,
            Usage = new Usage(1, 2, 4, null, 1, UsageQuality.Partial),
        };
        await Store.CommitAsync([new RunWrite(null, new RunEnding(ended, [], true, []))], Token);
        Assert.Equal(ended, await Store.FindRunAsync(Owner, run.Id, Token));
    }

    [Fact]
    public async Task Of_two_runs_on_the_head_one_wins()
    {
        var made = await CreateAsync();
        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() => StartAsync(made, $"q{i}"))));

        var winner = Assert.Single(results, result => result.Status == RunStartStatus.Started);
        Assert.All(results, result => Assert.True(result == winner || result is { Status: RunStartStatus.Busy, Run: null }));
        await EndAsync(winner.Run!, ["answer"]);
        Assert.Equal($"{winner.Input![0].Text} answer", await TextsAsync(Path(made)));
        Assert.Equal(RunStartStatus.Started, (await StartAsync(made, "next")).Status);
    }

    [Fact]
    public async Task A_suspended_run_holds_nothing()
    {
        var made = await CreateAsync();
        await EndAsync((await StartAsync(made, "q")).Run!, ["call"], status: RunStatus.Suspended);
        Assert.Equal(RunStartStatus.Started, (await StartAsync(made, "next")).Status);
    }

    [Fact]
    public async Task A_start_says_why_it_cannot_be_and_leaves_nothing_behind()
    {
        var made = await CreateAsync("a");
        var elsewhere = await CreateAsync("b");
        var foreign = NewRun(made) with { Owner = "other" };

        Assert.Equal(RunStartStatus.NoConversation, (await Start(NewRun(NewConversation()))).Status);
        Assert.Equal(RunStartStatus.NoConversation, (await Start(foreign)).Status);
        Assert.Equal(RunStartStatus.NoParent, (await Start(NewRun(made, false) with { Parent = Next() })).Status);
        Assert.Equal(RunStartStatus.NoParent, (await Start(NewRun(made, false) with { Parent = (await FindAsync(elsewhere)).Head })).Status);
        Assert.Equal(RunStartStatus.HeadMoved, (await Start(NewRun(made), expected: Id.None)).Status);
        Assert.Empty(await Store.ListActiveRunsAsync(Token));
        Assert.Equal(RunStartStatus.Started, (await Start(NewRun(made), expected: (await FindAsync(made)).Head)).Status);

        async Task<RunStartResult> Start(Run run, Id? expected = null)
            => await Store.StartRunAsync(new RunStart(run, null, [Said("q") with { Run = run.Id }], expected), Token);
    }

    [Fact]
    public async Task Runs_that_name_their_parent_branch_without_excluding_each_other()
    {
        var messages = new[] { Said("a"), Said("b") };
        var made = await CreateAsync(messages);
        var one = await StartAsync(made, "q1", messages[0].Id);
        var two = await StartAsync(made, "q2", messages[0].Id);
        var onHead = await StartAsync(made, "q3");

        Assert.Equal(RunStartStatus.Started, onHead.Status);
        await EndAsync(onHead.Run!, ["r3"]);
        await EndAsync(two.Run!, ["r2"]);
        Assert.Equal("a q2 r2", await TextsAsync(Path(made)));
        await EndAsync(one.Run!, ["r1"], moveHead: false);
        Assert.Equal("a q2 r2", await TextsAsync(Path(made)));
        Assert.Equal("a q1", await TextsAsync(Path(made) with { Tip = one.Input![0].Id }));
        Assert.Equal("a b q3", await TextsAsync(Path(made) with { Tip = onHead.Input![0].Id }));
    }

    [Fact]
    public async Task Regenerating_hangs_a_second_answer_under_the_same_question()
    {
        var made = await CreateAsync();
        var first = await StartAsync(made, "question");
        await EndAsync(first.Run!, ["one"]);
        var question = first.Input![0].Id;

        var again = NewRun(made, exclusive: false) with { Parent = question, Input = [question] };
        var result = await Store.StartRunAsync(new RunStart(again, null, []), Token);
        await EndAsync(result.Run!, ["two"]);

        Assert.Equal("question two", await TextsAsync(Path(made)));
        Assert.Equal([question], result.Run!.Input);
    }

    [Fact]
    public async Task A_run_that_neither_takes_the_head_nor_names_a_parent_begins_a_path_of_its_own()
    {
        var made = await CreateAsync("a");
        var onHead = await StartAsync(made, "q1");
        var run = NewRun(made, exclusive: false);
        var atRoot = await Store.StartRunAsync(new RunStart(run, null, [Said("q2") with { Run = run.Id }]), Token);

        Assert.Equal(RunStartStatus.Started, atRoot.Status);
        Assert.Equal((Id.None, Id.None, made.Section), (atRoot.Run!.Parent, atRoot.Input![0].Parent, atRoot.Run.Section));
        await EndAsync(atRoot.Run, ["r2"]);
        Assert.Equal("q2 r2", await TextsAsync(Path(made)));
        await EndAsync(onHead.Run!, ["r1"]);
        Assert.Equal("a q1 r1", await TextsAsync(Path(made)));
    }

    [Fact]
    public async Task A_cancelled_turn_may_leave_the_path()
    {
        var made = await CreateAsync("a");
        await EndAsync((await StartAsync(made, "q")).Run!, ["half"], moveHead: false, status: RunStatus.Cancelled);
        Assert.Equal("a", await TextsAsync(Path(made)));

        await EndAsync((await StartAsync(made, "q2")).Run!, ["r2"]);
        Assert.Equal("a q2 r2", await TextsAsync(Path(made)));
    }

    [Fact]
    public async Task A_turn_under_an_older_message_makes_its_section_current_again()
    {
        var messages = new[] { Said("a"), Said("b") };
        var made = await CreateAsync(messages);
        await Store.UpdateConversationAsync(Owner, made.Id, new ConversationPatch(Section: Next()), Now, Token);
        var started = await StartAsync(made, "q", messages[1].Id);
        Assert.Equal(made.Section, started.Run!.Section);

        await EndAsync(started.Run, ["r"]);
        Assert.Equal(made.Section, (await FindAsync(made)).Section);
        Assert.Equal("a b q r", await TextsAsync(Path(made) with { SectionOnly = true }));
    }

    [Fact]
    public async Task Clearing_while_a_run_is_under_way_stands()
    {
        var made = await CreateAsync("a");
        var started = await StartAsync(made, "q");
        var section = Next();
        await Store.UpdateConversationAsync(Owner, made.Id, new ConversationPatch(Section: section), Now, Token);
        await EndAsync(started.Run!, ["r"]);

        Assert.Equal(section, (await FindAsync(made)).Section);
        Assert.Equal("a q r", await TextsAsync(Path(made)));
        Assert.Equal("", await TextsAsync(Path(made) with { SectionOnly = true }));
    }

    [Fact]
    public async Task A_run_that_is_not_kept_locks_but_leaves_no_trace()
    {
        var made = await CreateAsync("a");
        var run = NewRun(made) with { Stored = false };
        var result = await Store.StartRunAsync(new RunStart(run, null, [Said("secret") with { Run = run.Id }]), Token);

        Assert.Equal((await FindAsync(made)).Head, Assert.Single(result.Input!).Parent);
        Assert.Equal(RunStartStatus.Busy, (await StartAsync(made, "x")).Status);
        Assert.Null(await Store.FindRunAsync(Owner, run.Id, Token));
        Assert.Null(await Store.FindMessageAsync(Owner, made.Id, result.Input![0].Id, Token));
        Assert.Equal(run.Id, Assert.Single(await Store.ListActiveRunsAsync(Token)).Id);

        await EndAsync(result.Run!, [], moveHead: false, openCalls: ["call_9"], status: RunStatus.Suspended);
        Assert.Null(await Store.FindByOpenCallAsync(Owner, "call_9", Token));
        Assert.Empty(await Store.ListChatAsync(Owner, run.Chat, Token));
        Assert.Single(await Store.ReadSegmentsAsync(run.Id, 0, int.MaxValue, Token));
        await Store.RemoveRunAsync(run.Id, Token);
        Assert.Empty(await Store.ReadSegmentsAsync(run.Id, 0, int.MaxValue, Token));
        Assert.Equal("a", await TextsAsync(Path(made)));
        Assert.Equal(RunStartStatus.Started, (await StartAsync(made, "x")).Status);
    }

    [Fact]
    public async Task A_detached_run_has_no_conversation()
    {
        var run = NewRun(NewConversation(), exclusive: false) with { Detached = true };
        var input = Said("q") with { Run = run.Id };
        var result = await Store.StartRunAsync(new RunStart(run, null, [input]), Token);

        Assert.Equal(new RunStartResult(RunStartStatus.Started, run with { Input = [input.Id] }, result.Input), result);
        await EndAsync(result.Run!, [], moveHead: false, openCalls: ["call_1"], status: RunStatus.Suspended);
        Assert.Equal(RunStatus.Suspended, (await Store.FindRunAsync(Owner, run.Id, Token))!.Status);
        Assert.Equal(run.Id, (await Store.FindByOpenCallAsync(Owner, "call_1", Token))!.Id);
        Assert.Null(await Store.FindConversationAsync(Owner, run.Conversation, Token));
        Assert.Empty((await Store.ListConversationsAsync(new ConversationQuery(Owner), Token)).Items);
    }

    [Fact]
    public async Task What_a_detached_run_waits_for_comes_once()
    {
        var run = NewRun(NewConversation(), exclusive: false) with { Detached = true };
        await EndAsync((await Store.StartRunAsync(new RunStart(run, null, []), Token)).Run!, [], moveHead: false, openCalls: ["call_1"], status: RunStatus.Suspended);
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ =>
            (await Store.StartRunAsync(new RunStart(NewRun(NewConversation(), exclusive: false) with { Detached = true, Continues = run.Id }, null, []), Token)).Status));
        Assert.Equal([RunStartStatus.Answered, RunStartStatus.Answered, RunStartStatus.Answered, RunStartStatus.Answered, RunStartStatus.Started], answers.OrderByDescending(status => status));
    }

    [Fact]
    public async Task An_open_call_leads_to_its_run_until_another_continues_it()
    {
        var made = await CreateAsync();
        var first = await StartAsync(made, "q");
        await EndAsync(first.Run!, ["call"], openCalls: ["a", "b"], status: RunStatus.Suspended);

        Assert.Equal(first.Run!.Id, (await Store.FindByOpenCallAsync(Owner, "b", Token))!.Id);
        Assert.Null(await Store.FindByOpenCallAsync("other", "b", Token));
        Assert.Null(await Store.FindByOpenCallAsync(Owner, "c", Token));

        var next = NewRun(made) with { Continues = first.Run.Id, Chat = first.Run.Chat };
        await Store.StartRunAsync(new RunStart(next, null, []), Token);
        Assert.Null(await Store.FindByOpenCallAsync(Owner, "a", Token));
        Assert.Null(await Store.FindByOpenCallAsync(Owner, "b", Token));
        Assert.Equal([first.Run.Id, next.Id], (await Store.ListChatAsync(Owner, first.Run.Chat, Token)).Select(run => run.Id));
        Assert.Empty(await Store.ListChatAsync("other", first.Run.Chat, Token));
    }

    [Fact]
    public async Task Of_several_runs_that_wait_for_a_call_the_latest_is_found()
    {
        var made = await CreateAsync();
        await EndAsync((await StartAsync(made, "q")).Run!, ["call"], openCalls: ["a"], status: RunStatus.Suspended);
        var second = await StartAsync(made, "q");
        await EndAsync(second.Run!, ["call"], openCalls: ["a"], status: RunStatus.Suspended);
        Assert.Equal(second.Run!.Id, (await Store.FindByOpenCallAsync(Owner, "a", Token))!.Id);
    }

    [Fact]
    public async Task A_log_is_read_from_the_segment_that_holds_the_event()
    {
        var made = await CreateAsync();
        var run = (await StartAsync(made, "q")).Run!.Id;
        var other = (await StartAsync(await CreateAsync(), "q")).Run!.Id;
        await Store.CommitAsync([new RunWrite(Segment(run, 0, 4, 1)), new RunWrite(Segment(other, 0, 9, 9)), new RunWrite(Segment(run, 5, 5, 2))], Token);
        await Store.CommitAsync([new RunWrite(Segment(run, 6, 20, 3))], Token);

        Assert.Equal("0-4:1 5-5:2 6-20:3", await Read(0));
        Assert.Equal("0-4:1 5-5:2 6-20:3", await Read(4));
        Assert.Equal("5-5:2 6-20:3", await Read(5));
        Assert.Equal("6-20:3", await Read(20));
        Assert.Equal("", await Read(21));
        Assert.Equal("0-4:1 5-5:2", await Read(0, maxBytes: 20));
        Assert.Equal("0-4:1", await Read(0, maxBytes: 1));

        async Task<string> Read(long from, int maxBytes = int.MaxValue)
            => string.Join(' ', (await Store.ReadSegmentsAsync(run, from, maxBytes, Token)).Select(each => $"{each.First}-{each.Last}:{each.Data.Span[^1]}"));
    }

    [Fact]
    public async Task A_segment_that_is_written_again_replaces_the_first()
    {
        var run = (await StartAsync(await CreateAsync(), "q")).Run!.Id;
        await Store.CommitAsync([new RunWrite(Segment(run, 0, 1, 1)), new RunWrite(Segment(run, 2, 6, 2))], Token);
        await Store.CommitAsync([new RunWrite(Segment(run, 2, 4, 3))], Token);
        await Store.CommitAsync([new RunWrite(Segment(run, 5, 9, 4))], Token);

        var all = await Store.ReadSegmentsAsync(run, 0, int.MaxValue, Token);
        Assert.Equal([(0, 1, 1), (2, 4, 3), (5, 9, 4)], all.Select(each => (each.First, each.Last, (int)each.Data.Span[0])));
    }

    [Fact]
    public async Task Writes_for_what_is_gone_are_passed_over_and_the_others_done()
    {
        var gone = await StartAsync(await CreateAsync(), "q");
        await Store.DeleteConversationAsync(Owner, gone.Run!.Conversation, Token);
        var made = await CreateAsync();
        var alive = await StartAsync(made, "q");

        await Store.CommitAsync(
            [new RunWrite(Segment(gone.Run.Id, 0, 1, 1)), Ending(gone.Run, ["lost"]), new RunWrite(Segment(Next(), 0, 1, 1)), Ending(alive.Run!, ["r"])], Token);

        Assert.Equal("q r", await TextsAsync(Path(made)));
        Assert.Empty(await Store.ReadSegmentsAsync(gone.Run.Id, 0, int.MaxValue, Token));
        Assert.Empty(await Store.ListActiveRunsAsync(Token));
    }

    [Fact]
    public async Task A_run_ends_once()
    {
        var made = await CreateAsync();
        var started = await StartAsync(made, "q");
        await EndAsync(started.Run!, ["first"]);
        await Store.CommitAsync([Ending(started.Run!, ["second"], status: RunStatus.Failed), new RunWrite(Segment(started.Run!.Id, 0, 9, 9))], Token);

        Assert.Equal(RunStatus.Completed, (await Store.FindRunAsync(Owner, started.Run.Id, Token))!.Status);
        Assert.Equal("q first", await TextsAsync(Path(made)));
        Assert.Equal(1, (await Store.ReadSegmentsAsync(started.Run.Id, 0, int.MaxValue, Token))[0].Data.Span[0]);
    }

    [Fact]
    public async Task An_ending_that_cannot_be_stored_takes_no_other_with_it()
    {
        var made = await CreateAsync();
        var bad = await StartAsync(await CreateAsync(), "q");
        var good = await StartAsync(made, "q");
        var twice = Ending(bad.Run!, ["a", "b"]);
        twice = twice with { Ending = twice.Ending! with { Output = [twice.Ending.Output[0], .. bad.Input!] } };

        var error = await ErrorOf(() => Store.CommitAsync([twice, Ending(good.Run!, ["r"])], Token).AsTask());

        Assert.Equal(ErrorSide.Store, error.Side);
        Assert.Equal("q r", await TextsAsync(Path(made)));
        Assert.Equal(bad.Run!.Id, Assert.Single(await Store.ListActiveRunsAsync(Token)).Id);
        Assert.Empty(await Store.ReadSegmentsAsync(bad.Run.Id, 0, int.MaxValue, Token));
    }

    [Fact]
    public async Task Runs_under_way_are_listed_for_all_owners()
    {
        var one = await StartAsync(await CreateAsync(), "q");
        var conversation = NewConversation("other");
        var two = NewRun(conversation) with { Status = RunStatus.Queued };
        await Store.StartRunAsync(new RunStart(two, conversation, []), Token);
        await EndAsync((await StartAsync(await CreateAsync(), "q")).Run!, []);

        Assert.Equal([one.Run!.Id, two.Id], (await Store.ListActiveRunsAsync(Token)).Select(run => run.Id));
    }

    [Fact]
    public async Task Removing_a_run_leaves_its_messages()
    {
        var made = await CreateAsync();
        var started = await StartAsync(made, "q");
        await EndAsync(started.Run!, ["r"], openCalls: ["call"], status: RunStatus.Suspended);
        await Store.RemoveRunAsync(started.Run!.Id, Token);

        Assert.Null(await Store.FindRunAsync(Owner, started.Run.Id, Token));
        Assert.Null(await Store.FindByOpenCallAsync(Owner, "call", Token));
        Assert.Equal("q r", await TextsAsync(Path(made)));
    }
}
