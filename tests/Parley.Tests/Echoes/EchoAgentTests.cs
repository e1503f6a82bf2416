using Parley.Agents;
using Parley.Conversations;
using Parley.Runs;

namespace Parley.Tests.Echoes;

public sealed class EchoAgentTests
{
    private static readonly Id Conversation = new(8);
    private static readonly Id RunId = new(16);

    [Fact]
    public async Task It_repeats_the_last_user_message()
    {
        var state = await FoldAsync(new EchoOptions(), Said(Role.User, "first"), Said(Role.Assistant, "something"), Said(Role.User, "Good morning, everyone"));
        Assert.Equal("Good morning, everyone", Assert.Single(state.Items).Text);
        Assert.Equal(FinishReason.Stop, Assert.IsType<RunCompleted>(state.End).Finish);
    }

    [Fact]
    public async Task Its_events_follow_the_grammar()
    {
        var events = await RunAsync(new EchoOptions { Pieces = 2 }, Said(Role.User, "abcd"));
        Assert.Equal(
            [
                new RunStarted(), new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Text), new PartDelta(0, 0, "ab"),
                new PartDelta(0, 0, "cd"), new PartCompleted(0, 0), new ItemCompleted(0), new RunCompleted(FinishReason.Stop, new Usage(1, 1, Quality: UsageQuality.Estimated)),
            ],
            events);
    }

    [Fact]
    public async Task It_says_a_fixed_text_instead()
        => Assert.Equal("Always this", Assert.Single((await FoldAsync(new EchoOptions { Text = "Always this" }, Said(Role.User, "hello"))).Items).Text);

    [Fact]
    public async Task It_recites_the_history_a_line_for_each_message()
    {
        var state = await FoldAsync(new EchoOptions { Reply = EchoReply.History }, Said(Role.System, "Be kind"), Said(Role.User, "hi"), Said(Role.Assistant, "hello"), Said(Role.User, "bye"));
        Assert.Equal("system: Be kind\nuser: hi\nassistant: hello\nuser: bye", Assert.Single(state.Items).Text);
    }

    [Fact]
    public async Task It_names_the_images_of_a_message()
    {
        var message = Said(Role.User, "look") with
        {
            Content = [new Content(PartKind.Text, "look"), new Content(PartKind.Media, Media: new Media("http://example.org/cat.png")), new Content(PartKind.Media, Media: new Media("data:image/png;base64,AAAA", MediaType: "image/png"))],
        };
        Assert.Equal("look\n[http://example.org/cat.png]\n[image/png]", Assert.Single((await FoldAsync(new EchoOptions(), message)).Items).Text);
    }

    [Fact]
    public async Task An_empty_message_gets_an_empty_answer()
        => Assert.Equal("", Assert.Single((await FoldAsync(new EchoOptions(), Said(Role.User, ""))).Items).Text);

    [Fact]
    public async Task It_thinks_before_it_answers_and_suggests_afterwards()
    {
        var state = await FoldAsync(new EchoOptions { Reasoning = "Well then", FollowUps = ["And now?", "And then?"] }, Said(Role.User, "hello"));
        Assert.Equal(
            [typeof(ReasoningItem), typeof(MessageItem), typeof(SuggestionItem), typeof(SuggestionItem)],
            state.Items.Select(item => item.Head.GetType()));
        Assert.Equal("Well then", state.Items[0].Reasoning);
        Assert.Equal(["hello", "And now?", "And then?"], state.Items.Skip(1).Select(item => item.Text));
    }

    [Fact]
    public async Task It_calls_a_tool_that_nobody_offered_with_no_arguments()
    {
        var state = await FoldAsync(new EchoOptions { Tool = "get_time" }, Said(Role.User, "what time is it?"));
        var item = Assert.Single(state.Items);
        var call = Assert.IsType<ToolCallItem>(item.Head);
        Assert.Equal(("get_time", RunBy.Client, "{}"), (call.Name, call.RunBy, item.Input));
        Assert.Equal([new CallFunction(0)], Assert.IsType<RunSuspended>(state.End).Required);
    }

    [Fact]
    public async Task It_calls_the_first_tool_offered_with_its_required_arguments()
    {
        var state = await FoldAsync(new EchoOptions { Tool = "*" }, [Weather, new ToolDefinition("other")], Said(Role.User, "how is the weather?"));
        var item = Assert.Single(state.Items);
        Assert.Equal(("get_weather", """{"city":"text"}"""), (((ToolCallItem)item.Head).Name, item.Input));
    }

    [Fact]
    public async Task It_offers_itself_the_tools_of_its_file_where_the_request_has_none()
    {
        var state = await FoldAsync(new EchoOptions { Tool = "*", Tools = [Weather] }, Said(Role.User, "how is the weather?"));
        Assert.Equal("get_weather", ((ToolCallItem)Assert.Single(state.Items).Head).Name);
    }

    [Fact]
    public async Task It_just_answers_if_any_tool_would_do_and_there_is_none()
        => Assert.Equal("hello", Assert.Single((await FoldAsync(new EchoOptions { Tool = "*" }, Said(Role.User, "hello"))).Items).Text);

    [Fact]
    public async Task After_the_outputs_it_answers_with_them()
    {
        var state = await FoldAsync(
            new EchoOptions { Tool = "get_weather", Reasoning = null },
            Said(Role.User, "how is the weather?"), Called("a"), Called("b"), Output("a", "sunny"), Output("b", "12 degrees"));
        Assert.Equal("sunny\n12 degrees", Assert.Single(state.Items).Text);
        Assert.IsType<RunCompleted>(state.End);
    }

    [Fact]
    public async Task It_calls_again_in_the_next_turn()
    {
        var state = await FoldAsync(
            new EchoOptions { Tool = "get_weather" },
            Said(Role.User, "weather?"), Called("a"), Output("a", "sunny"), Said(Role.Assistant, "sunny"), Said(Role.User, "and now?"));
        Assert.IsType<RunSuspended>(state.End);
    }

    [Fact]
    public async Task It_fails_after_so_many_pieces()
    {
        var events = await RunAsync(new EchoOptions { FailAfter = 2, Pieces = 4 }, Said(Role.User, "abcd"));
        Assert.Equal(["a", "b"], events.OfType<PartDelta>().Select(delta => delta.Text));
        var error = Assert.IsType<RunFailed>(events[^1]).Error;
        Assert.Equal((ErrorSide.Agent, ErrorCause.Unavailable, "echo_failure"), (error.Side, error.Cause, error.Code));
    }

    [Fact]
    public async Task With_nothing_before_the_failure_it_refuses_before_it_has_begun()
    {
        var failure = await Assert.ThrowsAsync<RunException>(() => RunAsync(new EchoOptions { FailAfter = 0 }, Said(Role.User, "abcd")));
        Assert.Equal(ErrorSide.Agent, failure.Error.Side);
    }

    [Fact]
    public async Task It_reports_the_usage_of_its_file()
        => Assert.Equal(new Usage(11, 22), (await FoldAsync(new EchoOptions { Usage = new Usage(11, 22) }, Said(Role.User, "hello"))).End!.Usage);

    [Fact]
    public async Task It_waits_between_the_pieces_and_not_before_the_first()
    {
        var time = new FakeTime();
        var agent = new EchoAgent(new EchoOptions { Pieces = 2, Pace = TimeSpan.FromSeconds(1) }, time);
        await using var events = agent.RunAsync(Request(default, [Said(Role.User, "ab")]), CancellationToken.None).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        while (events.Current is not PartDelta) Assert.True(await events.MoveNextAsync());

        var second = events.MoveNextAsync().AsTask();
        Assert.False(second.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(second.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(await second);
        Assert.Equal(new PartDelta(0, 0, "b"), events.Current);
    }

    [Fact]
    public async Task It_stops_in_the_middle_of_a_wait_when_it_is_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        var agent = new EchoAgent(new EchoOptions { Pieces = 2, Pace = TimeSpan.FromSeconds(1) }, new FakeTime());
        await using var events = agent.RunAsync(Request(default, [Said(Role.User, "ab")]), cancel.Token).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        while (events.Current is not PartDelta) Assert.True(await events.MoveNextAsync());

        var second = events.MoveNextAsync().AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
    }

    private static ToolDefinition Weather { get; } = new("get_weather", "The weather.", new RawJson("""{"properties":{"city":{"type":"string"}},"required":["city"]}"""));

    private static Task<List<RunEvent>> RunAsync(EchoOptions options, params IReadOnlyList<Message> context) => RunAsync(options, default, context);

    private static async Task<List<RunEvent>> RunAsync(EchoOptions options, ValueList<ToolDefinition> offered, IReadOnlyList<Message> context)
    {
        var events = new List<RunEvent>();
        await foreach (var @event in new EchoAgent(options, new FakeTime()).RunAsync(Request(offered, context), TestContext.Current.CancellationToken)) events.Add(@event);
        return events;
    }

    private static Task<RunState> FoldAsync(EchoOptions options, params IReadOnlyList<Message> context) => FoldAsync(options, default, context);

    private static async Task<RunState> FoldAsync(EchoOptions options, ValueList<ToolDefinition> offered, params IReadOnlyList<Message> context)
    {
        var state = new RunState();
        foreach (var @event in await RunAsync(options, offered, context)) state.Apply(@event, default);
        return state;
    }

    private static AgentRequest Request(ValueList<ToolDefinition> offered, IReadOnlyList<Message> context) => new()
    {
        Run = new Run
        {
            Id = RunId,
            Chat = RunId,
            Owner = "local",
            Conversation = Conversation,
            Section = Conversation,
            Agent = new AgentRef("echo"),
            Status = RunStatus.Running,
            Dialect = Protocol.Coze,
            Request = new ModelRequest { Tools = offered },
            CreatedAt = default,
        },
        Context = context,
        InputCount = 1,
    };

    private static Message Said(Role role, string text) => InputItem.Said(role, text).ToMessage(new Id(24), Conversation, RunId, default);

    private static Message Output(string call, string text) => InputItem.Output(call, text).ToMessage(new Id(24), Conversation, RunId, default);

    private static Message Called(string call) => new InputItem(new ToolCallItem(call, "get_weather", RunBy.Client), [new Content(PartKind.Input, "{}")]).ToMessage(new Id(24), Conversation, RunId, default);
}
