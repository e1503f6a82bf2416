using Microsoft.Extensions.AI;
using Parley.Agents;
using Parley.Extensions.AI;
using Parley.Protocols.Clients;
using Parley.Runs;
using Parley.Tests.Clients;
using Parley.Tests.Http;
using static Parley.Tests.ExtensionsAI.ScriptedChatClient;

namespace Parley.Tests.ExtensionsAI;

public sealed class ChatClientAgentTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static TheoryData<string> All => AgentClientTests.All;

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_chat_client_answers_the_clients_of_every_protocol(string protocol)
    {
        var model = new ScriptedChatClient([Says(new TextReasoningContent("Hm. ")), Says(new TextReasoningContent("Yes.")), Says("Hel"), Says("lo"), Finishes(ChatFinishReason.Stop)]);
        await using var server = await ServeAsync(model);
        using var client = TestClients.Of(protocol, server.Url);
        var chat = await client.ChatAsync(new("mine", "Hi"), Cancelled).ReadAsync();
        Assert.Equal("Hello", chat.Text);
        Assert.Equal("Hm. Yes.", chat.State.Items[0].Reasoning);
        Assert.Equal((3, 4), (chat.State.End!.Usage!.Input, chat.State.End.Usage.Output));
        Assert.Equal("Hi", Assert.Single(model.Asked[0].Messages).Text);
    }

    [Fact]
    public async Task History_is_told_with_its_roles_calls_and_results()
    {
        var model = new ScriptedChatClient(
            [Says("Let me see."), Says(Call("c1", "get_weather", "Rome")), Finishes(ChatFinishReason.ToolCalls)], [Says("Sunny.")], [Says("Bye.")]);
        await using var server = await ServeAsync(model);
        using var client = TestClients.Of("responses", server.Url);
        var options = new ModelRequest { Tools = [TestClients.Weather], Instructions = "Be brief." };
        var asked = await client.ChatAsync(new("mine", "Weather?") { Options = options }, Cancelled).ReadAsync();
        Assert.Equal("Let me see.", asked.Text);
        Assert.Equal("""{"city":"Rome"}""", Assert.Single(asked.Calls).Input);
        var answered = await client.ChatAsync(new("mine", [InputItem.Output("c1", "sunny")]) { Conversation = asked.Conversation, Options = options }, Cancelled).ReadAsync();
        Assert.Equal("Sunny.", answered.Text);
        await client.ChatAsync(new("mine", "Thanks") { Conversation = answered.Conversation }, Cancelled).ReadAsync();

        var (messages, last) = model.Asked[2];
        Assert.Equal([ChatRole.User, ChatRole.Assistant, ChatRole.Tool, ChatRole.Assistant, ChatRole.User], messages.Select(message => message.Role));
        Assert.Equal("Let me see.", messages[1].Text);
        Assert.Equal("Rome", messages[1].Contents.OfType<FunctionCallContent>().Single().Arguments!["city"]?.ToString());
        Assert.Equal("sunny", ((FunctionResultContent)messages[2].Contents[0]).Result);
        Assert.Null(last.Tools);
        Assert.Equal("Be brief.", model.Asked[0].Options.Instructions);
        Assert.Equal(TestClients.Weather.Parameters?.Text, Assert.IsAssignableFrom<AIFunctionDeclaration>(Assert.Single(model.Asked[0].Options.Tools!)).JsonSchema.GetRawText());
    }

    [Fact]
    public async Task Functions_that_the_chat_client_runs_itself_are_only_shown()
    {
        var inner = new ScriptedChatClient([Says(Call("c1", "add", "1")), Finishes(ChatFinishReason.ToolCalls)], [Says("It is 2."), Finishes(ChatFinishReason.Stop)]);
        using var invoking = new FunctionInvokingChatClient(inner) { AdditionalTools = [AIFunctionFactory.Create((string city) => "2", "add")] };
        await using var server = await ServeAsync(invoking);
        using var client = TestClients.Of("responses", server.Url);
        var chat = await client.ChatAsync(new("mine", "Add"), Cancelled).ReadAsync();
        Assert.Equal("It is 2.", chat.Text);
        Assert.IsType<RunCompleted>(chat.State.End);
        Assert.Equal(RunBy.Server, chat.State.Items.Select(item => item.Head).OfType<ToolCallItem>().Single().RunBy);
        Assert.Equal("2", chat.State.Items.Single(item => item.Head is ToolResultItem).Text);
        Assert.Equal((6, 8), (chat.State.End.Usage!.Input, chat.State.End.Usage.Output));
    }

    [Fact]
    public async Task A_chat_client_with_conversations_is_told_only_what_is_new()
    {
        var model = new ScriptedChatClient(
            [new(ChatRole.Assistant, "One.") { ConversationId = "k-1" }], [new(ChatRole.Assistant, "Two.") { ConversationId = "k-2" }], [new(ChatRole.Assistant, "Three.") { ConversationId = "k-3" }]);
        await using var server = await ServeAsync(model);
        using var client = TestClients.Of("responses", server.Url);
        var first = await client.ChatAsync(new("mine", "a"), Cancelled).ReadAsync();
        await client.ChatAsync(new("mine", "b") { Conversation = first.Conversation }, Cancelled).ReadAsync();
        Assert.Equal(("k-1", "b"), (model.Asked[1].Options.ConversationId, Assert.Single(model.Asked[1].Messages).Text));

        // A branch: whether the chat client's conversation can have one is not known.
        await client.ChatAsync(new("mine", "c") { Conversation = first.Conversation }, Cancelled).ReadAsync();
        Assert.Null(model.Asked[2].Options.ConversationId);
        Assert.Equal(["a", "One.", "c"], model.Asked[2].Messages.Select(message => message.Text));
    }

    [Theory]
    [InlineData("k-1", "k-2")]
    [InlineData(null, "k-2")]
    [InlineData("k-2", null)]
    public async Task The_conversation_goes_on_at_the_id_that_was_told_last(string? first, string? last)
    {
        var model = new ScriptedChatClient(
            [new(ChatRole.Assistant, "On") { ConversationId = first }, new(ChatRole.Assistant, "e.") { ConversationId = last }], [Says("Two.")]);
        await using var server = await ServeAsync(model);
        using var client = TestClients.Of("responses", server.Url);
        var answered = await client.ChatAsync(new("mine", "a"), Cancelled).ReadAsync();
        await client.ChatAsync(new("mine", "b") { Conversation = answered.Conversation }, Cancelled).ReadAsync();
        Assert.Equal(("k-2", "b"), (model.Asked[1].Options.ConversationId, Assert.Single(model.Asked[1].Messages).Text));
    }

    [Theory]
    [InlineData(404)]
    [InlineData(400)]
    [InlineData(0)]
    public async Task A_conversation_that_the_chat_client_has_lost_is_begun_anew(int status)
    {
        Exception refusal = status == 0 ? new InvalidOperationException("as a vendor's client says it") : new HttpRequestException("gone", null, (System.Net.HttpStatusCode)status);
        var model = new ScriptedChatClient([new(ChatRole.Assistant, "One.") { ConversationId = "k-1" }], [], [Says("Two.")]) { Failure = refusal, FailsAt = 1 };
        await using var server = await ServeAsync(model);
        using var client = TestClients.Of("responses", server.Url);
        var first = await client.ChatAsync(new("mine", "a"), Cancelled).ReadAsync();
        var second = await client.ChatAsync(new("mine", "b") { Conversation = first.Conversation }, Cancelled).ReadAsync();
        Assert.Equal(("Two.", "k-1"), (second.Text, model.Asked[1].Options.ConversationId));
        Assert.Null(model.Asked[2].Options.ConversationId);
        Assert.Equal(["a", "One.", "b"], model.Asked[2].Messages.Select(message => message.Text));
    }

    [Fact]
    public async Task What_fails_for_another_reason_is_not_asked_again()
    {
        var busy = new HttpRequestException("busy", null, System.Net.HttpStatusCode.TooManyRequests);
        var model = new ScriptedChatClient([new(ChatRole.Assistant, "One.") { ConversationId = "k-1" }], [], [Says("Two.")]) { Failure = busy, FailsAt = 1 };
        await using var server = await ServeAsync(model);
        using var client = new Protocols.Responses.ResponsesClient(new Protocols.Responses.ResponsesAgentOptions { Url = new Uri(server.Url, "/v1"), Retries = 0 });
        var first = await client.ChatAsync(new("mine", "a"), Cancelled).ReadAsync();
        await Assert.ThrowsAsync<RunException>(client.ChatAsync(new("mine", "b") { Conversation = first.Conversation }, Cancelled).ReadAsync);
        Assert.Equal(2, model.Asked.Count);
    }

    [Theory]
    [InlineData("length", "length")]
    [InlineData("content_filter", "content_filter")]
    [InlineData("stop", "stop")]
    public async Task The_reason_for_the_end_is_passed_on(string told, string expected)
    {
        await using var server = await ServeAsync(new ScriptedChatClient([Says("Some"), Finishes(new ChatFinishReason(told))]));
        using var client = TestClients.Of("chat-completions", server.Url);
        var chat = await client.ChatAsync(new("mine", "Hi"), Cancelled).ReadAsync();
        Assert.Equal(expected, Assert.IsType<RunCompleted>(chat.State.End).Finish.Value);
    }

    [Fact]
    public async Task What_a_chat_client_throws_fails_the_run_and_is_not_told_to_clients()
    {
        await using var server = await ServeAsync(new ScriptedChatClient([Says("Some")]) { Failure = new InvalidOperationException("the password is x") });
        using var client = TestClients.Of("responses", server.Url);
        var chat = client.ChatAsync(new("mine", "Hi"), Cancelled);
        var failed = await Assert.ThrowsAsync<RunException>(chat.ReadAsync);
        Assert.Equal("Some", chat.Text);
        Assert.DoesNotContain("password", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_chat_client_throws_before_its_answer_is_a_refusal()
    {
        await using var server = await ServeAsync(new ScriptedChatClient([[]]) { Failure = new HttpRequestException("busy", null, System.Net.HttpStatusCode.TooManyRequests) });
        using var answer = await server.Client.PostAsync("/v1/responses", new StringContent("""{"model":"mine","input":"Hi"}"""), Cancelled);
        Assert.Equal(System.Net.HttpStatusCode.TooManyRequests, answer.StatusCode);
    }

    [Fact]
    public async Task An_error_in_an_answer_fails_the_run()
    {
        await using var server = await ServeAsync(new ScriptedChatClient([Says("Some"), Says(new ErrorContent("broken") { ErrorCode = "e1" })]));
        using var client = TestClients.Of("responses", server.Url);
        await Assert.ThrowsAsync<RunException>(() => client.ChatAsync(new("mine", "Hi"), Cancelled).ReadAsync());
    }

    [Fact]
    public async Task Cancelling_reaches_the_chat_client()
    {
        await using var server = await ServeAsync(new ScriptedChatClient([Says("Some")]) { Hangs = true });
        using var client = TestClients.Of("responses", server.Url);
        await foreach (var e in client.ChatAsync(new("mine", "Hi"), Cancelled))
            if (e is PartDelta) break;
        await server.IdleAsync();
    }

    [Fact]
    public async Task Images_come_with_their_address_or_their_data()
    {
        var model = new ScriptedChatClient([Says("Nice.")]);
        await using var server = await ServeAsync(model);
        using var client = TestClients.Of("responses", server.Url);
        await client.ChatAsync(
            new ClientRequest("mine", [new InputItem(new MessageItem(Role.User),
            [
                new Content(PartKind.Media, Media: new Media("https://example.com/a.png", MediaType: "image/png")),
                new Content(PartKind.Media, Media: new Media("data:image/png;base64,AQID", MediaType: "image/png")),
            ])]), Cancelled).ReadAsync();
        var contents = Assert.Single(model.Asked[0].Messages).Contents;
        Assert.Equal("https://example.com/a.png", Assert.IsType<UriContent>(contents[0]).Uri.OriginalString);
        Assert.Equal([1, 2, 3], Assert.IsType<DataContent>(contents[1]).Data.ToArray());
    }

    [Fact]
    public async Task Pictures_and_citations_of_an_answer_reach_its_client()
    {
        var cited = new TextContent("So it is.") { Annotations = [new CitationAnnotation { Title = "Source", Url = new Uri("https://example.com/s"), AnnotatedRegions = [new TextSpanAnnotatedRegion { StartIndex = 0, EndIndex = 2 }] }] };
        var run = await RunAsync(new ScriptedChatClient([Says(cited), Says(new DataContent(new byte[] { 1 }, "image/png"))]));
        var item = Assert.Single(run.State.Items);
        Assert.Equal(new Annotation("url_citation", 0, 2, new Source("Source", "https://example.com/s")), Assert.Single(item.Parts[0].Notes));
        Assert.Equal("data:image/png;base64,AQ==", item.Parts[1].Media?.Url);
    }

    [Fact]
    public async Task Messages_with_ids_of_their_own_are_items_of_their_own()
    {
        var run = await RunAsync(new ScriptedChatClient([Of("a", "One "), Of("a", "more"), Of("b", "Two")]));
        Assert.Equal(["One more", "Two"], run.State.Items.Select(item => item.Text));

        static ChatResponseUpdate Of(string message, string text) => new(ChatRole.Assistant, text) { MessageId = message };
    }

    [Fact]
    public async Task Leave_for_a_tool_cannot_be_asked_for()
    {
        var run = await RunAsync(new ScriptedChatClient([Says(new ToolApprovalRequestContent("r1", Call("c1", "delete", "x")))]));
        Assert.Equal("approval_unsupported", Assert.IsType<RunFailed>(run.State.End).Error.Code);
    }

    [Fact]
    public void A_name_is_given_once_and_has_the_form_of_names()
    {
        var options = new AspNetCore.ParleyOptions();
        options.AddAgent("mine", new ScriptedChatClient());
        Assert.Equal(("mine", "m-1"), (options.Agents[0].Name, options.Agents[0].Model));
        Assert.Throws<ArgumentException>(() => options.AddAgent("mine", new ScriptedChatClient()));
        Assert.Throws<ArgumentException>(() => options.AddAgent("not mine", new ScriptedChatClient()));
        Assert.Single(options.Agents);
    }

    private static FunctionCallContent Call(string id, string name, string city) => new(id, name, new Dictionary<string, object?> { ["city"] = city });

    private static Task<RunningServer> ServeAsync(IChatClient model) => RunningServer.StartAsync(options => options.AddAgent("mine", model));

    private static async Task<DirectRun> RunAsync(ScriptedChatClient model)
    {
        var time = new FakeTime();
        var ids = new IdSource(time);
        var id = ids.Next();
        var header = new Run
        {
            Id = id,
            Owner = "local",
            Conversation = id,
            Section = id,
            Agent = new AgentRef("mine"),
            Status = RunStatus.Running,
            Dialect = Protocol.Parley,
            Chat = id,
            Request = ModelRequest.Empty,
            CreatedAt = time.GetUtcNow(),
        };
        var asked = new AgentRequest { Run = header, Context = [InputItem.Said(Role.User, "Hi").ToMessage(ids.Next(), id, id, time.GetUtcNow())], InputCount = 1, UnseenCount = 1 };
        var run = new DirectRun(new ChatClientAgent(model), asked, ids, time);
        await foreach (var _ in run.RunAsync(Cancelled)) { }
        return run;
    }
}
