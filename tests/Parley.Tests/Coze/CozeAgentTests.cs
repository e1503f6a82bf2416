using System.Text;
using Parley.Agents;
using Parley.Conversations;
using Parley.Protocols.Coze;
using Parley.Protocols.Upstream;
using Parley.Runs;
using Parley.Tests.Upstream;

namespace Parley.Tests.Coze;

/// <summary>A Coze agent and a peer that says exactly what a test tells it to.</summary>
public sealed class CozeAgentTests
{
    private const string Created = "event:conversation.chat.created\ndata:{\"id\":\"91\",\"conversation_id\":\"90\",\"status\":\"created\"}\n\n";
    private const string Answer = "event:conversation.message.delta\ndata:{\"id\":\"6\",\"role\":\"assistant\",\"type\":\"answer\",\"content\":\"Hi\",\"content_type\":\"text\"}\n\n";
    private const string Completed = "event:conversation.chat.completed\ndata:{\"id\":\"91\",\"conversation_id\":\"90\",\"status\":\"completed\",\"usage\":{\"token_count\":9,\"output_count\":4,\"input_count\":5}}\n\n";
    private const string Done = "event:done\ndata:\"[DONE]\"\n\n";
    private const string Good = ScriptedPeer.StreamHead + Created + Answer + Completed + Done;

    private static readonly RawJson Handles = new("""{"chat_id":"91","conversation_id":"90"}""");

