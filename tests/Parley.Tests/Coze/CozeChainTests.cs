using System.Text.Json;
using System.Text.RegularExpressions;
using Parley.Agents;
using Parley.Protocols.Coze;
using Parley.Protocols.Upstream;
using Parley.Runs;

namespace Parley.Tests.Coze;

/// <summary>Doors behind doors: what a client reads through two others is what it reads from the last one.</summary>
public sealed partial class CozeChainTests : IAsyncDisposable
{
    private readonly UpstreamClient _client = new(TimeProvider.System);
    private readonly List<CozeDoor> _doors = [];

    [Theory]
    [InlineData("/v3/chat", "bot_id")]
    [InlineData("/v1/workflows/chat", "workflow_id")]
    public async Task Nothing_is_lost_or_doubled_on_the_way(string path, string names)
    {
        var echo = new EchoOptions { Reasoning = "Let me think.", FollowUps = ["And then?", "Why?"], Usage = new Usage(11, 7) };
        var (back, front) = await ChainAsync(echo, workflow: names == "workflow_id");
        var body = $$"""{"{{names}}":"echo","user_id":"u","stream":true,"additional_messages":[{"role":"user","content":"Grüße, 世界! 🙂 <b>","content_type":"text"}]}""";
        Assert.Equal(WithoutIds(await back.StreamAsync(path, body)), WithoutIds(await front.StreamAsync(path, body)));
    }

    [Fact]
    public async Task A_conversation_is_kept_at_every_door_and_no_turn_is_told_twice()
    {
        var (_, front) = await ChainAsync(new EchoOptions { Reply = EchoReply.History });
        var (first, conversation, _) = await SayAsync(front, "one", null);
        var (second, _, _) = await SayAsync(front, "two", conversation);
        Assert.Equal("user: one", first);
        Assert.Equal("user: one\nassistant: user: one\nuser: two", second);
    }

    [Fact]
    public async Task After_a_clear_the_peer_has_forgotten_too()
    {
        var (_, front) = await ChainAsync(new EchoOptions { Reply = EchoReply.History });
        var (_, conversation, _) = await SayAsync(front, "one", null);
        await front.DataAsync("POST", $"/v1/conversations/{conversation}/clear");
        Assert.Equal("user: two", (await SayAsync(front, "two", conversation)).Answer);
    }

    [Fact]
    public async Task What_was_inserted_meanwhile_reaches_the_peer()
    {
        var (_, front) = await ChainAsync(new EchoOptions { Reply = EchoReply.History });
        var (_, conversation, _) = await SayAsync(front, "one", null);
        await front.DataAsync("POST", $"/v1/conversation/message/create?conversation_id={conversation}", """{"role":"assistant","content":"By the way.","content_type":"text"}""");
        Assert.Equal("user: one\nassistant: user: one\nassistant: By the way.\nuser: two", (await SayAsync(front, "two", conversation)).Answer);
    }

    [Fact]
    public async Task A_tool_call_is_answered_through_every_door_and_its_usage_is_booked_once()
    {
        var (_, front) = await ChainAsync(new EchoOptions { Tool = "get_weather", Usage = new Usage(3, 2) });
        var (_, conversation, chat) = await SayAsync(front, "Rain?", null);
        var waiting = await front.PollAsync(conversation, chat, "requires_action");
        Assert.Equal("{\"token_count\":5,\"output_count\":2,\"input_count\":3}", waiting.GetProperty("usage").GetRawText());
        var call = waiting.GetProperty("required_action").GetProperty("submit_tool_outputs").GetProperty("tool_calls")[0].GetProperty("id").GetString();
        var frames = await front.StreamAsync($"/v3/chat/submit_tool_outputs?conversation_id={conversation}&chat_id={chat}", $$"""{"tool_outputs":[{"tool_call_id":"{{call}}","output":"rain"}],"stream":true}""");
        Assert.Equal("rain", AnswerOf(frames));
        var completed = JsonElement.Parse(frames.Single(frame => frame.Event == "conversation.chat.completed").Data);
        Assert.Equal("{\"token_count\":10,\"output_count\":4,\"input_count\":6}", completed.GetProperty("usage").GetRawText());
    }

