using System.Net;
using System.Text.Json;
using Parley.Agents;
using Parley.Conversations;
using Parley.Protocols.Upstream;
using Parley.Runs;
using static Parley.Tests.ChatCompletions.ChatDoor;

namespace Parley.Tests.ChatCompletions;

public sealed class ChatDoorTests
{
    private const string Tools = """[{"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}]""";

    [Fact]
    public async Task An_answer_comes_whole_or_as_a_stream_and_no_conversation_appears()
    {
        await using var door = await OpenAsync(Echoing("echo"));
        var whole = await door.AskAsync("""{"model":"echo-alias","messages":[{"role":"user","content":"hello there"}]}""");
        Assert.Equal("hello there", ContentOf(whole));
        Assert.Equal(("chat.completion", "echo-alias"), (whole.GetProperty("object").GetString(), whole.GetProperty("model").GetString()));

        using var response = await door.SendAsync("""{"model":"echo","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hello there"}]}""");
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("no-cache", response.Headers.CacheControl!.ToString());
        Assert.StartsWith("chatcmpl-", response.Headers.GetValues("parley-run").Single(), StringComparison.Ordinal);
        Assert.False(response.Headers.Contains("parley-conversation"));
        var state = ChatWire.Fold(ChatWire.ReadStream(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)));
        Assert.Equal("hello there", state.Items.Single().Text);
        Assert.Equal(3, state.End!.Usage!.Input);

