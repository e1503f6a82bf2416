using System.Text.Json;
using Parley.Agents;
using Parley.Protocols.Tongyi;
using Parley.Protocols.Upstream;
using Parley.Runs;
using Parley.Tests.AgentFiles;
using Parley.Tests.Upstream;

namespace Parley.Tests.Tongyi;

/// <summary>A Tongyi agent and a peer that says exactly what a test tells it to.</summary>
public sealed class TongyiAgentTests
{
    private static readonly string Good = ScriptedPeer.StreamHead + Sse(TongyiWire.Frame(TongyiWire.Item("Hi"))) + Sse(TongyiWire.Last(TongyiWire.Item("Hi"))) + Sse("[DONE]");

    private static readonly RawJson Handles = new("""{"sessionId":"s7","msgId":"m7"}""");

    [Theory]
    [InlineData("", "/dialog/conversation")]
    [InlineData("/", "/dialog/conversation")]
    [InlineData("/at/", "/at/dialog/conversation")]
    [InlineData("/dialog/conversation", "/dialog/conversation")]
    [InlineData("/dialog/guest/conversation?x=1", "/dialog/guest/conversation?x=1")]
    public async Task The_base_address_may_end_as_it_likes_and_keeps_its_query(string path, string called)
    {
        await using var peer = ScriptedPeer.Answering(Good);
        var events = await RunAsync(peer, Ask(), path: path);
        Assert.Equal("Hi", TongyiWire.TextOf(events));
        Assert.StartsWith($"POST {called} HTTP/1.1\r\n", peer.Requests.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_peer_is_told_everything_the_first_time_in_the_form_of_its_newer_clients()
    {
        await using var peer = ScriptedPeer.Answering(Good);
        await RunAsync(peer, Ask(InputItem.Said(Role.User, "one"), InputItem.Said(Role.Assistant, "two"), InputItem.Said(Role.User, "three")), new() { Url = peer.Url, AgentId = "harbour", Model = "qwen", Instructions = "Be brief." });
        const string ext = "\"ext\":{\"searchType\":\"\",\"pptGenerate\":false,\"deepThink\":false,\"deepResearch\":false}";
        Assert.Equal(
            "{\"model\":\"qwen\",\"action\":\"next\",\"mode\":\"chat\",\"userAction\":\"chat\",\"requestId\":\"" + TongyiWire.Message + "\",\"sessionId\":\"\",\"sessionType\":\"text_chat\",\"parentMsgId\":\"\","
            + "\"params\":{\"agentId\":\"harbour\",\"searchType\":\"\",\"pptGenerate\":false,\"bizScene\":\"\",\"bizSceneInfo\":{},\"specifiedModel\":\"qwen\",\"deepThink\":false,\"deepResearch\":false},"
            + "\"contents\":[{\"content\":\"Be brief.\",\"contentType\":\"text\",\"role\":\"system\"," + ext + "},{\"content\":\"one\",\"contentType\":\"text\",\"role\":\"user\"," + ext + "},"
            + "{\"content\":\"two\",\"contentType\":\"text\",\"role\":\"assistant\"," + ext + "},{\"content\":\"three\",\"contentType\":\"text\",\"role\":\"user\"," + ext + "}]}",
            BodyOf(peer.Requests.Single()).GetRawText());
    }

    [Fact]
    public async Task And_then_what_is_new_under_its_last_answer_also_on_a_branch()
    {
        await using var peer = ScriptedPeer.Answering(Good);
        await RunAsync(peer, Ask(InputItem.Said(Role.User, "one"), InputItem.Said(Role.User, "two")) with { Upstream = Handles, UnseenCount = 1, IsBranch = true });
        var body = BodyOf(peer.Requests.Single());
        Assert.Equal(("s7", "m7"), (body.GetProperty("sessionId").GetString(), body.GetProperty("parentMsgId").GetString()));
        Assert.Equal("two", body.GetProperty("contents").EnumerateArray().Single().GetProperty("content").GetString());
    }

    [Theory]
    [InlineData("SESSION_NOT_EXIST", "gone")]
    [InlineData("INVALID_PARAM", "There is no such message (parentMsgId)")]
    public async Task A_peer_that_has_lost_the_session_is_told_everything_in_a_new_one(string code, string message)
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.Answer("400 Bad Request", $$"""{"success":false,"errorCode":"{{code}}","errorMsg":"{{message}}"}"""), Good);
        var events = await RunAsync(peer, Ask(InputItem.Said(Role.User, "one"), InputItem.Said(Role.User, "two")) with { Upstream = Handles, UnseenCount = 1 });
        Assert.IsType<RunCompleted>(events[^1]);
        Assert.Equal("", BodyOf(peer.Requests[1]).GetProperty("sessionId").GetString());
        Assert.Equal(2, BodyOf(peer.Requests[1]).GetProperty("contents").GetArrayLength());
    }

