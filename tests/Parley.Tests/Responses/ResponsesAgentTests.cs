using System.Text;
using System.Text.Json;
using Parley.Agents;
using Parley.AspNetCore.Configuration.Agents;
using Parley.Conversations;
using Parley.Protocols.Responses;
using Parley.Protocols.Upstream;
using Parley.Runs;
using Parley.Tests.Upstream;

namespace Parley.Tests.Responses;

/// <summary>A Responses agent and a peer that says exactly what a test tells it to.</summary>
public sealed class ResponsesAgentTests
{
    private const string Begin = "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_9\",\"model\":\"m\"}}\n\n";
    private const string End = "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_9\",\"output\":[{\"id\":\"m1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"Hi\"}]}]}}\n\n";
    private const string Good = ScriptedPeer.StreamHead + Begin + End;

    private static readonly ResponsesAgentOptions Model = new() { Url = new("http://x"), Model = "m", Key = "sk-own-key" };
    private static readonly ResponsesAgentOptions Foundry = Model with { Model = null, Agent = new AgentRef("helper", "2") };
    private static readonly RawJson Handles = new("""{"response":"resp_8","conversation":"conv_8"}""");

    private static string Made => ScriptedPeer.Answer("200 OK", "{\"id\":\"conv_5\",\"object\":\"conversation\"}");

    [Theory]
    [InlineData("/v1", "/v1/responses")]
    [InlineData("/v1/", "/v1/responses")]
    [InlineData("/v1/responses", "/v1/responses")]
    [InlineData("/openai?api-version=2025-11-15-preview", "/openai/responses?api-version=2025-11-15-preview")]
    public async Task The_base_address_may_end_as_it_likes_and_keeps_its_query(string path, string called)
    {
        await using var peer = ScriptedPeer.Answering(Good);
        Assert.IsType<RunCompleted>((await RunAsync(peer, Ask(), Model, path))[^1]);
        Assert.StartsWith($"POST {called} HTTP/1.1\r\n", peer.Requests.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_is_told_everything_the_first_time_and_then_what_is_new()
    {
        await using var peer = ScriptedPeer.Answering(Good);
        var asked = Ask(InputItem.Said(Role.User, "one"), InputItem.Said(Role.Assistant, "two"), InputItem.Said(Role.User, "three"));
        var first = await RunAsync(peer, asked, Model);
        Assert.Equal("resp_9", ResponsesUpstream.Of(first.OfType<RunStarted>().Single().Upstream)!.Response);
        Assert.Equal(
            """{"model":"m","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"one"}]},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"two","annotations":[]}]},{"type":"message","role":"user","content":[{"type":"input_text","text":"three"}]}],"stream":true,"store":true}""",
            BodyOf(peer.Requests[0]).GetRawText());
        await RunAsync(peer, asked with { Upstream = Handles, UnseenCount = 1, IsBranch = true }, Model);
        Assert.Equal(("resp_8", 1), (BodyOf(peer.Requests[1]).GetProperty("previous_response_id").GetString(), BodyOf(peer.Requests[1]).GetProperty("input").GetArrayLength()));
    }

    [Fact]
    public async Task A_peer_that_has_lost_the_chain_is_told_everything()
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.Answer("400 Bad Request", "{\"error\":{\"message\":\"gone\",\"type\":\"invalid_request_error\",\"param\":\"previous_response_id\",\"code\":\"previous_response_not_found\"}}"), Good);
        var asked = Ask(InputItem.Said(Role.User, "one"), InputItem.Said(Role.User, "two")) with { Upstream = Handles, UnseenCount = 1 };
        Assert.IsType<RunCompleted>((await RunAsync(peer, asked, Model))[^1]);
        Assert.False(BodyOf(peer.Requests[1]).TryGetProperty("previous_response_id", out _));
        Assert.Equal(2, BodyOf(peer.Requests[1]).GetProperty("input").GetArrayLength());
    }

    [Fact]
    public async Task A_peer_that_keeps_nothing_is_told_everything_each_time()
    {
        await using var peer = ScriptedPeer.Answering(Good);
        await RunAsync(peer, Ask(InputItem.Said(Role.User, "one"), InputItem.Said(Role.User, "two")) with { Upstream = Handles, UnseenCount = 1 }, Model with { Store = false });
        var body = BodyOf(peer.Requests.Single());
        Assert.False(body.GetProperty("store").GetBoolean());
        Assert.Equal(2, body.GetProperty("input").GetArrayLength());
        Assert.Equal("reasoning.encrypted_content", body.GetProperty("include")[0].GetString());
    }

