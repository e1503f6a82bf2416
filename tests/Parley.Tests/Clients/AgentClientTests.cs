using Parley.Protocols.Clients;
using Parley.Protocols.Coze;
using Parley.Protocols.Responses;
using Parley.Runs;
using Parley.Tests.Http;

namespace Parley.Tests.Clients;

public sealed class AgentClientTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static TheoryData<string> All => ["coze", "responses", "chat-completions"];

    /// <summary>Tongyi's clients are told of no usage and no tools.</summary>
    public static TheoryData<string> WithTongyi => ["coze", "responses", "chat-completions", "tongyi"];

    public static TheoryData<string> Keeping => ["coze", "responses", "tongyi"];

    [Theory]
    [MemberData(nameof(All))]
    public async Task An_agent_answers_with_run_events(string protocol)
    {
        await using var server = await RunningServer.StartAsync(TestClients.Serve);
        using var client = TestClients.Of(protocol, server.Url);
        var chat = client.ChatAsync(new("counted", "Hi, 星期三 🙂 and all the others"), Cancelled);
        var events = new List<RunEvent>();
        await foreach (RunEvent e in chat) events.Add(e);

        Assert.IsType<RunStarted>(events[0]);
        Assert.Equal("Hi, 星期三 🙂 and all the others", string.Concat(events.OfType<PartDelta>().Select(delta => delta.Text)));
        Assert.True(events.OfType<PartDelta>().Count() > 1);
        var end = Assert.IsType<RunCompleted>(events[^1]);
        Assert.Equal((FinishReason.Stop, 11, 7, 20), (end.Finish, end.Usage!.Input, end.Usage.Output, end.Usage.Sum));
        Assert.Equal(("Hi, 星期三 🙂 and all the others", end), (chat.Text, chat.State.End));
        Assert.All(events.OfType<ItemStarted>(), item => Assert.False(item.Id.IsNone));
    }

    [Theory]
    [MemberData(nameof(WithTongyi))]
    public async Task Thoughts_are_told_apart_from_the_answer(string protocol)
    {
        await using var server = await RunningServer.StartAsync(TestClients.Serve);
        using var client = TestClients.Of(protocol, server.Url);
        var chat = await client.ChatAsync(new("thinker", "Why?"), Cancelled).ReadAsync();
        Assert.Equal("42.", chat.Text);
        Assert.Equal("Let me think.", chat.State.Items.Single(item => item.Head is ReasoningItem).Reasoning);
    }

    [Theory]
    [MemberData(nameof(Keeping))]
    public async Task A_conversation_goes_on_where_an_earlier_answer_left_it(string protocol)
    {
        await using var server = await RunningServer.StartAsync(TestClients.Serve);
        using var client = TestClients.Of(protocol, server.Url);
        var first = await client.ChatAsync(new("history", "one"), Cancelled).ReadAsync();
        var second = await client.ChatAsync(new("history", "two") { Conversation = first.Conversation }, Cancelled).ReadAsync();
        Assert.Equal("user: one\nassistant: user: one\nuser: two", second.Text);

        // The place is all that is needed: another client goes on as well.
        using var other = TestClients.Of(protocol, server.Url);
        var third = await other.ChatAsync(new("echo", "three") { Conversation = second.Conversation }, Cancelled).ReadAsync();
        Assert.Equal("three", third.Text);
    }

    [Fact]
    public async Task Without_conversations_a_request_brings_all_that_was_said()
    {
        await using var server = await RunningServer.StartAsync(TestClients.Serve);
        using var client = TestClients.Of("chat-completions", server.Url);
        var chat = await client.ChatAsync(
            new("history", [InputItem.Said(Role.User, "one"), InputItem.Said(Role.Assistant, "two"), InputItem.Said(Role.User, "three")]), Cancelled).ReadAsync();
        Assert.Equal("user: one\nassistant: two\nuser: three", chat.Text);
        Assert.Null(chat.Conversation);
        Assert.Throws<ArgumentException>(() => client.ChatAsync(new("history", "four") { Conversation = "chatcmpl-1" }, Cancelled));
    }

    [Fact]
    public async Task An_answer_is_not_read_by_two_at_a_time()
    {
        await using var server = await RunningServer.StartAsync(TestClients.Serve);
        using var client = TestClients.Of("chat-completions", server.Url);
        var chat = client.ChatAsync(new("echo", "Hi"), Cancelled);
        await using var first = chat.GetAsyncEnumerator(Cancelled);
        var reading = first.MoveNextAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(chat.ReadAsync);
        Assert.True(await reading);
    }

    [Fact]
    public async Task A_model_goes_on_in_a_conversation_of_the_servers()
    {
        await using var server = await RunningServer.StartAsync(TestClients.Serve);
        using var made = await server.Client.PostAsync("/v1/conversations", new StringContent("{}"), Cancelled);
        var id = System.Text.Json.JsonElement.Parse(await made.Content.ReadAsStringAsync(Cancelled)).GetProperty("id").GetString();
        using var client = TestClients.Of("responses", server.Url);
        foreach (var told in new[] { "one", "two" })
            Assert.Equal(id, (await client.ChatAsync(new("echo", told) { Conversation = id }, Cancelled).ReadAsync()).Conversation);
        var chat = await client.ChatAsync(new("history", "three") { Conversation = id }, Cancelled).ReadAsync();
        Assert.Equal("user: one\nassistant: one\nuser: two\nassistant: two\nuser: three", chat.Text);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_tool_of_the_client_is_called_and_its_output_answered(string protocol)
    {
        await using var server = await RunningServer.StartAsync(TestClients.Serve);
        using var client = TestClients.Of(protocol, server.Url);
        var options = new ModelRequest { Tools = [TestClients.Weather] };
        var asked = await client.ChatAsync(new("caller", "Weather?") { Options = options }, Cancelled).ReadAsync();
        var call = Assert.Single(asked.Calls);
        var head = Assert.IsType<ToolCallItem>(call.Head);
        Assert.Equal(("get_weather", RunBy.Client), (head.Name, head.RunBy));
        Assert.StartsWith("{\"city\":", call.Input, StringComparison.Ordinal);

        var output = InputItem.Output(head.CallId, "sunny");
        var next = asked.Conversation is { } conversation
            ? new ClientRequest("caller", [output]) { Conversation = conversation }
            : new ClientRequest("caller", [InputItem.Said(Role.User, "Weather?"), new InputItem(head, call.ToContent()), output]);
        var answered = await client.ChatAsync(next with { Options = options }, Cancelled).ReadAsync();
        Assert.Equal("sunny", answered.Text);
        Assert.Empty(answered.Calls);

        // The chat is over: the conversation goes on behind it.
        if (answered.Conversation is null) return;
        var after = await client.ChatAsync(new("echo", "Thanks") { Conversation = answered.Conversation }, Cancelled).ReadAsync();
        Assert.Equal("Thanks", after.Text);
    }

    [Fact]
    public async Task What_a_coze_chat_used_is_not_counted_again_behind_its_tools()
    {
        await using var server = await RunningServer.StartAsync(TestClients.Serve);
        using var client = TestClients.Of("coze", server.Url);
        var asked = await client.ChatAsync(new("caller", "What is the weather like in Rome today?"), Cancelled).ReadAsync();
        var answered = await client.ChatAsync(
            new("caller", [InputItem.Output(((ToolCallItem)asked.Calls[0].Head).CallId, "sunny")]) { Conversation = asked.Conversation }, Cancelled).ReadAsync();
        Assert.True(asked.State.End!.Usage!.Output > 2);
        Assert.Equal(2, answered.State.End!.Usage!.Output);
    }

    [Theory]
    [MemberData(nameof(WithTongyi))]
    public async Task A_failure_is_the_last_event_and_an_exception_for_who_wants_the_whole_answer(string protocol)
    {
        await using var server = await RunningServer.StartAsync(TestClients.Serve);
        using var client = TestClients.Of(protocol, server.Url);
        var chat = client.ChatAsync(new("failing", "Hi"), Cancelled);
        var events = new List<RunEvent>();
        await foreach (var e in chat) events.Add(e);
        Assert.Equal("one two ", chat.Text);
        Assert.Equal(ErrorSide.Agent, Assert.IsType<RunFailed>(events[^1]).Error.Side);
        Assert.Equal(ItemStatus.Incomplete, chat.State.Items[0].Status);

        var failed = await Assert.ThrowsAsync<RunException>(() => client.ChatAsync(new("failing", "Hi"), Cancelled).ReadAsync());
        Assert.Equal(ErrorSide.Agent, failed.Error.Side);
    }

    [Theory]
    [MemberData(nameof(WithTongyi))]
    public async Task An_agent_that_is_not_there_is_a_failure_that_says_so(string protocol)
    {
        await using var server = await RunningServer.StartAsync(TestClients.Serve);
        using var client = TestClients.Of(protocol, server.Url);
        var events = new List<RunEvent>();
        await foreach (var e in client.ChatAsync(new("nobody", "Hi"), Cancelled)) events.Add(e);
        Assert.False(string.IsNullOrEmpty(Assert.IsType<RunFailed>(Assert.Single(events)).Error.Message));
    }

    [Theory]
    [InlineData("coze", "7478675888952246323")]
    [InlineData("coze", "7478675888952246323/7478675888952246331")]
    [InlineData("tongyi", "6b000000000000086b00000000000008/6b000000000000086b00000000000010")]
    [InlineData("responses", "resp_00000000000000000000000000000000000000000000000000")]
    [InlineData("responses", "conv_00000000000000000000000000000000000000000000000000")]
    public async Task A_conversation_that_is_gone_is_a_failure_and_never_begun_anew(string protocol, string conversation)
    {
        await using var server = await RunningServer.StartAsync(TestClients.Serve);
        using var client = TestClients.Of(protocol, server.Url);
        ValueList<InputItem> input = conversation.Contains('/', StringComparison.Ordinal) ? [InputItem.Output("call_1", "x")] : [InputItem.Said(Role.User, "Hi")];
        await Assert.ThrowsAsync<RunException>(() => client.ChatAsync(new ClientRequest("echo", input) { Conversation = conversation }, Cancelled).ReadAsync());
    }

    [Theory]
    [MemberData(nameof(WithTongyi))]
    public async Task Cancelling_is_an_exception_and_ends_the_run_at_the_server(string protocol)
    {
        await using var server = await RunningServer.StartAsync(TestClients.Serve);
        using var client = TestClients.Of(protocol, server.Url);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var chat = client.ChatAsync(new("endless", "Hi"), stop.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var e in chat)
                if (e is PartDelta) await stop.CancelAsync();
        });
        Assert.StartsWith("tick", chat.Text, StringComparison.Ordinal);
        await server.IdleAsync();
    }

    [Theory]
    [MemberData(nameof(WithTongyi))]
    public async Task Who_stops_reading_breaks_the_answer_off(string protocol)
    {
        await using var server = await RunningServer.StartAsync(TestClients.Serve);
        using var client = TestClients.Of(protocol, server.Url);
        await foreach (var e in client.ChatAsync(new("endless", "Hi"), Cancelled))
            if (e is PartDelta) break;
        await server.IdleAsync();
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task An_image_is_sent_by_its_address(string protocol)
    {
        await using var server = await RunningServer.StartAsync(TestClients.Serve);
        using var client = TestClients.Of(protocol, server.Url);
        var look = new InputItem(new MessageItem(Role.User), [new Content(PartKind.Text, "Look:"), new Content(PartKind.Media, Media: new Media("https://example.com/a.png", MediaType: "image/png"))]);
        var chat = await client.ChatAsync(new ClientRequest("echo", [look]), Cancelled).ReadAsync();
        Assert.Equal("Look:\n[https://example.com/a.png]", chat.Text);
    }

    [Fact]
    public async Task An_answer_is_read_once()
    {
        await using var server = await RunningServer.StartAsync(TestClients.Serve);
        using var client = TestClients.Of("coze", server.Url);
        var chat = await client.ChatAsync(new("echo", "Hi"), Cancelled).ReadAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(chat.ReadAsync);
    }

    [Theory]
    [InlineData("/1")]
    [InlineData("1/2/3/4")]
    [InlineData("1/2/*")]
    public void A_conversation_in_another_form_is_refused_at_once(string conversation)
    {
        using var client = new CozeClient(new Uri("http://127.0.0.1:9"));
        Assert.Throws<ArgumentException>(() => client.ChatAsync(new("echo", "Hi") { Conversation = conversation }, Cancelled));
    }

    [Fact]
    public void A_server_is_at_an_address_of_http()
    {
        using var client = new ResponsesClient(new Uri("ftp://example.com"));
        Assert.Throws<ArgumentException>(() => client.ChatAsync(new("echo", "Hi"), Cancelled));
    }
}
