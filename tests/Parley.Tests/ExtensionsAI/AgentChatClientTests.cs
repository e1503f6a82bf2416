using System.ComponentModel;
using Microsoft.Extensions.AI;
using Parley.Agents;
using Parley.Extensions.AI;
using Parley.Protocols.Clients;
using Parley.Runs;
using Parley.Tests.Clients;
using Parley.Tests.Http;
using Parley.Tests.Runs;

namespace Parley.Tests.ExtensionsAI;

public sealed class AgentChatClientTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static TheoryData<string> All => AgentClientTests.All;

    [Theory]
    [MemberData(nameof(All))]
    public async Task An_answer_comes_whole(string protocol)
    {
        await using var server = await RunningServer.StartAsync(TestClients.Serve);
        using var client = TestClients.Of(protocol, server.Url);
        var answer = await client.AsChatClient("counted").GetResponseAsync("Hi, 星期三 🙂", cancellationToken: Cancelled);
        Assert.Equal(("Hi, 星期三 🙂", ChatFinishReason.Stop), (answer.Text, answer.FinishReason));
        Assert.Equal((11, 7, 20), (answer.Usage?.InputTokenCount, answer.Usage?.OutputTokenCount, answer.Usage?.TotalTokenCount));
        Assert.Equal(ChatRole.Assistant, Assert.Single(answer.Messages).Role);
        Assert.IsType<RunState>(answer.RawRepresentation);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task An_answer_streams_with_its_thoughts(string protocol)
    {
        await using var server = await RunningServer.StartAsync(TestClients.Serve);
        using var client = TestClients.Of(protocol, server.Url);
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in client.AsChatClient("thinker").GetStreamingResponseAsync("Why?", cancellationToken: Cancelled)) updates.Add(update);
        Assert.Equal("42.", string.Concat(updates.Select(update => update.Text)));
        Assert.Equal("Let me think.", string.Concat(updates.SelectMany(update => update.Contents).OfType<TextReasoningContent>().Select(thought => thought.Text)));
        Assert.True(updates.Count(update => update.Contents.OfType<TextReasoningContent>().Any()) > 1);
        Assert.Equal(ChatFinishReason.Stop, updates[^1].FinishReason);
    }

    [Theory]
    [InlineData("coze")]
    [InlineData("responses")]
    [InlineData("tongyi")]
    public async Task A_conversation_goes_on_by_its_id(string protocol)
    {
        await using var server = await RunningServer.StartAsync(TestClients.Serve);
        using var client = TestClients.Of(protocol, server.Url);
        var chat = client.AsChatClient("history");
        var first = await chat.GetResponseAsync("one", cancellationToken: Cancelled);
        var second = await chat.GetResponseAsync("two", new ChatOptions { ConversationId = first.ConversationId }, Cancelled);
        Assert.Equal("user: one\nassistant: user: one\nuser: two", second.Text);
    }

    [Fact]
    public async Task Without_conversations_all_messages_are_sent()
    {
        await using var server = await RunningServer.StartAsync(TestClients.Serve);
        using var client = TestClients.Of("chat-completions", server.Url);
        var answer = await client.AsChatClient("history").GetResponseAsync(
            [new(ChatRole.System, "Be kind."), new(ChatRole.User, "one"), new(ChatRole.Assistant, "two"), new(ChatRole.User, "three")], new ChatOptions { Instructions = "And brief." }, Cancelled);
        Assert.Equal("system: And brief.\nsystem: Be kind.\nuser: one\nassistant: two\nuser: three", answer.Text);
        Assert.Null(answer.ConversationId);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Functions_are_called_and_their_results_answered(string protocol)
    {
        await using var server = await RunningServer.StartAsync(TestClients.Serve);
        using var client = TestClients.Of(protocol, server.Url);
        var cities = new List<string>();
        using var chat = client.AsChatClient("caller").AsBuilder().UseFunctionInvocation().Build();
        var weather = AIFunctionFactory.Create(
            ([Description("Where")] string city) =>
            {
                cities.Add(city);
                return new { Sky = "sunny" };
            },
            "get_weather", "The weather of a city.");
        var answer = await chat.GetResponseAsync("Weather?", new ChatOptions { Tools = [weather] }, Cancelled);
        Assert.Equal("""{"sky":"sunny"}""", answer.Text);
        Assert.Single(cities);

        // And as a stream.
        var text = "";
        await foreach (var update in chat.GetStreamingResponseAsync("Weather?", new ChatOptions { Tools = [weather] }, Cancelled)) text += update.Text;
        Assert.Equal("""{"sky":"sunny"}""", text);
        Assert.Equal(2, cities.Count);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_failed_run_is_an_exception(string protocol)
    {
        await using var server = await RunningServer.StartAsync(TestClients.Serve);
        using var client = TestClients.Of(protocol, server.Url);
        var chat = client.AsChatClient("failing");
        var text = "";
        var failed = await Assert.ThrowsAsync<RunException>(async () =>
        {
            await foreach (var update in chat.GetStreamingResponseAsync("Hi", cancellationToken: Cancelled)) text += update.Text;
        });
        Assert.Equal(("one two ", ErrorSide.Agent), (text, failed.Error.Side));
        await Assert.ThrowsAsync<RunException>(() => chat.GetResponseAsync("Hi", cancellationToken: Cancelled));
        await Assert.ThrowsAsync<RunException>(() => client.AsChatClient("nobody").GetResponseAsync("Hi", cancellationToken: Cancelled));
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Cancelling_ends_the_run_at_the_server(string protocol)
    {
        await using var server = await RunningServer.StartAsync(TestClients.Serve);
        using var client = TestClients.Of(protocol, server.Url);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var update in client.AsChatClient("endless").GetStreamingResponseAsync("Hi", cancellationToken: stop.Token))
                if (update.Text.Length > 0) await stop.CancelAsync();
        });
        await server.IdleAsync();
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Images_are_sent_by_their_address(string protocol)
    {
        await using var server = await RunningServer.StartAsync(TestClients.Serve);
        using var client = TestClients.Of(protocol, server.Url);
        var answer = await client.AsChatClient("echo").GetResponseAsync(
            new ChatMessage(ChatRole.User, [new TextContent("Look:"), new UriContent("https://example.com/a.png", "image/png")]), cancellationToken: Cancelled);
        Assert.Equal("Look:\n[https://example.com/a.png]", answer.Text);
    }

    [Theory]
    [InlineData("responses")]
    [InlineData("chat-completions")]
    public async Task Images_are_sent_as_data(string protocol)
    {
        await using var server = await RunningServer.StartAsync(TestClients.Serve);
        using var client = TestClients.Of(protocol, server.Url);
        var answer = await client.AsChatClient("echo").GetResponseAsync(
            new ChatMessage(ChatRole.User, [new DataContent(new byte[] { 1, 2, 3 }, "image/png")]), cancellationToken: Cancelled);
        Assert.Equal("[image/png]", answer.Text);
    }

    [Fact]
    public async Task Options_reach_the_agent()
    {
        var agent = new ListeningAgent();
        await using var server = await RunningServer.StartAsync(options => options.AddAgent("listener", agent));
        using var client = TestClients.Of("chat-completions", server.Url);
        await client.AsChatClient("other").GetResponseAsync(
            "Hi",
            new ChatOptions
            {
                ModelId = "listener",
                Temperature = 0.7f,
                TopP = 0.3f,
                MaxOutputTokens = 12,
                Seed = 5,
                StopSequences = ["END"],
                AllowMultipleToolCalls = false,
                ToolMode = ChatToolMode.RequireSpecific("get_weather"),
                Tools = [AIFunctionFactory.CreateDeclaration("get_weather", "The weather.", System.Text.Json.JsonElement.Parse("""{"type":"object"}"""))],
                ResponseFormat = ChatResponseFormat.ForJsonSchema(System.Text.Json.JsonElement.Parse("""{"type":"object"}"""), "shape"),
                Reasoning = new ReasoningOptions { Effort = ReasoningEffort.Low },
                AdditionalProperties = new() { ["user"] = "ada" },
            },
            Cancelled);

        var heard = agent.Heard!.Run.Request;
        Assert.Equal((0.7, 0.3, 12L, 5L, "low", "ada", false), (heard.Temperature, heard.TopP, heard.MaxOutputTokens, heard.Seed, heard.ReasoningEffort, heard.User, heard.ParallelToolCalls));
        Assert.Equal(["END"], heard.Stop);
        Assert.Equal(new ToolDefinition("get_weather", "The weather.", new RawJson("""{"type":"object"}""")), Assert.Single(heard.Tools));
        Assert.Equal("""{"type":"function","function":{"name":"get_weather"}}""", heard.ToolChoice?.Text);
        Assert.Equal("""{"type":"json_schema","json_schema":{"name":"shape","schema":{"type":"object"}}}""", heard.ResponseFormat?.Text);
    }

    [Fact]
    public async Task What_the_server_took_back_is_not_in_a_whole_answer()
    {
        var agent = new ScriptedAgent().Says(
            new RunStarted(), new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Text), new PartDelta(0, 0, "Secret plans"),
            new PartCompleted(0, 0, "I cannot say."), new RunCompleted(FinishReason.Stop));
        await using var server = await RunningServer.StartAsync(options => options.AddAgent("mine", agent));
        using var client = TestClients.Of("responses", server.Url);
        Assert.Equal("I cannot say.", (await client.AsChatClient("mine").GetResponseAsync("Hi", cancellationToken: Cancelled)).Text);
    }

    [Fact]
    public async Task A_refusal_is_an_error_content_and_part_of_what_is_sent_back()
    {
        RunEvent[] refusing =
        [
            new RunStarted(), new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Refusal), new PartDelta(0, 0, "I "), new PartDelta(0, 0, "won't."),
            new PartCompleted(0, 0), new RunCompleted(FinishReason.Stop),
        ];
        var agent = new ScriptedAgent().Says(refusing).Says(refusing).Answers("Fine.");
        await using var server = await RunningServer.StartAsync(options => options.AddAgent("mine", agent));
        using var client = TestClients.Of("responses", server.Url);
        var chat = client.AsChatClient("mine");
        var answer = await chat.GetResponseAsync("Hi", cancellationToken: Cancelled);
        Assert.Equal(("Refusal", "I won't."), Told(Assert.Single(answer.Messages).Contents));
        var streamed = new List<AIContent>();
        await foreach (var update in chat.GetStreamingResponseAsync("Hi", cancellationToken: Cancelled)) streamed.AddRange(update.Contents);
        Assert.Equal(("Refusal", "I won't."), Told(streamed));

        await chat.GetResponseAsync([new(ChatRole.User, "Hi"), .. answer.Messages, new(ChatRole.User, "Please")], cancellationToken: Cancelled);
        Assert.Equal("I won't.", Assert.Single(agent.Requests[^1].Context[1].Content).Text);

        static (string?, string) Told(IEnumerable<AIContent> contents)
        {
            var error = Assert.Single(contents.OfType<ErrorContent>());
            return (error.ErrorCode, error.Message);
        }
    }

    [Fact]
    public async Task What_has_no_word_behind_an_answer_makes_no_empty_message()
    {
        var agent = new ScriptedAgent().Says(
            new RunStarted(), new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Text), new PartDelta(0, 0, "Aye."), new PartCompleted(0, 0), new ItemCompleted(0),
            new ItemStarted(1, new SuggestionItem()), new PartStarted(1, 0, PartKind.Text), new PartDelta(1, 0, "And then?"), new PartCompleted(1, 0), new ItemCompleted(1), new RunCompleted(FinishReason.Stop));
        await using var server = await RunningServer.StartAsync(options => options.AddAgent("mine", agent));
        using var client = TestClients.Of("coze", server.Url);
        var answer = await client.AsChatClient("mine").GetResponseAsync("Hi", cancellationToken: Cancelled);
        Assert.Equal(2, Assert.IsType<RunState>(answer.RawRepresentation).Items.Count);
        Assert.Equal("Aye.", Assert.Single(answer.Messages).Text);
    }

    [Fact]
    public async Task All_updates_of_an_answer_have_its_id_and_time()
    {
        await using var server = await RunningServer.StartAsync(TestClients.Serve);
        using var client = TestClients.Of("responses", server.Url);
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in client.AsChatClient("thinker").GetStreamingResponseAsync("Why?", cancellationToken: Cancelled)) updates.Add(update);
        Assert.NotNull(updates[0].ResponseId);
        Assert.NotNull(updates[0].CreatedAt);
        Assert.All(updates, update => Assert.Equal((updates[0].ResponseId, updates[0].CreatedAt), (update.ResponseId, update.CreatedAt)));
    }

    [Fact]
    public void A_tool_that_is_no_function_is_refused()
    {
        using var client = TestClients.Of("coze", new Uri("http://127.0.0.1:9"));
        Assert.Throws<NotSupportedException>(() => client.AsChatClient("echo").GetStreamingResponseAsync("Hi", new ChatOptions { Tools = [new HostedWebSearchTool()] }, Cancelled));
    }

    [Fact]
    public void A_chat_client_tells_what_is_behind_it()
    {
        using var client = TestClients.Of("coze", new Uri("http://127.0.0.1:9"));
        using var chat = client.AsChatClient("echo");
        var metadata = chat.GetService<ChatClientMetadata>()!;
        Assert.Equal(("parley-coze", new Uri("http://127.0.0.1:9"), "echo"), (metadata.ProviderName, metadata.ProviderUri, metadata.DefaultModelId));
        Assert.Same(client, chat.GetService<AgentClient>());
        Assert.Null(chat.GetService<AgentClient>("other"));
    }

    private sealed class ListeningAgent : IAgent
    {
        public AgentRequest? Heard { get; private set; }

        public async IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            Heard = request;
            await Task.Yield();
            yield return new RunCompleted(FinishReason.Stop);
        }
    }
}