    [Fact]
    public async Task Calls_that_were_given_up_do_not_spoil_the_conversation()
    {
        var (_, front) = await ChainAsync(new EchoOptions { Tool = "get_weather" });
        var (_, conversation, first) = await SayAsync(front, "Rain?", null);
        await front.PollAsync(conversation, first, "requires_action");
        var (_, _, second) = await SayAsync(front, "Snow?", conversation);
        await front.PollAsync(conversation, second, "requires_action");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_failure_is_told_in_the_same_words(int after)
    {
        var (back, front) = await ChainAsync(new EchoOptions { Text = "one two tri fou ", Pieces = 4, FailAfter = after });
        const string body = """{"bot_id":"echo","user_id":"u","stream":true,"additional_messages":[{"role":"user","content":"x","content_type":"text"}]}""";
        using var direct = await back.SendAsync("POST", "/v3/chat", body, "application/json", null);
        using var chained = await front.SendAsync("POST", "/v3/chat", body, "application/json", null);
        Assert.Equal(direct.Content.Headers.ContentType, chained.Content.Headers.ContentType);
        Assert.Equal(WithoutIds(await direct.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)), WithoutIds(await chained.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task Cancelling_here_ends_the_chat_at_the_last_door()
    {
        var (back, front) = await ChainAsync(new EchoOptions { Text = "a b c d e f g h", Pieces = 8, Pace = TimeSpan.FromMinutes(1) });
        var chat = await front.DataAsync("POST", "/v3/chat", """{"bot_id":"echo","user_id":"u","additional_messages":[{"role":"user","content":"x","content_type":"text"}]}""");
        var (conversation, id) = (chat.GetProperty("conversation_id").GetString()!, chat.GetProperty("id").GetString()!);
        while (back.ActiveCount == 0) await Task.Yield();
        await front.DataAsync("POST", "/v3/chat/cancel", $$"""{"conversation_id":"{{conversation}}","chat_id":"{{id}}"}""");
        while (back.ActiveCount > 0) await Task.Yield();
        await front.PollAsync(conversation, id, "canceled");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var door in Enumerable.Reverse(_doors)) await door.DisposeAsync();
        _client.Dispose();
    }

    private async Task<(CozeDoor Back, CozeDoor Front)> ChainAsync(EchoOptions echo, bool workflow = false)
    {
        _doors.Add(await CozeDoor.OpenAsync(agents: CozeDoor.Echo("echo", echo)));
        for (var i = 0; i < 2; i++)
        {
            var options = new CozeAgentOptions { Url = _doors[^1].Address, BotId = workflow ? null : "echo", WorkflowId = workflow ? "echo" : null };
            _doors.Add(await CozeDoor.OpenAsync(agents: new Agent("echo", new CozeAgent(options, _client)) { IsStateful = true }));
        }

        return (_doors[0], _doors[^1]);
    }

    private static async Task<(string Answer, string Conversation, string Chat)> SayAsync(CozeDoor door, string text, string? conversation)
    {
        var frames = await door.StreamAsync(
            $"/v3/chat?conversation_id={conversation}",
            $$"""{"bot_id":"echo","user_id":"u","stream":true,"additional_messages":[{"role":"user","content":"{{text}}","content_type":"text"}]}""");
        var chat = JsonElement.Parse(frames[0].Data);
        return (AnswerOf(frames), chat.GetProperty("conversation_id").GetString()!, chat.GetProperty("id").GetString()!);
    }

    private static string AnswerOf(List<(string Event, string Data)> frames) => string.Concat(
        frames.Where(frame => frame.Event == "conversation.message.delta").Select(frame => JsonElement.Parse(frame.Data).GetProperty("content").GetString()));

    // How a text is cut into deltas is not what it says: their texts are joined.
    private static string WithoutIds(List<(string Event, string Data)> frames) => WithoutIds(
        AnswerOf(frames) + "\n" + string.Join('\n', frames.Where(frame => frame.Event != "conversation.message.delta").Select(frame => $"{frame.Event} {frame.Data}")));

    private static string WithoutIds(string text) => Moment().Replace(text, "0");

    [GeneratedRegex("[0-9]{10,20}|[0-9]{14}[0-9A-F]{20}|127\\.0\\.0\\.1:[0-9]+")]
    private static partial Regex Moment();
}