    [Fact]
    public async Task Any_other_refusal_is_the_runs_failure()
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.Answer("200 OK", """{"success":false,"failed":true,"errorCode":"INVALID_PARAM","errorMsg":"contents"}"""), Good);
        var failed = Assert.IsType<RunFailed>((await RunAsync(peer, Ask() with { Upstream = Handles, UnseenCount = 1 })).Single());
        Assert.Equal((ErrorSide.Agent, ErrorCause.Rejected, "contents"), (failed.Error.Side, failed.Error.Cause, failed.Error.Message));
        Assert.Single(peer.Requests);
    }

    [Theory]
    [InlineData(20, "tongyi_sso_ticket")]
    [InlineData(101, "login_aliyunid_ticket")]
    public async Task The_key_is_a_bearer_token_and_the_ticket_in_a_cookie(int length, string cookie)
    {
        var key = new string('k', length);
        await using var peer = ScriptedPeer.Answering(Good);
        await RunAsync(peer, Ask(), new() { Url = peer.Url, Key = key });
        Assert.Contains($"Authorization: Bearer {key}\r\n", peer.Requests.Single(), StringComparison.Ordinal);
        Assert.Contains($"Cookie: {cookie}={key}\r\n", peer.Requests.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cookie_of_the_agents_own_stands_for_ours_and_a_key_that_no_cookie_can_hold_is_in_none()
    {
        await using var peer = ScriptedPeer.Answering(Good);
        await RunAsync(peer, Ask(), new() { Url = peer.Url, Key = "k", Headers = [new("cookie", "a=b")] });
        await RunAsync(peer, Ask(), new() { Url = peer.Url, Key = "k;l=m" });
        Assert.Contains("ookie: a=b\r\n", peer.Requests[0], StringComparison.Ordinal);
        Assert.DoesNotContain("ticket", peer.Requests[0] + peer.Requests[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_client_told_of_a_file_is_told_to_the_peer()
    {
        await using var peer = ScriptedPeer.Answering(Good);
        await RunAsync(peer, Ask(new InputItem(new MessageItem(Role.User),
        [
            new Content(PartKind.Text, "look"),
            new Content(PartKind.Media, Media: new Media("http://a/x.pdf", Name: "x.pdf"), Data: new RawJson("""{"docId":"d","fileSize":12,"detail":"high"}""")),
            new Content(PartKind.Media, Media: new Media("http://a/y.pdf"), Data: new RawJson("7")),
        ])));
        var contents = BodyOf(peer.Requests.Single()).GetProperty("contents");
        Assert.Equal("""{"fileName":"x.pdf","docId":"d","fileSize":12}""", contents[1].GetProperty("ext").GetRawText());
        Assert.False(contents[2].TryGetProperty("ext", out _));
    }

    [Fact]
    public async Task Images_and_files_go_by_their_addresses_behind_the_text()
    {
        await using var peer = ScriptedPeer.Answering(Good);
        var asked = Ask(new InputItem(new MessageItem(Role.User),
            [new Content(PartKind.Media, Media: new Media("http://a/x.png", MediaType: "image/png")), new Content(PartKind.Media, Media: new Media("http://a/x.pdf", Name: "x.pdf")), new Content(PartKind.Text, "look")]));
        await RunAsync(peer, asked);
        var body = BodyOf(peer.Requests.Single());
        Assert.Equal("image_chat", body.GetProperty("sessionType").GetString());
        Assert.Equal(["text look", "image http://a/x.png", "file http://a/x.pdf"], body.GetProperty("contents").EnumerateArray().Select(item => $"{item.GetProperty("contentType")} {item.GetProperty("content")}"));
    }

    [Fact]
    public async Task A_stored_file_in_what_is_new_is_refused_and_earlier_only_named()
    {
        await using var peer = ScriptedPeer.Answering(Good);
        var file = new InputItem(new MessageItem(Role.User), [new Content(PartKind.Media, Media: new Media(File: new Id(8), Name: "plan.pdf"))]);
        var refused = await Assert.ThrowsAsync<RunException>(() => RunAsync(peer, Ask(file)));
        Assert.Equal("unsupported_media", refused.Error.Code);
        await RunAsync(peer, Ask(file, InputItem.Said(Role.User, "and?")));
        Assert.Equal("[plan.pdf]", BodyOf(peer.Requests.Single()).GetProperty("contents")[0].GetProperty("content").GetString());
    }

    [Fact]
    public async Task What_a_client_of_the_same_protocol_asked_is_passed_on()
    {
        await using var peer = ScriptedPeer.Answering(Good);
        var asked = Ask();
        await RunAsync(peer, asked with { Run = asked.Run with { Request = new ModelRequest { ReasoningEffort = "high", Leftover = new Leftover(Protocol.Tongyi, new RawJson("""{"searchType":"off","deepResearch":true,"agentId":"theirs"}""")) } } });
        var given = BodyOf(peer.Requests.Single()).GetProperty("params");
        Assert.Equal(("off", true, true, ""), (given.GetProperty("searchType").GetString(), given.GetProperty("deepThink").GetBoolean(), given.GetProperty("deepResearch").GetBoolean(), given.GetProperty("agentId").GetString()));
    }

    [Fact]
    public async Task Outputs_without_a_message_are_told_as_words_and_nothing_cannot_be_asked()
    {
        await using var peer = ScriptedPeer.Answering(Good);
        await RunAsync(peer, Ask(InputItem.Output("call_1", "42")));
        Assert.Equal("42", BodyOf(peer.Requests.Single()).GetProperty("contents")[0].GetProperty("content").GetString());
        var refused = await Assert.ThrowsAsync<RunException>(() => RunAsync(peer, Ask(new InputItem(new ReasoningItem(), []))));
        Assert.Equal(ErrorCause.Rejected, refused.Error.Cause);
    }

    [Fact]
    public async Task An_error_within_the_stream_fails_the_run_after_what_was_said()
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.StreamHead + Sse(TongyiWire.Frame(TongyiWire.Item("So far"))) + Sse("""{"errorCode":"LIMIT_EXCEEDED","errorMsg":"enough"}"""));
        var events = await RunAsync(peer, Ask());
        Assert.Equal("So far", TongyiWire.TextOf(events));
        Assert.True(events[^1] is RunFailed { Error: { Cause: ErrorCause.Limit, Message: "enough" } });
    }

    [Fact]
    public void A_file_tells_how_to_reach_it()
    {
        var agent = AgentFileReaderTests.NewReader().Parse("harbour.yaml", "name: harbour\nkind: remote\nprotocol: tongyi\nurl: http://127.0.0.1:1/\nkey: k\nagent_id: a\nmodel: qwen\n", default).Agent;
        Assert.IsType<TongyiAgent>(agent.Behaviour);
        Assert.True(agent.IsStateful);
        Assert.Equal("qwen", agent.Model);
    }

    private static string Sse(string data) => $"data: {data}\n\n";

    private static AgentRequest Ask(params InputItem[] said)
    {
        if (said.Length == 0) said = [InputItem.Said(Role.User, "Hi")];
        return new AgentRequest
        {
            Run = TongyiWire.Header(),
            Context = [.. said.Select((item, i) => item.ToMessage(new Id(8 * (i + 1)), TongyiWire.Header().Conversation, default, DateTimeOffset.UnixEpoch))],
            InputCount = 1,
        };
    }

    private static async Task<List<RunEvent>> RunAsync(ScriptedPeer peer, AgentRequest asked, TongyiAgentOptions? options = null, string path = "")
    {
        using var client = new UpstreamClient(TimeProvider.System);
        var agent = new TongyiAgent(options ?? new TongyiAgentOptions { Url = new Uri(peer.Url, path.Length > 0 ? path : "/"), Retries = 0 }, client);
        var events = new List<RunEvent>();
        await foreach (var one in agent.RunAsync(asked, TestContext.Current.CancellationToken)) events.Add(one);
        return events;
    }

    private static JsonElement BodyOf(string request) => JsonElement.Parse(request[(request.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
}