    [Theory]
    [InlineData("", "/v3/chat")]
    [InlineData("/", "/v3/chat")]
    [InlineData("/coze/", "/coze/v3/chat")]
    [InlineData("/v3/chat", "/v3/chat")]
    [InlineData("/v1", "/v3/chat")]
    public async Task The_base_address_may_end_as_it_likes(string path, string called)
    {
        await using var peer = ScriptedPeer.Answering(Good);
        Assert.IsType<RunCompleted>((await RunAsync(peer, Ask(), path: path))[^1]);
        Assert.StartsWith($"POST {called} HTTP/1.1\r\n", peer.Requests.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_known_conversation_is_continued()
    {
        await using var peer = ScriptedPeer.Answering(Good);
        await RunAsync(peer, Ask() with { Upstream = Handles, UnseenCount = 1 });
        Assert.StartsWith("POST /v3/chat?conversation_id=90 HTTP/1.1\r\n", peer.Requests.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_branch_begins_a_conversation_of_its_own()
    {
        await using var peer = ScriptedPeer.Answering(Good);
        await RunAsync(peer, Ask() with { Upstream = Handles, UnseenCount = 1, IsBranch = true });
        Assert.StartsWith("POST /v3/chat HTTP/1.1\r\n", peer.Requests.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_peer_has_lost_the_conversation_it_is_told_everything_in_a_new_one()
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.Answer("200 OK", "{\"code\":\"4001\",\"msg\":\"gone\"}\n"), Good);
        var asked = Ask(InputItem.Said(Role.User, "one"), InputItem.Said(Role.Assistant, "two"), InputItem.Said(Role.User, "three"));
        Assert.IsType<RunCompleted>((await RunAsync(peer, asked with { Upstream = Handles, UnseenCount = 1 }))[^1]);
        Assert.DoesNotContain("\"one\"", peer.Requests[0], StringComparison.Ordinal);
        Assert.StartsWith("POST /v3/chat HTTP/1.1\r\n", peer.Requests[1], StringComparison.Ordinal);
        Assert.Contains("\"one\"", peer.Requests[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outputs_go_to_the_waiting_chat_under_the_peers_own_ids()
    {
        var id = new string('B', 90);
        var action = $"event:conversation.chat.requires_action\ndata:{{\"id\":\"91\",\"conversation_id\":\"90\",\"required_action\":{{\"submit_tool_outputs\":{{\"tool_calls\":[{{\"id\":\"{id}\",\"type\":\"function\",\"function\":{{\"name\":\"f\",\"arguments\":\"{{}}\"}}}}]}}}},\"usage\":{{\"token_count\":3,\"output_count\":1,\"input_count\":2}}}}\n\n";
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.StreamHead + Created + action + Done, ScriptedPeer.StreamHead + Answer + Completed + Done);
        var first = await RunAsync(peer, Ask());
        var call = (ToolCallItem)first.OfType<ItemStarted>().Single().Head;
        var suspended = (RunSuspended)first[^1];
        Assert.InRange(call.CallId.Length, 1, 64);
        Assert.Equal(new Usage(2, 1), suspended.Usage);

        var before = CozeRuns.Header() with { Status = RunStatus.Suspended, End = suspended, Upstream = Handles };
        var second = await RunAsync(peer, Ask(InputItem.Output(call.CallId, "rain \"x\"")) with { Continues = before, Upstream = Handles, UnseenCount = 1 });
        Assert.StartsWith("POST /v3/chat/submit_tool_outputs?conversation_id=90&chat_id=91 HTTP/1.1\r\n", peer.Requests[1], StringComparison.Ordinal);
        Assert.EndsWith($$"""{"tool_outputs":[{"tool_call_id":"{{id}}","output":"rain \"x\""}],"stream":true}""", peer.Requests[1], StringComparison.Ordinal);

        // The peer tells the sum of the chat, and not again which chat it is.
        Assert.Equal(new RunCompleted(FinishReason.Stop, new Usage(3, 3)), second[^1]);
        Assert.Equal(("90", "91"), HandlesOf(second));
    }

    [Fact]
    public async Task An_answer_to_a_question_is_the_next_message_of_the_same_conversation()
    {
        await using var peer = ScriptedPeer.Answering(Good);
        var before = CozeRuns.Header() with { Status = RunStatus.Suspended, End = new RunSuspended([new AnswerQuestion(1, 0)]), Upstream = Handles };
        await RunAsync(peer, Ask() with { Continues = before, Upstream = Handles, UnseenCount = 1 });
        Assert.StartsWith("POST /v3/chat?conversation_id=90 HTTP/1.1\r\n", peer.Requests.Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("200 OK", "{\"code\":4100,\"msg\":\"sk-own-key is wrong\"}", ErrorCause.Unauthorised, "4100", "The agent's server refused the agent's key.")]
    [InlineData("401 Unauthorized", "{\"code\":401,\"msg\":\"missing session_key in cookie\"}", ErrorCause.Unauthorised, null, "The agent's server refused the agent's key.")]
    [InlineData("200 OK", "{\"code\":\"4013\",\"msg\":\"slow down\"}\n", ErrorCause.Limit, "4013", "slow down")]
    [InlineData("200 OK", "\r\n{\"code\":4016,\"msg\":\"busy\"}", ErrorCause.Busy, "4016", "busy")]
    [InlineData("400 Bad Request", "{\"code\":400,\"msg\":\"bot_id is required\"}", ErrorCause.Rejected, null, "bot_id is required")]
    [InlineData("400 Bad Request", "invalid request", ErrorCause.Rejected, null, "invalid request")]
    [InlineData("500 Internal Server Error", "panic: nil pointer", ErrorCause.Unavailable, null, "The agent failed.")]
    [InlineData("429 Too Many Requests", "{\"code\":4020,\"msg\":\"rpm\"}", ErrorCause.Limit, "4020", "rpm")]
    [InlineData("200 OK", "{\"code\":0,\"data\":{\"id\":\"91\"}}", ErrorCause.Malformed, "malformed_stream", "The agent's server did not answer with a stream.")]
    public async Task A_refusal_before_the_stream_is_read_in_every_form(string status, string body, ErrorCause cause, string? code, string message)
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.Answer(status, body));
        var failed = Assert.IsType<RunFailed>(Assert.Single(await RunAsync(peer, Ask(), retries: 0)));
        Assert.Equal((ErrorSide.Agent, cause, code, message), (failed.Error.Side, failed.Error.Cause, failed.Error.Code, failed.Error.Message));
    }

    [Theory]
    [InlineData(ErrorCause.Unauthorised, "4100", 5000)]
    [InlineData(ErrorCause.Unauthorised, "700012006", 5000)]
    [InlineData(ErrorCause.Busy, "4016", 4016)]
    [InlineData(ErrorCause.Limit, "4013", 4013)]
    public void A_peers_quarrel_with_our_key_is_none_with_the_clients(ErrorCause cause, string code, int told)
        => Assert.Equal(told, CozeErrors.CodeOf(new RunError(ErrorSide.Agent, cause, "x", true, code)));

    [Fact]
    public async Task A_run_that_is_cancelled_is_ended_at_the_peer_too_and_the_next_one_waits_for_that()
    {
        var (cancelled, answer) = (new TaskCompletionSource<string>(), new TaskCompletionSource());
        await using var peer = new ScriptedPeer(
            async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.SendAsync(ScriptedPeer.StreamHead + Created + Answer);
                await connection.UntilClosedAsync();
            },
            async connection =>
            {
                cancelled.SetResult((await connection.ReadRequestAsync())!);
                await answer.Task;
                await connection.SendAsync(ScriptedPeer.Answer("200 OK", "{\"ChatV3ChatDetail\":{\"id\":\"91\",\"status\":\"conversation.chat.cancelled\"}}"));
            },
            async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.SendAsync(Good);
            });
        using var client = new UpstreamClient(TimeProvider.System);
        var agent = new CozeAgent(new CozeAgentOptions { Url = new Uri(peer.Url, "/"), BotId = "73" }, client);
        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var @event in agent.RunAsync(Ask(), cancel.Token))
                if (@event is PartDelta) await cancel.CancelAsync();
        });
        var request = await cancelled.Task;
        Assert.StartsWith("POST /v3/chat/cancel HTTP/1.1\r\n", request, StringComparison.Ordinal);
        Assert.EndsWith("{\"conversation_id\":\"90\",\"chat_id\":\"91\"}", request, StringComparison.Ordinal);

        await using var next = agent.RunAsync(Ask() with { Upstream = Handles, UnseenCount = 1 }, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var first = next.MoveNextAsync();
        Assert.False(first.IsCompleted);
        answer.SetResult();
        Assert.True(await first);
        Assert.Equal(3, peer.Connections);
    }

    [Fact]
    public async Task A_chat_whose_connection_breaks_is_not_left_running()
    {
        var cancelled = new TaskCompletionSource<string>();
        await using var peer = new ScriptedPeer(
            async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.SendAsync(ScriptedPeer.StreamHead + Created + Answer);
            },
            async connection => cancelled.SetResult((await connection.ReadRequestAsync())!));
        Assert.IsType<RunFailed>((await RunAsync(peer, Ask()))[^1]);
        Assert.StartsWith("POST /v3/chat/cancel", await cancelled.Task, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_are_given_to_the_peer_first_and_named_by_its_ids()
    {
        await using var peer = ScriptedPeer.Answering(
            ScriptedPeer.Answer("200 OK", "{\"code\":0,\"data\":{\"id\":\"501\"}}"), ScriptedPeer.Answer("200 OK", "{\"code\":0,\"data\":{\"id\":502}}"), Good);
        var asked = Ask(new InputItem(new MessageItem(Role.User),
        [
            new(PartKind.Text, "See"), new(PartKind.Media, Media: new(File: new Id(80), MediaType: "text/plain")),
            new(PartKind.Media, Media: new("data:image/png;base64,iVBORw==", MediaType: "image/png")),
        ])) with
        {
            Files = (owner, file, _) => ValueTask.FromResult<OpenedFile?>(
                new(new StoredFile(file, owner, "größe \"1\".txt", "text/plain", 5, DateTimeOffset.UnixEpoch), new MemoryStream(Encoding.UTF8.GetBytes("hello")))),
        };
        Assert.IsType<RunCompleted>((await RunAsync(peer, asked))[^1]);
        Assert.StartsWith("POST /v1/files/upload HTTP/1.1\r\n", peer.Requests[0], StringComparison.Ordinal);
        Assert.Contains("name=\"file\"; filename=\"größe %221%22.txt\"\r\nContent-Type: text/plain\r\n\r\nhello\r\n--", peer.Requests[0], StringComparison.Ordinal);
        Assert.Contains("filename=\"file.png\"\r\nContent-Type: image/png\r\n", peer.Requests[1], StringComparison.Ordinal);
        Assert.Contains(
            "[{\\\"type\\\":\\\"text\\\",\\\"text\\\":\\\"See\\\"},{\\\"type\\\":\\\"file\\\",\\\"file_id\\\":\\\"501\\\"},{\\\"type\\\":\\\"image\\\",\\\"file_id\\\":\\\"502\\\"}]\",\"content_type\":\"object_string\"",
            peer.Requests[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_gone_is_an_error_now_and_a_remark_later()
    {
        await using var peer = ScriptedPeer.Answering(Good);
        var file = new InputItem(new MessageItem(Role.User), [new(PartKind.Text, "See"), new(PartKind.Media, Media: new(File: new Id(80), MediaType: "file", Name: "a.txt"))]);
        var error = (await Assert.ThrowsAsync<RunException>(() => RunAsync(peer, Ask(file)))).Error;
        Assert.Equal((ErrorSide.Client, "unsupported_media"), (error.Side, error.Code));
        await RunAsync(peer, Ask(file, InputItem.Said(Role.User, "And?")));
        Assert.Contains("[a.txt]", peer.Requests.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_the_peer_refuses_fails_with_the_peers_reason()
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.Answer("200 OK", "{\"code\":4303,\"msg\":\"format\"}"));
        var asked = Ask(new InputItem(new MessageItem(Role.User), [new(PartKind.Media, Media: new("data:a/b;base64,AA==", MediaType: "file"))]));
        var error = (await Assert.ThrowsAsync<RunException>(() => RunAsync(peer, asked))).Error;
        Assert.Equal((ErrorSide.Agent, ErrorCause.Rejected, "4303", "format"), (error.Side, error.Cause, error.Code, error.Message));
    }

    private static (string?, string?) HandlesOf(List<RunEvent> events)
        => CozeHandles.Of(events.OfType<RunStarted>().Single().Upstream) is { } handles ? (handles.Conversation, handles.Chat) : default;

    // The last item alone is the input.
    private static AgentRequest Ask(params InputItem[] items)
    {
        if (items.Length == 0) items = [InputItem.Said(Role.User, "Hello")];
        IReadOnlyList<Message> context = [.. items.Select((item, index) => item.ToMessage(new Id(8 * (index + 1)), new Id(8), default, DateTimeOffset.UnixEpoch))];
        return new AgentRequest { Run = CozeRuns.Header() with { Exclusive = true }, Context = context, InputCount = 1, UnseenCount = context.Count };
    }

    private static async Task<List<RunEvent>> RunAsync(ScriptedPeer peer, AgentRequest asked, string path = "", int retries = 2)
    {
        using var client = new UpstreamClient(TimeProvider.System);
        var agent = new CozeAgent(new CozeAgentOptions { Url = new Uri(peer.Url.GetLeftPart(UriPartial.Authority) + path), BotId = "73", Key = "sk-own-key", Retries = retries }, client);
        var events = new List<RunEvent>();
        await foreach (var @event in agent.RunAsync(asked, TestContext.Current.CancellationToken)) events.Add(@event);
        return events;
    }
}
