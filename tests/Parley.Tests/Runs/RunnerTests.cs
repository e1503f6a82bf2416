using Microsoft.Extensions.Logging.Abstractions;
using Parley.Agents;
using Parley.Conversations;
using Parley.Runs;
using Parley.Tests.Guards;

namespace Parley.Tests.Runs;

public sealed class RunnerTests : IAsyncDisposable
{
    private const string Owner = "owner";
    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly MemoryStore _store = new();
    private readonly IdSource _ids = new(TimeProvider.System, 7);
    private readonly ScriptedAgent _script = new();
    private readonly Agent _agent;
    private readonly Runner _runner;

    public RunnerTests()
    {
        _agent = new Agent("a", _script);
        _runner = new Runner(_store, new IdSource(TimeProvider.System), TimeProvider.System, NullLogger<Runner>.Instance);
    }

    public ValueTask DisposeAsync() => _runner.DisposeAsync();

    [Fact]
    public async Task A_second_turn_is_given_the_first()
    {
        var first = await AskAsync(_script.Answers("one"), Said("1"));
        var second = await AskAsync(_script.Answers("two"), Said("2") with { Conversation = first.Conversation });
        Assert.Equal(["1", "one", "2"], _script.Requests[1].Context.Select(message => message.Text));
        Assert.Equal(1, _script.Requests[1].InputCount);
        Assert.Equal(["1", "one", "2", "two"], await TextsAsync(first.Conversation));
        Assert.Equal((RunStatus.Completed, second.Id), (second.Status, second.Chat));
        Assert.Equal(new Usage(1, 2), second.End!.Usage);
    }

    [Fact]
    public async Task Of_two_turns_at_once_one_finds_the_conversation_busy_and_the_next_does_not()
    {
        var first = await AskAsync(_script.Answers("one"), Said("1"));
        var again = Said("2") with { Conversation = first.Conversation };
        var running = await _runner.StartAsync(again, Never);
        var error = await Assert.ThrowsAsync<RunException>(() => _runner.StartAsync(again, Never));
        Assert.Equal((ErrorSide.Client, ErrorCause.Busy), (error.Error.Side, error.Error.Cause));
        _script.Answers("two");
        await running.Completion;
        await AskAsync(_script.Answers("three"), again);
        Assert.Equal(["1", "one", "2", "two", "2", "three"], await TextsAsync(first.Conversation));
    }

    [Fact]
    public async Task A_question_is_answered_again_beside_its_first_answer_and_as_new_to_the_agent()
    {
        var first = await AskAsync(_script.Answers("one"), Said("1"));
        var second = await AskAsync(_script.Answers("two"), Said("2") with { Conversation = first.Conversation });
        await AskAsync(_script.Answers("three"), Said("3") with { Conversation = first.Conversation });
        var again = await AskAsync(_script.Answers("zwei"), Again(second.Input[0], first.Conversation));
        Assert.Equal(["1", "one", "2"], _script.Requests[^1].Context.Select(message => message.Text));
        Assert.Equal(1, _script.Requests[^1].InputCount);
        Assert.Equal((second.Input, second.Input[0], false), (again.Input, again.Parent, again.Exclusive));
        Assert.Equal(["1", "one", "2", "zwei"], await TextsAsync(first.Conversation));
        Assert.Equal(second.Input[^1], (await _store.FindMessageAsync(Owner, first.Conversation, again.Tip, Never))!.Parent);
    }

    [Fact]
    public async Task An_answer_to_a_run_that_waits_is_given_again_to_that_run()
    {
        _script.Says(
            new RunStarted(), new ItemStarted(0, new WorkflowActionItem("Question", "ask")), new ItemStarted(1, new MessageItem(Role.Assistant)), new PartStarted(1, 0, PartKind.Text),
            new PartDelta(1, 0, "Name?"), new PartCompleted(1, 0), new ItemCompleted(1), new RunSuspended([new AnswerQuestion(0, 1)], State: new RawJson("{}")));
        var asking = await AskAsync(_script, Said("hi"));
        var answer = await AskAsync(_script.Answers("Hello, Ada!"), Said("Ada") with { Conversation = asking.Conversation });
        var again = await AskAsync(_script.Answers("Hello again, Ada!"), Again(answer.Input[0], asking.Conversation));
        Assert.Equal((asking.Id, asking.Id), (answer.Continues, again.Continues));
        Assert.Equal(answer.Input, again.Input);
        Assert.Equal(["hi", "Name?", "Ada"], _script.Requests[^1].Context.Where(message => message.Role is not null).Select(message => message.Text));
    }

