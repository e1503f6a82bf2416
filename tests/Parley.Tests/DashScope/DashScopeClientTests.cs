using System.Text.Json;
using Parley.Protocols.DashScope;
using Parley.Runs;
using Parley.Tests.Upstream;

namespace Parley.Tests.DashScope;

public sealed class DashScopeClientTests
{
    private const string Good = ScriptedPeer.StreamHead + "id:1\nevent:result\n:HTTP_STATUS/200\ndata:{\"output\":{\"session_id\":\"s8\",\"finish_reason\":\"stop\",\"text\":\"Hi\"},\"usage\":{},\"request_id\":\"r\"}\n\n";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_model_is_told_all_that_was_said()
    {
        await using var peer = ScriptedPeer.Answering(Good);
        using var client = new DashScopeClient(Root(peer), "sk-own-key");
        var chat = await client.ChatAsync(new("qwen-plus", [InputItem.Said(Role.User, "one"), InputItem.Said(Role.Assistant, "two"), InputItem.Said(Role.User, "three")]), Cancelled).ReadAsync();
        Assert.Equal("Hi", chat.Text);
        Assert.Null(chat.Conversation);
        Assert.Equal("qwen-plus", BodyOf(peer.Requests[0]).GetProperty("model").GetString());
        Assert.Equal(3, BodyOf(peer.Requests[0]).GetProperty("input").GetProperty("messages").GetArrayLength());
        Assert.Contains("Authorization: Bearer sk-own-key\r\n", peer.Requests[0], StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => client.ChatAsync(new("qwen-plus", "four") { Conversation = "s8" }, Cancelled));
    }

    [Fact]
    public async Task An_application_goes_on_in_its_session()
    {
        await using var peer = ScriptedPeer.Answering(Good);
        using var client = new DashScopeAppClient(Root(peer));
        var first = await client.ChatAsync(new("app", "one"), Cancelled).ReadAsync();
        Assert.Equal(("Hi", "s8"), (first.Text, first.Conversation));
        await client.ChatAsync(new("app", "two") { Conversation = first.Conversation }, Cancelled).ReadAsync();
        Assert.StartsWith("POST /api/v1/apps/app/completion HTTP/1.1\r\n", peer.Requests[1], StringComparison.Ordinal);
        Assert.Equal("""{"prompt":"two","session_id":"s8"}""", BodyOf(peer.Requests[1]).GetProperty("input").GetRawText());
    }

    [Fact]
    public async Task A_session_that_has_ended_is_a_failure()
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.Answer("400 Bad Request", "{\"code\":\"InvalidParameter\",\"message\":\"session_id is invalid or has expired\"}"), Good);
        using var client = new DashScopeAppClient(Root(peer));
        await Assert.ThrowsAsync<RunException>(client.ChatAsync(new("app", "two") { Conversation = "s7" }, Cancelled).ReadAsync);
        Assert.Single(peer.Requests);
    }

    private static Uri Root(ScriptedPeer peer) => new(peer.Url, "/");

    private static JsonElement BodyOf(string request) => JsonElement.Parse(request[request.IndexOf('{', StringComparison.Ordinal)..]);
}