    [Fact]
    public async Task An_agent_is_asked_in_a_conversation_that_is_made_once()
    {
        await using var peer = ScriptedPeer.Answering(Made, Good);
        var first = await RunAsync(peer, Ask(), Foundry);
        Assert.StartsWith("POST /v1/conversations HTTP/1.1\r\n", peer.Requests[0], StringComparison.Ordinal);
        Assert.Contains("Authorization: Bearer sk-own-key\r\n", peer.Requests[0], StringComparison.Ordinal);
        var upstream = first.OfType<RunStarted>().Single().Upstream;
        Assert.Equal(new ResponsesUpstream("resp_9", "conv_5"), ResponsesUpstream.Of(upstream));
        Assert.Equal("""{"type":"agent_reference","name":"helper","version":"2"}""", BodyOf(peer.Requests[1]).GetProperty("agent_reference").GetRawText());

        await RunAsync(peer, Ask() with { Upstream = upstream, UnseenCount = 1 }, Foundry);
        Assert.Equal("conv_5", BodyOf(peer.Requests[2]).GetProperty("conversation").GetString());
    }

    [Fact]
    public async Task A_branch_of_an_agents_conversation_begins_another()
    {
        await using var peer = ScriptedPeer.Answering(Made, Good);
        await RunAsync(peer, Ask() with { Upstream = Handles, UnseenCount = 1, IsBranch = true }, Foundry);
        Assert.Equal("conv_5", BodyOf(peer.Requests[1]).GetProperty("conversation").GetString());
    }

    [Fact]
    public async Task Foundrys_preview_hears_its_own_word_for_an_agent()
    {
        await using var peer = ScriptedPeer.Answering(Made, Good);
        await RunAsync(peer, Ask(), Foundry, "/openai?api-version=2025-11-15-preview");
        Assert.True(BodyOf(peer.Requests[1]).TryGetProperty("agent", out _));
        Assert.False(BodyOf(peer.Requests[1]).TryGetProperty("agent_reference", out _));
    }

