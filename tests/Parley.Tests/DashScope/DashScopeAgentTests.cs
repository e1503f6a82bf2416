using System.Text.Json;
using Parley.Agents;
using Parley.Conversations;
using Parley.Protocols.DashScope;
using Parley.Protocols.Upstream;
using Parley.Runs;
using Parley.Tests.Coze;
using Parley.Tests.Upstream;

namespace Parley.Tests.DashScope;

/// <summary>Agents that ask DashScope, and a peer that says exactly what a test tells it to.</summary>
public sealed class DashScopeAgentTests
{
    private static readonly DashScopeAgentOptions Model = new() { Url = new("http://x"), Model = "qwen-plus", Key = "sk-own-key" };
    private static readonly DashScopeAgentOptions App = Model with { Model = null, AppId = "app/1" };
    private static readonly RawJson Session = new("""{"session_id":"s7"}""");

    private static string Good => ScriptedPeer.StreamHead + "id:1\nevent:result\n:HTTP_STATUS/200\ndata:{\"output\":{\"session_id\":\"s8\",\"finish_reason\":\"stop\",\"text\":\"Hi\"},\"usage\":{},\"request_id\":\"r\"}\n\n";

    [Theory]
    [InlineData("", false, "/api/v1/services/aigc/text-generation/generation")]
    [InlineData("/", true, "/api/v1/services/aigc/multimodal-generation/generation")]
    [InlineData("/api/v1", false, "/api/v1/services/aigc/text-generation/generation")]
    [InlineData("/api/v1/services/aigc/text-generation/generation", false, "/api/v1/services/aigc/text-generation/generation")]
    [InlineData("/gateway?x=1", false, "/gateway/api/v1/services/aigc/text-generation/generation?x=1")]
    public async Task The_base_address_may_end_as_it_likes(string path, bool isMultimodal, string called)
    {
        await using var peer = ScriptedPeer.Answering(Good);
        Assert.IsType<RunCompleted>((await RunAsync(peer, Ask(), Model with { Multimodal = isMultimodal }, path))[^1]);
        var request = peer.Requests.Single();
        Assert.StartsWith($"POST {called} HTTP/1.1\r\n", request, StringComparison.Ordinal);
        foreach (var line in (string[])["X-DashScope-SSE: enable", "Accept: text/event-stream", "Authorization: Bearer sk-own-key"]) Assert.Contains(line + "\r\n", request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_application_is_told_what_was_said_once_and_then_what_is_new_in_its_session()
    {
        await using var peer = ScriptedPeer.Answering(Good);
        var first = await RunAsync(peer, Ask(InputItem.Said(Role.User, "one")), App);
        Assert.Equal("s8", DashScopeUpstream.Of(first.OfType<RunStarted>().Single().Upstream)!.Session);
        Assert.StartsWith("POST /api/v1/apps/app%2F1/completion HTTP/1.1\r\n", peer.Requests[0], StringComparison.Ordinal);
        Assert.Equal("""{"input":{"prompt":"one"},"parameters":{"has_thoughts":true,"incremental_output":true}}""", BodyOf(peer.Requests[0]).GetRawText());
        var asked = Ask(InputItem.Said(Role.User, "one"), InputItem.Said(Role.Assistant, "two"), InputItem.Said(Role.User, "three")) with { Upstream = Session, UnseenCount = 1 };
        await RunAsync(peer, asked, App);
        Assert.Equal("""{"prompt":"three","session_id":"s7"}""", BodyOf(peer.Requests[1]).GetProperty("input").GetRawText());
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public async Task An_application_is_told_everything_where_its_session_does_not_hold_what_was_said(bool isBranch, int unseen)
    {
        await using var peer = ScriptedPeer.Answering(Good);
        await RunAsync(peer, Ask(InputItem.Said(Role.User, "one"), InputItem.Said(Role.Assistant, "two"), InputItem.Said(Role.User, "three")) with { Upstream = Session, UnseenCount = unseen, IsBranch = isBranch }, App);
        Assert.Equal(
            """{"messages":[{"role":"user","content":"one"},{"role":"assistant","content":"two"},{"role":"user","content":"three"}]}""",
            BodyOf(peer.Requests.Single()).GetProperty("input").GetRawText());
    }

    [Fact]
    public async Task A_session_that_has_ended_is_begun_anew()
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.Answer("400 Bad Request", "{\"code\":\"InvalidParameter\",\"message\":\"session_id is invalid or has expired\"}"), Good);
        var asked = Ask(InputItem.Said(Role.User, "one"), InputItem.Said(Role.Assistant, "two"), InputItem.Said(Role.User, "three")) with { Upstream = Session, UnseenCount = 1 };
        Assert.IsType<RunCompleted>((await RunAsync(peer, asked, App))[^1]);
        Assert.Equal(3, BodyOf(peer.Requests[1]).GetProperty("input").GetProperty("messages").GetArrayLength());
        Assert.Equal(2, peer.Requests.Count);
    }

    [Fact]
    public async Task Images_go_to_an_application_by_their_address_alone()
    {
        await using var peer = ScriptedPeer.Answering(Good);
        var image = new InputItem(new MessageItem(Role.User), [new(PartKind.Text, "see"), new(PartKind.Media, Media: new("https://h/i.png", MediaType: "image"))]);
        await RunAsync(peer, Ask(image), App with { BizParams = new("""{"a":1,"b":2}""") }, request: new ModelRequest { Parameters = new("""{"b":3}""") });
        Assert.Equal("""{"prompt":"see","image_list":["https://h/i.png"],"biz_params":{"b":3,"a":1}}""", BodyOf(peer.Requests.Single()).GetProperty("input").GetRawText());
        var data = new InputItem(new MessageItem(Role.User), [new(PartKind.Media, Media: new("data:image/png;base64,AA==", MediaType: "image/png"))]);
        Assert.Equal("unsupported_media", (await Assert.ThrowsAsync<RunException>(() => RunAsync(peer, Ask(data), App))).Error.Code);
    }

    // The last item alone is the input.
    private static AgentRequest Ask(params InputItem[] items)
    {
        if (items.Length == 0) items = [InputItem.Said(Role.User, "Hello")];
        IReadOnlyList<Message> context = [.. items.Select((item, index) => item.ToMessage(new Id(8 * (index + 1)), new Id(8), default, DateTimeOffset.UnixEpoch))];
        return new AgentRequest { Run = CozeRuns.Header(), Context = context, InputCount = 1, UnseenCount = context.Count };
    }

    private static JsonElement BodyOf(string request) => JsonElement.Parse(request[request.IndexOf('{', StringComparison.Ordinal)..]);

    private static async Task<List<RunEvent>> RunAsync(ScriptedPeer peer, AgentRequest asked, DashScopeAgentOptions options, string path = "", ModelRequest? request = null)
    {
        using var client = new UpstreamClient(TimeProvider.System);
        options = options with { Url = new Uri(peer.Url.GetLeftPart(UriPartial.Authority) + path) };
        IAgent agent = options.AppId is null ? new DashScopeAgent(options, client) : new DashScopeAppAgent(options, client);
        var events = new List<RunEvent>();
        await foreach (var @event in agent.RunAsync(asked with { Run = asked.Run with { Request = request ?? ModelRequest.Empty } }, TestContext.Current.CancellationToken)) events.Add(@event);
        return events;
    }
}