    [Fact]
    public async Task The_answer_that_a_question_has_already_does_not_make_it_wait_for_calls()
    {
        var calling = await AskAsync(_script.Calls("call_1"), Said("1"));
        Assert.Equal(RunStatus.Suspended, calling.Status);
        var again = await AskAsync(_script.Answers("one"), Again(calling.Input[0], calling.Conversation));
        Assert.Equal((RunStatus.Completed, Id.None), (again.Status, again.Continues));
        Assert.Equal(["1"], _script.Requests[^1].Context.Select(message => message.Text));
        var beside = await AskAsync(_script.Answers("two"), Said("2") with { Conversation = calling.Conversation, Parent = calling.Input[0] });
        Assert.Equal(["1", "2"], _script.Requests[^1].Context.Select(message => message.Text));
        Assert.Equal(Id.None, beside.Continues);
    }

    [Fact]
    public async Task A_question_that_is_not_there_is_not_answered_again()
    {
        var first = await AskAsync(_script.Answers("one"), Said("1"));
        var error = (await Assert.ThrowsAsync<RunException>(() => _runner.StartAsync(Again(_ids.Next(), first.Conversation), Never))).Error;
        Assert.Equal((ErrorCause.NotFound, "question"), (error.Cause, error.Param));
    }

    [Fact]
    public async Task A_turn_at_the_root_knows_nothing_of_the_others_and_waits_for_none()
    {
        var first = await AskAsync(_script.Answers("one"), Said("1"));
        var running = await _runner.StartAsync(Said("2") with { Conversation = first.Conversation }, Never);
        var other = new ScriptedAgent().Answers("null");
        var atRoot = await _runner.StartAsync(Said("0") with { Agent = new Agent("b", other), Conversation = first.Conversation, AtRoot = true }, Never);
        await atRoot.Completion;
        Assert.Equal(["0"], other.Requests[0].Context.Select(message => message.Text));
        Assert.False(running.Completion.IsCompleted);
        _script.Answers("two");
        await running.Completion;
        Assert.Equal(["1", "one", "2", "two"], await TextsAsync(first.Conversation));
    }

    private RunRequest Again(Id question, Id conversation) => Said("") with { Input = [], Conversation = conversation, Question = question };