    [Fact]
    public async Task What_a_client_of_another_protocol_asks_is_written_in_this_ones_words()
    {
        await using var peer = ScriptedPeer.Answering(Good);
        var request = new ModelRequest
        {
            Instructions = "Be brief.",
            Tools = [new ToolDefinition("f", "does", new RawJson("""{"type":"object"}"""))],
            ToolChoice = new RawJson("""{"type":"function","function":{"name":"f"}}"""),
            ResponseFormat = new RawJson("""{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"object"}}}"""),
            Temperature = 0.5,
            MaxOutputTokens = 9,
            ReasoningEffort = "low",
            Variables = [new("name", "Ada")],
        };
        await RunAsync(peer, Ask() with { Run = ResponsesWire.Header() with { Request = request } }, Model with { Instructions = "You help {{name}}." });
        Assert.EndsWith(
            """
            "instructions":"You help Ada.\n\nBe brief.","tools":[{"type":"function","name":"f","description":"does","parameters":{"type":"object"},"strict":false}],"tool_choice":{"type":"function","name":"f"},"temperature":0.5,"max_output_tokens":9,"text":{"format":{"type":"json_schema","name":"s","schema":{"type":"object"}}},"reasoning":{"effort":"low"}}
            """,
            BodyOf(peer.Requests.Single()).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_only_this_protocol_has_passes_as_it_was_sent()
    {
        await using var peer = ScriptedPeer.Answering(Good);
        var leftover = new Leftover(Protocol.Responses, new RawJson("""{"tools":[{"type":"web_search"}],"truncation":"auto","model":"no","text":{"verbosity":"low"}}"""));
        await RunAsync(peer, Ask() with { Run = ResponsesWire.Header() with { Request = new ModelRequest { Leftover = leftover, ResponseFormat = new RawJson("""{"type":"json_object"}""") } } }, Model);
        var body = BodyOf(peer.Requests.Single());
        Assert.Equal("""[{"type":"web_search"}]""", body.GetProperty("tools").GetRawText());
        Assert.Equal(("m", "auto", "{\"verbosity\":\"low\"}"), (body.GetProperty("model").GetString(), body.GetProperty("truncation").GetString(), body.GetProperty("text").GetRawText()));
    }

    [Fact]
    public async Task Outputs_and_approvals_reach_the_peer_under_its_own_ids()
    {
        await using var peer = ScriptedPeer.Answering(Good);
        var asked = Ask(
            new InputItem(new ToolCallItem("call_1", "f", RunBy.Client), [new(PartKind.Input, "{}")]),
            new InputItem(new ToolCallItem("call_2", "g", RunBy.Client, Freeform: true), [new(PartKind.Input, "ls")]),
            new InputItem(new ApprovalRequestItem("h"), [new(PartKind.Input, "{}")]) { SourceId = "mcpr_theirs" },
            InputItem.Output("call_1", "one"),
            InputItem.Output("call_2", "two"),
            new InputItem(new ApprovalReplyItem(new Id(24), true, "fine"), default));
        await RunAsync(peer, asked with { Upstream = Handles, UnseenCount = 3, InputCount = 3 }, Model);
        Assert.Equal(
            """[{"type":"function_call_output","call_id":"call_1","output":"one"},{"type":"custom_tool_call_output","call_id":"call_2","output":"two"},{"type":"mcp_approval_response","approval_request_id":"mcpr_theirs","approve":true,"reason":"fine"}]""",
            BodyOf(peer.Requests.Single()).GetProperty("input").GetRawText());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_peer_whose_request_for_leave_got_no_answer_is_asked_anew(bool isAgent)
    {
        await using var peer = isAgent ? ScriptedPeer.Answering(Made, Good) : ScriptedPeer.Answering(Good);
        var asked = Ask(InputItem.Said(Role.User, "one"), new InputItem(new ApprovalRequestItem("h"), [new(PartKind.Input, "{}")]) { SourceId = "mcpr_theirs" }, InputItem.Said(Role.User, "why?"));
        var waiting = asked.Run with { End = new RunSuspended([new Approve(0)]) };
        await RunAsync(peer, asked with { Upstream = Handles, UnseenCount = 1, Continues = waiting }, isAgent ? Foundry : Model);
        var body = BodyOf(peer.Requests[^1]);
        Assert.False(body.TryGetProperty("previous_response_id", out _));
        Assert.Equal(["one", "why?"], body.GetProperty("input").EnumerateArray().Select(item => item.GetProperty("content")[0].GetProperty("text").GetString()));
    }

    [Fact]
    public async Task A_call_that_was_never_answered_is_not_sent_though_its_id_was_answered_before()
    {
        await using var peer = ScriptedPeer.Answering(Good);
        static InputItem Call(string arguments) => new(new ToolCallItem("call_1", "f", RunBy.Client), [new(PartKind.Input, arguments)]);
        await RunAsync(peer, Ask(Call("first"), InputItem.Output("call_1", "one"), Call("second"), InputItem.Said(Role.User, "never mind")), Model);
        var input = BodyOf(peer.Requests.Single()).GetProperty("input");
        Assert.Equal(["function_call", "function_call_output", "message"], input.EnumerateArray().Select(item => item.GetProperty("type").GetString()));
        Assert.Equal("first", input[0].GetProperty("arguments").GetString());
    }

    [Fact]
    public async Task Files_of_the_store_are_sent_within_the_request()
    {
        await using var peer = ScriptedPeer.Answering(Good);
        var asked = Ask(new InputItem(new MessageItem(Role.User),
        [
            new(PartKind.Text, "See"), new(PartKind.Media, Media: new(File: new Id(80), MediaType: "file")), new(PartKind.Media, Media: new("https://x.example/a.png", MediaType: "image/png")),
        ])) with
        {
            Files = (owner, file, _) => ValueTask.FromResult<OpenedFile?>(
                new(new StoredFile(file, owner, "a.pdf", "application/pdf", 5, DateTimeOffset.UnixEpoch), new MemoryStream(Encoding.UTF8.GetBytes("hello")))),
        };
        await RunAsync(peer, asked, Model);
        Assert.Equal(
            """[{"type":"input_text","text":"See"},{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,aGVsbG8="},{"type":"input_image","image_url":"https://x.example/a.png","detail":"auto"}]""",
            BodyOf(peer.Requests.Single()).GetProperty("input")[0].GetProperty("content").GetRawText());
    }

    [Fact]
    public async Task A_pending_question_suspends_and_is_answered_in_the_same_conversation()
    {
        var asks = ScriptedPeer.StreamHead + ResponsesWire.Write(
        [
            new RunStarted(), new ItemStarted(0, new WorkflowActionItem("Question", "ask")), new ItemStarted(1, new MessageItem(Role.Assistant)), new PartStarted(1, 0, PartKind.Text),
            new PartDelta(1, 0, "Name?"), new PartCompleted(1, 0), new ItemCompleted(1), new RunSuspended([new AnswerQuestion(0, 1)]),
        ], ResponsesWire.Header(new ResponsesRendering { ShowsAgent = true, ShowsConversation = true }, "workflow"));
        await using var peer = ScriptedPeer.Answering(Made, asks, Good);
        var first = await RunAsync(peer, Ask(), Foundry);
        var suspended = Assert.IsType<RunSuspended>(first[^1]);
        Assert.Equal([new AnswerQuestion(0, 1)], suspended.Required);
        await RunAsync(peer, Ask(InputItem.Said(Role.User, "Ada")) with { Upstream = first.OfType<RunStarted>().Single().Upstream, UnseenCount = 1 }, Foundry);
        Assert.Equal("conv_5", BodyOf(peer.Requests[2]).GetProperty("conversation").GetString());
    }

    [Fact]
    public async Task A_refused_token_is_asked_for_again_once()
    {
        var given = 0;
        using var token = new TokenSource(_ => Task.FromResult(new Token($"token-{++given}", DateTimeOffset.MaxValue)), TimeProvider.System);
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.Answer("401 Unauthorized", "{}"), Good, ScriptedPeer.Answer("401 Unauthorized", "{}"));
        var options = Model with { Key = null, Token = token };
        Assert.IsType<RunCompleted>((await RunAsync(peer, Ask(), options))[^1]);
        Assert.Contains("Authorization: Bearer token-2\r\n", peer.Requests[1], StringComparison.Ordinal);
        var error = Assert.IsType<RunFailed>((await RunAsync(peer, Ask(), options))[^1]).Error;
        Assert.Equal((ErrorSide.Agent, ErrorCause.Unauthorised), (error.Side, error.Cause));
        Assert.Equal(4, peer.Requests.Count);
    }

    [Theory]
    [InlineData("printf abc", "abc")]
    [InlineData("echo abc; echo noise >&2", "abc")]
    public async Task A_token_is_what_its_command_writes(string command, string token)
        => Assert.Equal(token, (await new TokenCommand(command, TimeProvider.System).RunAsync(TestContext.Current.CancellationToken)).Text);

    [Theory]
    [InlineData("echo secret; exit 3", "The agent's token command ended with code 3.")]
    [InlineData("echo secret; echo two", "The agent's token command did not write one line with a token.")]
    [InlineData("true", "The agent's token command did not write one line with a token.")]
    public async Task A_command_that_gives_no_token_fails_and_its_output_is_in_no_error(string command, string message)
    {
        var error = (await Assert.ThrowsAsync<RunException>(() => new TokenCommand(command, TimeProvider.System).RunAsync(TestContext.Current.CancellationToken))).Error;
        Assert.Equal((message, ErrorCause.Unauthorised), (error.Message, error.Cause));
    }

    [Fact]
    public void A_tokens_end_is_read_from_it_where_it_tells()
    {
        var body = Convert.ToBase64String("{\"exp\":1795179600}"u8).TrimEnd('=');
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1795179600), TokenCommand.EndOf($"h.{body}.s"));
        Assert.Null(TokenCommand.EndOf("opaque"));
        Assert.Null(TokenCommand.EndOf("a.!.c"));
    }

    // The last item alone is the input.
    private static AgentRequest Ask(params InputItem[] items)
    {
        if (items.Length == 0) items = [InputItem.Said(Role.User, "Hello")];
        IReadOnlyList<Message> context = [.. items.Select((item, index) => item.ToMessage(new Id(8 * (index + 1)), new Id(8), default, DateTimeOffset.UnixEpoch))];
        return new AgentRequest { Run = ResponsesWire.Header() with { Exclusive = true }, Context = context, InputCount = 1, UnseenCount = context.Count };
    }

    private static JsonElement BodyOf(string request) => JsonElement.Parse(request[request.IndexOf('{', StringComparison.Ordinal)..]);

    private static async Task<List<RunEvent>> RunAsync(ScriptedPeer peer, AgentRequest asked, ResponsesAgentOptions options, string path = "/v1")
    {
        using var client = new UpstreamClient(TimeProvider.System);
        var agent = new ResponsesAgent(options with { Url = new Uri(peer.Url.GetLeftPart(UriPartial.Authority) + path) }, client);
        var events = new List<RunEvent>();
        await foreach (var @event in agent.RunAsync(asked, TestContext.Current.CancellationToken)) events.Add(@event);
        return events;
    }
}
