using Parley.Agents;
using Parley.Conversations;
using Parley.Protocols.Coze;
using Parley.Protocols.Upstream;
using Parley.Runs;
using Parley.Tests.Upstream;

namespace Parley.Tests.Coze;

/// <summary>An agent that is a workflow which remembers nothing.</summary>
public sealed class CozeWorkflowAgentTests
{
    private const string Answered = ScriptedPeer.StreamHead
        + "id: 0\nevent: Message\ndata: {\"content\":\"{\\\"output\\\":\\\"Sunny\\\"}\",\"node_title\":\"\",\"node_seq_id\":\"0\",\"node_is_finish\":true}\n\nid: 1\nevent: Done\ndata: {}\n\n";

    [Fact]
    public async Task The_users_last_words_are_a_parameter_beside_the_files_and_below_the_requests()
    {
        await using var peer = ScriptedPeer.Answering(Answered);
        var asked = Ask(InputItem.Said(Role.User, "one"), InputItem.Said(Role.Assistant, "two"), InputItem.Said(Role.User, "Ulm?"));
        var events = await RunAsync(peer, asked with { Run = asked.Run with { Request = new ModelRequest { User = "me", Parameters = new("""{"unit":"K"}""") } } });
        Assert.Equal("Sunny", events.OfType<PartDelta>().Single().Text);
        Assert.StartsWith("POST /v1/workflow/stream_run HTTP/1.1\r\n", peer.Requests.Single(), StringComparison.Ordinal);
        Assert.EndsWith("""{"workflow_id":"75","bot_id":"73","parameters":{"unit":"K","query":"Ulm?"},"ext":{"user_id":"me"}}""", peer.Requests.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupt_is_answered_by_the_next_message()
    {
        await using var peer = ScriptedPeer.Answering(
            ScriptedPeer.StreamHead + "id: 0\nevent: Interrupt\ndata: {\"interrupt_data\":{\"event_id\":\"1/2\",\"type\":2,\"data\":\"\"},\"node_title\":\"Where to?\"}\n\n", Answered);
        var suspended = Assert.IsType<RunSuspended>((await RunAsync(peer, Ask(InputItem.Said(Role.User, "Weather?"))))[^1]);
        var before = CozeRuns.Header() with { Status = RunStatus.Suspended, End = suspended };
        Assert.IsType<RunCompleted>((await RunAsync(peer, Ask(InputItem.Said(Role.User, "To Ulm")) with { Continues = before }))[^1]);
        Assert.StartsWith("POST /v1/workflow/stream_resume HTTP/1.1\r\n", peer.Requests[1], StringComparison.Ordinal);
        Assert.EndsWith("""{"workflow_id":"75","event_id":"1/2","interrupt_type":2,"resume_data":"To Ulm"}""", peer.Requests[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_before_the_stream_fails_the_run()
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.Answer("200 OK", "{\"code\":4200,\"msg\":\"not published\"}"));
        var failed = Assert.IsType<RunFailed>(Assert.Single(await RunAsync(peer, Ask(InputItem.Said(Role.User, "x")))));
        Assert.Equal((ErrorSide.Agent, ErrorCause.NotFound, "not published"), (failed.Error.Side, failed.Error.Cause, failed.Error.Message));
    }

    [Fact]
    public async Task A_file_cannot_be_sent()
    {
        await using var peer = ScriptedPeer.Answering(Answered);
        var file = new InputItem(new MessageItem(Role.User), [new(PartKind.Media, Media: new("https://h/a.png", MediaType: "image"))]);
        Assert.Equal("unsupported_media", (await Assert.ThrowsAsync<RunException>(() => RunAsync(peer, Ask(file)))).Error.Code);
    }

    private static AgentRequest Ask(params InputItem[] items)
    {
        IReadOnlyList<Message> context = [.. items.Select((item, index) => item.ToMessage(new Id(8 * (index + 1)), new Id(8), default, DateTimeOffset.UnixEpoch))];
        return new AgentRequest { Run = CozeRuns.Header(), Context = context, InputCount = 1, UnseenCount = context.Count };
    }

    private static async Task<List<RunEvent>> RunAsync(ScriptedPeer peer, AgentRequest asked)
    {
        using var client = new UpstreamClient(TimeProvider.System);
        var options = new CozeAgentOptions { Url = peer.Url, WorkflowId = "75", BotId = "73", Input = "query", Parameters = new("""{"unit":"C"}""") };
        var events = new List<RunEvent>();
        await foreach (var @event in new CozeWorkflowAgent(options, client).RunAsync(asked, TestContext.Current.CancellationToken)) events.Add(@event);
        return events;
    }
}