        Assert.Empty((await door.Store.ListConversationsAsync(new ConversationQuery("local"), TestContext.Current.CancellationToken)).Items);
    }

    [Fact]
    public async Task A_request_by_itself_is_answered_from_its_own_messages()
    {
        await using var door = await OpenAsync(Echoing("history", new EchoOptions { Reply = EchoReply.History }));
        var answer = await door.AskAsync("""{"model":"history","messages":[{"role":"system","content":"s"},{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}""");
        Assert.Equal("system: s\nuser: a\nassistant: b\nuser: c", ContentOf(answer));
    }

    [Fact]
    public async Task In_a_conversation_only_what_is_new_is_added_and_the_stored_history_is_used()
    {
        await using var door = await OpenAsync(Echoing("history", new EchoOptions { Reply = EchoReply.History }), Echoing("echo"));
        using var first = await door.SendAsync("""{"model":"echo","messages":[{"role":"user","content":"a"}]}""", "new");
        var conversation = first.Headers.GetValues("parley-conversation").Single();
        Assert.StartsWith("conv_", conversation, StringComparison.Ordinal);
        await first.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);

        Assert.True(AnyId.TryParse(conversation, out var id));
        foreach (var name in (string[])[conversation, DecimalId.Render(id), HexId.Render(id, id)])
        {
            var answer = await door.AskAsync("""{"model":"history","messages":[{"role":"user","content":"LOST"},{"role":"assistant","content":"LOST"},{"role":"user","content":"b"}]}""", name);
            Assert.StartsWith("user: a\nassistant: a\nuser: b", ContentOf(answer), StringComparison.Ordinal);
            Assert.DoesNotContain("LOST", ContentOf(answer), StringComparison.Ordinal);
        }

        var page = await door.Store.ListMessagesAsync(new MessageQuery { Owner = "local", Conversation = id, Ascending = true }, TestContext.Current.CancellationToken);
        Assert.Equal(8, page.Items.Count);
        var other = await door.AskAsync("""{"model":"echo","messages":[{"role":"user","content":"a"}]}""", conversation, owner: "somebody", status: HttpStatusCode.NotFound);
        Assert.Equal("invalid_request_error", other.GetProperty("error").GetProperty("type").GetString());
        Assert.Equal(("parley-conversation", "conversation_not_found"), (other.GetProperty("error").GetProperty("param").GetString(), other.GetProperty("error").GetProperty("code").GetString()));
        await door.AskAsync("""{"model":"echo","messages":[{"role":"user","content":"a"}]}""", "conv_nonsense", status: HttpStatusCode.NotFound);
        await door.AskAsync("""{"model":"echo","messages":[{"role":"assistant","content":"a"}]}""", conversation, status: HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Outputs_of_tools_go_on_with_the_run_that_waits_for_them()
    {
        await using var door = await OpenAsync(Echoing("caller", new EchoOptions { Tool = "*" }));
        var first = await door.AskAsync($$"""{"model":"caller","tools":{{Tools}},"messages":[{"role":"user","content":"weather?"}]}""");
        Assert.Equal("tool_calls", first.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        var message = first.GetProperty("choices")[0].GetProperty("message");
        var call = message.GetProperty("tool_calls")[0].GetProperty("id").GetString()!;
        var waiting = await door.Store.FindByOpenCallAsync("local", call, TestContext.Current.CancellationToken);
        Assert.NotNull(waiting);

        var second = await door.AskAsync(
            $$"""{"model":"caller","tools":{{Tools}},"messages":[{"role":"user","content":"weather?"},{{message.GetRawText()}},{"role":"tool","tool_call_id":"{{call}}","content":"sunny"}]}""");
        Assert.Equal("sunny", ContentOf(second));
        var chat = await door.Store.ListChatAsync("local", waiting.Chat, TestContext.Current.CancellationToken);
        Assert.Equal([RunStatus.Suspended, RunStatus.Completed], chat.Select(run => run.Status));

        // The same again: nothing waits any more, so it is a request by itself.
        Assert.Equal("sunny", ContentOf(await door.AskAsync(
            $$"""{"model":"caller","tools":{{Tools}},"messages":[{"role":"user","content":"weather?"},{{message.GetRawText()}},{"role":"tool","tool_call_id":"{{call}}","content":"sunny"}]}""")));
    }

    [Fact]
    public async Task Outputs_for_a_conversations_run_go_on_in_the_conversation()
    {
        await using var door = await OpenAsync(Echoing("caller", new EchoOptions { Tool = "weather" }));
        using var first = await door.SendAsync("""{"model":"caller","messages":[{"role":"user","content":"weather?"}]}""", "new");
        var conversation = first.Headers.GetValues("parley-conversation").Single();
        var call = JsonElement.Parse(await first.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).GetProperty("choices")[0].GetProperty("message").GetProperty("tool_calls")[0].GetProperty("id").GetString();

        var unanswered = await door.AskAsync("""{"model":"caller","messages":[{"role":"user","content":"well?"}]}""", conversation, status: HttpStatusCode.BadRequest);
        Assert.Equal(("messages", null), (unanswered.GetProperty("error").GetProperty("param").GetString(), unanswered.GetProperty("error").GetProperty("code").GetString()));
        Assert.Contains(call!, unanswered.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);

        using var second = await door.SendAsync($$"""{"model":"caller","messages":[{"role":"tool","tool_call_id":"{{call}}","content":"rain"}]}""");
        Assert.Equal(conversation, second.Headers.GetValues("parley-conversation").Single());
        Assert.Equal("rain", ContentOf(JsonElement.Parse(await second.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))));
    }

    [Theory]
    [InlineData("{", HttpStatusCode.BadRequest, null, null)]
    [InlineData("""{"messages":[{"role":"user","content":"a"}]}""", HttpStatusCode.BadRequest, "model", "missing_required_parameter")]
    [InlineData("""{"model":"nobody","messages":[{"role":"user","content":"a"}]}""", HttpStatusCode.NotFound, "model", "model_not_found")]
    [InlineData("""{"model":"echo","messages":[{"role":"clown","content":"a"}]}""", HttpStatusCode.BadRequest, "messages[0].role", "invalid_value")]
    [InlineData("""{"model":"echo","stream":true,"messages":[{"role":"clown","content":"a"}]}""", HttpStatusCode.BadRequest, "messages[0].role", "invalid_value")]
    public async Task A_bad_request_is_refused_in_openais_shape(string body, HttpStatusCode status, string? param, string? code)
    {
        await using var door = await OpenAsync(Echoing("echo"));
        var error = (await door.AskAsync(body, status: status)).GetProperty("error");
        Assert.Equal(("invalid_request_error", param, code), (error.GetProperty("type").GetString(), error.GetProperty("param").GetString(), error.GetProperty("code").GetString()));
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_agent_that_refuses_before_its_first_word_is_a_status_not_a_stream(bool stream)
    {
        await using var door = await OpenAsync(Echoing("broken", new EchoOptions { FailAfter = 0 }));
        var error = (await door.AskAsync($$"""{"model":"broken","stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"a"}]}""", status: HttpStatusCode.BadGateway)).GetProperty("error");
        Assert.Equal(("server_error", "echo_failure"), (error.GetProperty("type").GetString(), error.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task An_empty_model_is_the_usual_agent_and_models_are_the_agents()
    {
        await using var door = await OpenAsync(Echoing("b"), Echoing("a"));
        Assert.Equal("a", (await door.AskAsync("""{"model":"","messages":[{"role":"user","content":"x"}]}""")).GetProperty("model").GetString());

        using var list = await door.SendAsync("", method: "GET", path: "/v1/models");
        var models = JsonElement.Parse(await list.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("list", models.GetProperty("object").GetString());
        Assert.Equal(["a", "b"], models.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()));
        using var one = await door.SendAsync("", method: "GET", path: "/v1/models/b-alias");
        Assert.Equal("""{"id":"b","object":"model","created":0,"owned_by":"parley"}""", await one.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        using var none = await door.SendAsync("", method: "GET", path: "/v1/models/c");
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    [Fact]
    public async Task A_client_that_goes_cancels_its_run_and_so_the_peers_work()
    {
        var upstream = new SlowAgent();
        await using var second = await OpenAsync(new Agent("slow", upstream));
        using var client = new UpstreamClient(TimeProvider.System);
        await using var first = await OpenAsync(Remote("remote", second.Url, "slow", client));
        using (var response = await first.SendAsync("""{"model":"remote","stream":true,"messages":[{"role":"user","content":"x"}]}"""))
        {
            await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
            Assert.NotEqual(0, await body.ReadAsync(new byte[1], TestContext.Current.CancellationToken));
        }

        await upstream.Cancelled.WaitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Parley_behind_parley_is_the_same_conversation()
    {
        await using var second = await OpenAsync(
            Echoing("plain", new EchoOptions { Reasoning = "thinking hard", Text = "世界🙂 \"quoted\"\n" }), Echoing("caller", new EchoOptions { Tool = "*" }), Echoing("broken", new EchoOptions { FailAfter = 1 }),
            Echoing("history", new EchoOptions { Reply = EchoReply.History }));
        using var client = new UpstreamClient(TimeProvider.System);
        await using var first = await OpenAsync(
            Remote("plain", second.Url, "plain", client), Remote("caller", second.Url, "caller", client), Remote("broken", second.Url, "broken", client),
            Remote("history", second.Url, "history", client), Remote("nobody", second.Url, "nobody", client));

        var plain = await first.AskAsync("""{"model":"plain","messages":[{"role":"user","content":"x"}]}""");
        Assert.Equal("世界🙂 \"quoted\"\n", ContentOf(plain));
        Assert.Equal("thinking hard", plain.GetProperty("choices")[0].GetProperty("message").GetProperty("reasoning_content").GetString());
        Assert.NotEqual(0, plain.GetProperty("usage").GetProperty("total_tokens").GetInt32());

        var history = await first.AskAsync("""{"model":"history","messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"https://h/i.png"}}]}]}""");
        Assert.Equal("system: s\nuser: a\n[https://h/i.png]", ContentOf(history));

        var call = (await first.AskAsync($$"""{"model":"caller","tools":{{Tools}},"messages":[{"role":"user","content":"x"}]}""")).GetProperty("choices")[0].GetProperty("message");
        var id = call.GetProperty("tool_calls")[0].GetProperty("id").GetString();
        Assert.Equal("""{"city":"text"}""", call.GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString());
        Assert.Equal("ok", ContentOf(await first.AskAsync($$"""{"model":"caller","tools":{{Tools}},"messages":[{"role":"user","content":"x"},{{call.GetRawText()}},{"role":"tool","tool_call_id":"{{id}}","content":"ok"}]}""")));

        var broken = (await first.AskAsync("""{"model":"broken","messages":[{"role":"user","content":"a long enough text"}]}""", status: HttpStatusCode.BadGateway)).GetProperty("error");
        Assert.Equal("echo_failure", broken.GetProperty("code").GetString());
        var nobody = (await first.AskAsync("""{"model":"nobody","messages":[{"role":"user","content":"x"}]}""", status: HttpStatusCode.BadGateway)).GetProperty("error");
        Assert.Equal("model_not_found", nobody.GetProperty("code").GetString());
    }

    private sealed class SlowAgent : IAgent
    {
        private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Cancelled => _cancelled.Task;

        public async IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return new RunStarted();
            yield return new ItemStarted(0, new MessageItem(Role.Assistant));
            yield return new PartStarted(0, 0, PartKind.Text);
            yield return new PartDelta(0, 0, "one moment");
            using (cancellationToken.Register(_cancelled.SetResult)) await Task.Delay(Timeout.Infinite, cancellationToken);
        }
    }
}