    [Fact]
    public async Task Cancelling_stops_the_agent_and_waits_for_the_end()
    {
        _script.Says(new RunStarted(), new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Text), new PartDelta(0, 0, "begun"));
        var live = await _runner.StartAsync(Said("1"), Never);
        var cancelled = await _runner.CancelAsync(Owner, live.Header.Id, Never);
        Assert.Equal(RunStatus.Cancelled, cancelled!.Status);
        Assert.True(_script.WasCancelled);
        Assert.Equal(cancelled, await _runner.CancelAsync(Owner, live.Header.Id, Never));
        Assert.Null(await _runner.CancelAsync("another", live.Header.Id, Never));
    }

    [Theory]
    [InlineData(true, new[] { "1", "one" })]
    [InlineData(false, new[] { "1", "one", "2" })]
    public async Task A_cancelled_turn_leaves_the_path_where_the_dialect_says_so(bool leaves, string[] path)
    {
        var first = await AskAsync(_script.Answers("one"), Said("1"));
        var live = await _runner.StartAsync(Said("2") with { Conversation = first.Conversation, LeavesPathWhenCancelled = leaves }, Never);
        await _runner.CancelAsync(Owner, live.Header.Id, Never);
        Assert.Equal(path, await TextsAsync(first.Conversation));
    }

    [Fact]
    public async Task Tool_outputs_resume_the_chat_and_the_agent_sees_calls_and_results()
    {
        var first = await AskAsync(_script.Calls("c1", "c2"), Said("1"));
        Assert.Equal(RunStatus.Suspended, first.Status);
        var second = await AskAsync(_script.Answers("done"), Outputs(first, "c1", "c2"));
        Assert.Equal((first.Id, first.Id), (second.Continues, second.Chat));
        Assert.Equal(["MessageItem", "ToolCallItem", "ToolCallItem", "ToolResultItem", "ToolResultItem"], _script.Requests[1].Context.Select(message => message.Head.GetType().Name));
        Assert.Equal(2, (await _runner.FindChatAsync(Owner, first.Chat, Never)).Count);
    }

    [Theory]
    [InlineData(new[] { "c1" }, "c2")]
    [InlineData(new[] { "c1", "c1" }, "two outputs")]
    [InlineData(new[] { "c1", "c2", "c3" }, "c3")]
    public async Task Outputs_that_do_not_fit_are_refused_by_name_and_change_nothing(string[] outputs, string named)
    {
        var first = await AskAsync(_script.Calls("c1", "c2"), Said("1"));
        var error = await Assert.ThrowsAsync<RunException>(() => _runner.StartAsync(Outputs(first, outputs), Never));
        Assert.Contains(named, error.Error.Message, StringComparison.Ordinal);
        Assert.Equal(RunStatus.Completed, (await AskAsync(_script.Answers("ok"), Outputs(first, "c1", "c2"))).Status);
    }

    [Fact]
    public async Task Outputs_where_nothing_waits_are_refused()
    {
        var first = await AskAsync(_script.Answers("one"), Said("1"));
        await Assert.ThrowsAsync<RunException>(() => _runner.StartAsync(Outputs(first, "c") with { Answers = default }, Never));
        await Assert.ThrowsAsync<RunException>(() => _runner.StartAsync(Outputs(first, "c"), Never));
    }

    [Fact]
    public async Task A_message_where_calls_wait_gives_them_up()
    {
        var first = await AskAsync(_script.Calls("c1"), Said("1"));
        var second = await AskAsync(_script.Answers("never mind"), Said("2") with { Conversation = first.Conversation });
        Assert.Equal((Id.None, second.Id), (second.Continues, second.Chat));
        var result = Assert.Single(_script.Requests[1].Context, message => message.Head is ToolResultItem);
        Assert.Equal(new ToolResultItem("c1", IsError: true), result.Head);
    }

    [Fact]
    public async Task What_is_inserted_while_calls_wait_hides_them_neither_from_their_outputs_nor_from_the_next_turn()
    {
        var first = await AskAsync(_script.Calls("c1"), Said("1"));
        await InsertAsync(first.Conversation, "note");
        await AskAsync(_script.Answers("done"), Outputs(first, "c1"));
        Assert.Equal(["1", "", "out", "note"], _script.Requests[1].Context.Select(message => message.Text));
        Assert.Equal(["1", "note", "done"], await TextsAsync(first.Conversation));

        var third = await AskAsync(_script.Calls("c2"), Said("3") with { Conversation = first.Conversation });
        await InsertAsync(first.Conversation, "note 2");
        await AskAsync(_script.Answers("never mind"), Said("4") with { Conversation = first.Conversation });
        Assert.Contains(_script.Requests[3].Context, message => message.Head is ToolResultItem { CallId: "c2", IsError: true });
        Assert.Equal(["1", "note", "done", "3", "note 2", "4", "never mind"], await TextsAsync(first.Conversation));
        Assert.Equal(RunStatus.Suspended, third.Status);
    }

    [Fact]
    public async Task A_message_where_calls_wait_is_refused_in_a_dialect_that_demands_outputs()
    {
        var first = await AskAsync(_script.Calls("c1"), Said("1"));
        var error = await Assert.ThrowsAsync<RunException>(() => _runner.StartAsync(Said("2") with { Conversation = first.Conversation, MustAnswer = MustAnswer.CallsAndApprovals }, Never));
        Assert.Equal("No tool output found for function call c1.", error.Error.Message);
    }

    [Fact]
    public async Task An_approval_is_given_once_and_only_where_it_was_asked_for()
    {
        var first = await AskAsync(_script.Says(new RunStarted(), new ItemStarted(0, new ApprovalRequestItem("f")), new PartStarted(0, 0, PartKind.Input), new PartCompleted(0, 0), new RunSuspended([new Approve(0)])), Said("1"));
        var asked = (await _runner.FoldAsync(first, Never)).Items[0].Id;
        var there = Said("2") with { Conversation = first.Conversation, MustAnswer = MustAnswer.CallsAndApprovals };
        foreach (var wrong in new[] { there, there with { Input = [Reply(first.Id)] }, there with { Input = [Reply(asked), Reply(asked)] }, there with { Conversation = default, Input = [Reply(asked)] } })
            Assert.Equal(ErrorCause.Rejected, (await Assert.ThrowsAsync<RunException>(() => _runner.StartAsync(wrong, Never))).Error.Cause);
        var second = await AskAsync(_script.Answers("done"), there with { Input = [Reply(asked)] });
        Assert.Equal((first.Id, first.Chat), (second.Continues, second.Chat));

        static InputItem Reply(Id request) => new(new ApprovalReplyItem(request, true), default);
    }

    [Theory]
    [InlineData("Yes.", true)]
    [InlineData("no", false)]
    [InlineData("yes, but later", null)]
    public async Task A_word_gives_or_refuses_all_leaves_where_the_client_has_no_other_way(string word, bool? approved)
    {
        var first = await AskAsync(
            _script.Says(new RunStarted(), new ItemStarted(0, new ApprovalRequestItem("f")), new ItemStarted(1, new ApprovalRequestItem("g")), new RunSuspended([new Approve(0), new Approve(1)])), Said("1"));
        var asked = (await _runner.FoldAsync(first, Never)).Items.Select(item => item.Id).ToList();
        var second = await AskAsync(_script.Answers("done"), Said(word) with { Conversation = first.Conversation, MustAnswer = MustAnswer.Calls });
        Assert.Equal((first.Id, second.Id), (second.Continues, second.Chat));
        Assert.Equal(
            approved is { } given ? asked.Select(id => new ApprovalReplyItem(id, given)) : [],
            _script.Requests[1].Context.Select(message => message.Head).OfType<ApprovalReplyItem>());
        Assert.Equal(word, _script.Requests[1].Context[^1].Text);
    }

    [Fact]
    public async Task A_question_is_answered_by_the_next_message_with_the_state_that_was_left()
    {
        _script.Says(new RunStarted(), new ItemStarted(0, new WorkflowActionItem("Question", "q")), new RunSuspended([new AnswerQuestion(0)], State: new RawJson("""{"at":1}""")));
        var first = await AskAsync(_script, Said("1"));
        var second = await AskAsync(_script.Answers("thanks"), Said("2") with { Conversation = first.Conversation });
        Assert.Equal(new RawJson("""{"at":1}"""), ((RunSuspended)_script.Requests[1].Continues!.End!).State);
        Assert.Equal((first.Id, second.Id), (second.Continues, second.Chat));
    }

    [Fact]
    public async Task An_agent_that_stops_throws_or_lies_fails_its_run()
    {
        _script.Says(new RunStarted()).Stops();
        Assert.Equal(ErrorCause.Malformed, Failure(await AskAsync(_script, Said("1"))).Cause);
        _script.Says(new RunStarted()).Throws(new InvalidOperationException("secret"));
        var failure = Failure(await AskAsync(_script, Said("1")));
        Assert.Equal(ErrorSide.Server, failure.Side);
        Assert.DoesNotContain("secret", failure.PublicMessage, StringComparison.Ordinal);
        Assert.Equal(ErrorSide.Agent, Failure(await AskAsync(_script.Says(new PartDelta(0, 0, "x")).Says(new RunCompleted(FinishReason.Stop)), Said("1"))).Side);
    }

    [Fact]
    public async Task A_run_that_is_not_kept_leaves_no_trace()
    {
        var first = await AskAsync(_script.Answers("one"), Said("1"));
        var live = await _runner.StartAsync(Said("2") with { Conversation = first.Conversation, Stored = false }, Never);
        var reader = live.Read();
        _script.Answers("two");
        await live.Completion;
        Assert.Equal(["1", "one", "2"], _script.Requests[1].Context.Select(message => message.Text));
        Assert.Null(await _runner.FindAsync(Owner, live.Header.Id, Never));
        Assert.Equal(["1", "one"], await TextsAsync(first.Conversation));
        Assert.NotEmpty(await _store.ReadSegmentsAsync(live.Header.Id, 0, 1000, Never));
        reader.Dispose();
        await Eventually(async () => (await _store.ReadSegmentsAsync(live.Header.Id, 0, 1000, Never)).Count == 0);
    }

    [Fact]
    public async Task A_detached_run_makes_no_conversation_and_is_found_by_its_open_call()
    {
        var request = Said("2") with { Detached = true, Path = [InputItem.Said(Role.User, "1"), InputItem.Said(Role.Assistant, "one")] };
        var run = await AskAsync(_script.Calls("c1"), request);
        Assert.Equal(["1", "one", "2"], _script.Requests[0].Context.Select(message => message.Text));
        Assert.Null(await _store.FindConversationAsync(Owner, run.Conversation, Never));
        Assert.Equal(run.Id, (await _store.FindByOpenCallAsync(Owner, "c1", Never))!.Id);
        var next = await AskAsync(_script.Answers("ok"), request with { Answers = run.Id, Input = [InputItem.Output("c1", "out")] });
        Assert.Equal(run.Id, next.Continues);
        Assert.Null(await _store.FindByOpenCallAsync(Owner, "c1", Never));
    }

    [Fact]
    public async Task A_detached_run_that_is_answered_goes_on_where_its_peer_stands()
    {
        var place = new RawJson("""{"chat":1}""");
        var request = Said("1") with { Detached = true, Agent = _agent with { IsStateful = true } };
        var asking = await AskAsync(
            _script.Says(new RunStarted(Upstream: place), new ItemStarted(0, new WorkflowActionItem("Question", "ask")), new RunSuspended([new AnswerQuestion(0)])), request);
        await AskAsync(_script.Answers("ok"), request with { Answers = asking.Id, Path = [InputItem.Said(Role.User, "1")], Input = [InputItem.Said(Role.User, "2")] });
        Assert.Equal((place, 1), (_script.Requests[1].Upstream, _script.Requests[1].UnseenCount));
    }

    [Fact]
    public async Task History_stops_at_a_new_section_and_at_the_agents_limit()
    {
        var first = await AskAsync(_script.Answers("one"), Said("1"));
        var short_ = _agent with { History = 1 };
        await AskAsync(_script.Answers("two"), Said("2") with { Conversation = first.Conversation, Agent = short_ });
        Assert.Equal(["one", "2"], _script.Requests[1].Context.Select(message => message.Text));
        await _store.UpdateConversationAsync(Owner, first.Conversation, new ConversationPatch(Section: new Id(first.Conversation.Value + 8)), DateTimeOffset.UtcNow, Never);
        await AskAsync(_script.Answers("three"), Said("3") with { Conversation = first.Conversation });
        Assert.Equal(["3"], _script.Requests[2].Context.Select(message => message.Text));
        Assert.Equal(6, (await TextsAsync(first.Conversation)).Length);
    }

    [Fact]
    public async Task A_finished_run_is_read_from_the_store_and_folds_to_the_same()
    {
        var run = await AskAsync(_script.Answers("one"), Said("1"));
        Assert.Null(_runner.FindLive(run.Id));
        using var reader = _runner.Attach(run);
        var sequences = new List<long>();
        while (await reader.WaitAsync(Never))
            while (reader.TryRead(out var logged)) sequences.Add(logged.Sequence);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6], sequences);
        Assert.Equal("one", (await _runner.FoldAsync(run, Never)).Items[0].Text);
    }

    [Fact]
    public async Task When_its_events_have_expired_a_run_is_rebuilt_from_its_messages()
    {
        var run = await AskAsync(_script.Answers("one"), Said("1"));
        var later = DateTimeOffset.UtcNow.AddDays(1);
        while (await _store.SweepAsync(new SweepLimits(later, DateTimeOffset.UnixEpoch), Never) > 0) { }
        Assert.Empty(await _store.ReadSegmentsAsync(run.Id, 0, 1000, Never));
        var state = await _runner.FoldAsync(run, Never);
        Assert.Equal(("one", run.End), (state.Items[0].Text, state.End));
    }

    [Fact]
    public async Task A_failed_run_that_is_rebuilt_obeys_the_grammar_too()
    {
        var failed = new RunFailed(new RunError(ErrorSide.Agent, ErrorCause.Unavailable, "x"));
        _script.Says(new RunStarted(), new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Text), new PartDelta(0, 0, "half"), failed);
        var run = await AskAsync(_script, Said("1"));
        while (await _store.SweepAsync(new SweepLimits(DateTimeOffset.UtcNow.AddDays(1), DateTimeOffset.UnixEpoch), Never) > 0) { }
        using var reader = _runner.Attach(run);
        var log = new List<Logged>();
        while (await reader.WaitAsync(Never))
            while (reader.TryRead(out var logged)) log.Add(logged);
        Assert.Equal("half", Guarded.AssertLawful(log, run.Losses, "rebuilt").Items[0].Text);
    }

    [Fact]
    public async Task After_a_crash_what_was_under_way_has_failed_and_its_conversation_is_free()
    {
        var first = await AskAsync(_script.Answers("one"), Said("1"));
        _script.Says(new RunStarted(), new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Text), new PartDelta(0, 0, "half"));
        var live = await _runner.StartAsync(Said("2") with { Conversation = first.Conversation }, Never);
        using (var reader = live.Read())
        {
            for (var seen = 0; seen < 4;)
            {
                await reader.WaitAsync(Never);
                while (reader.TryRead(out _)) seen++;
            }
        }

        await Eventually(async () => (await _store.ReadSegmentsAsync(live.Header.Id, 3, 1000, Never)).Count > 0);
        await using var restarted = new Runner(_store, new IdSource(TimeProvider.System, 1), TimeProvider.System, NullLogger<Runner>.Instance);
        Assert.Equal(1, await restarted.RecoverAsync(null, Never));
        var run = (await restarted.FindAsync(Owner, live.Header.Id, Never))!;
        Assert.Equal(RunStatus.Failed, run.Status);
        var state = await restarted.FoldAsync(run, Never);
        Assert.Equal(("half", ItemStatus.Incomplete), (state.Items[0].Text, state.Items[0].Status));
        Assert.Equal(["1", "one", "2", "half"], await TextsAsync(first.Conversation));
        Assert.Equal(0, await restarted.RecoverAsync(null, Never));
    }

    private static async Task Eventually(Func<Task<bool>> condition)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await condition()) await Task.Delay(1, deadline.Token);
    }

    private async Task InsertAsync(Id conversation, string text)
    {
        var now = DateTimeOffset.UtcNow;
        await _store.AppendMessagesAsync(Owner, conversation, [InputItem.Said(Role.User, text).ToMessage(_ids.Next(), conversation, default, now)], Never);
    }

    private static RunError Failure(Run run) => Assert.IsType<RunFailed>(run.End).Error;

    private RunRequest Said(string text) => new() { Owner = Owner, Agent = _agent, Dialect = Protocol.Coze, Input = [InputItem.Said(Role.User, text)] };

    private RunRequest Outputs(Run run, params string[] callIds) => Said("") with
    {
        Conversation = run.Conversation,
        Answers = run.Id,
        Input = callIds.Select(call => InputItem.Output(call, "out")).ToValueList(),
    };

    private async Task<Run> AskAsync(ScriptedAgent script, RunRequest request)
    {
        Assert.Same(_script, script);
        return await (await _runner.StartAsync(request, Never)).Completion;
    }

    private async Task<string[]> TextsAsync(Id conversation)
        => [.. (await _store.ListMessagesAsync(new MessageQuery { Owner = Owner, Conversation = conversation, Ascending = true, Kinds = MessageKinds.Message }, Never)).Items.Select(message => message.Text)];
}
