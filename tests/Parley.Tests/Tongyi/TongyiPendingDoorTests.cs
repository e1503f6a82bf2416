using System.Text.Json;
using Parley.Agents;
using Parley.Runs;
using Parley.Tests.Runs;

namespace Parley.Tests.Tongyi;

/// <summary>Turns where something waits for an answer, and conversations that other protocols' clients have begun or go on with.</summary>
public sealed class TongyiPendingDoorTests
{
    [Fact]
    public async Task A_question_that_waits_is_the_answer_and_the_next_turn_answers_it()
    {
        var script = new ScriptedAgent();
        await using var door = await TongyiDoor.OpenAsync(new Agent("flow", script));
        Ask(script);
        var asked = await door.SayAsync("hi");
        Assert.Equal(("Your name?", "stop"), (asked.Text, asked.StopReason));

        script.Answers("Hello, Ada!");
        var told = await door.SayAsync("Ada", asked.Session, asked.Message);
        Assert.Equal("Hello, Ada!", told.Text);
        Assert.Equal(asked.Run, TongyiId(script.Requests[^1].Continues));

        // Once more, with another name: what waits is state that does not change.
        script.Answers("Hello, Eve!");
        Assert.Equal("Hello, Eve!", (await door.SayAsync("Eve", asked.Session, asked.Message)).Text);
        Assert.Equal(asked.Run, TongyiId(script.Requests[^1].Continues));

        // And a turn behind the answer answers nothing.
        script.Answers("Fine.");
        await door.SayAsync("How are you?", asked.Session, told.Message);
        Assert.Null(script.Requests[^1].Continues);
    }

    [Fact]
    public async Task A_question_is_left_where_another_agent_is_asked()
    {
        var script = new ScriptedAgent();
        await using var door = await TongyiDoor.OpenAsync(new Agent("flow", script), TongyiDoor.Historian());
        Ask(script);
        var asked = await door.SayAsync("hi", more: "\"model\":\"flow\"");
        Assert.Equal("user: hi\nassistant: Your name?\nuser: Ada", (await door.SayAsync("Ada", asked.Session, asked.Message, "\"model\":\"history\"")).Text);
    }

    [Fact]
    public async Task A_call_of_a_clients_tool_cannot_be_told_and_the_next_turn_gives_it_up()
    {
        var script = new ScriptedAgent();
        await using var door = await TongyiDoor.OpenAsync(new Agent("caller", script));
        script.Calls("call_1");
        var calling = await door.SayAsync("rain?");
        Assert.Equal(("error", "ACTION_REQUIRED"), (calling.StopReason, calling.Last.GetProperty("errorCode").GetString()));

        script.Answers("No.");
        var next = await door.SayAsync("well?", calling.Session, calling.Message);
        Assert.Equal("No.", next.Text);
        Assert.Equal([(true, "call_1")], script.Requests[^1].Context.Select(message => message.Head).OfType<ToolResultItem>().Select(output => (output.IsError, output.CallId)));
        var messages = await door.MessagesAsync(calling.Session);
        Assert.Equal(
            [(calling.Question, ""), (calling.Message, calling.Question), (next.Question, calling.Message), (next.Message, next.Question)],
            messages.Select(message => (message.GetProperty("msgId").GetString(), message.GetProperty("parentMsgId").GetString())));
    }

    [Fact]
    public async Task A_session_goes_on_over_every_protocol_and_comes_back()
    {
        await using var door = await TongyiDoor.OpenAsync(TongyiDoor.Historian());
        var first = await door.SayAsync("1");
        Assert.True(HexId.TryParse(first.Session, out var conversation, out _));

        using (var coze = await door.SendAsync("POST", $"/v3/chat?conversation_id={DecimalId.Render(conversation)}", """{"bot_id":"history","user_id":"u","stream":true,"additional_messages":[{"role":"user","content":"2","content_type":"text"}]}"""))
            Assert.Contains("user: 1\\nassistant: user: 1\\nuser: 2\"", await TongyiDoor.TextAsync(coze), StringComparison.Ordinal);
        using (var responses = await door.SendAsync("POST", "/v1/responses", $$"""{"model":"history","input":"3","conversation":"{{PrefixedId.Render("conv_", conversation, conversation)}}"}"""))
            Assert.Contains("user: 2", await TongyiDoor.TextAsync(responses), StringComparison.Ordinal);
        using (var chat = await door.SendAsync("POST", "/v1/chat/completions", """{"model":"history","messages":[{"role":"user","content":"4"}]}""", ("parley-conversation", first.Session)))
            Assert.Contains("user: 3", await TongyiDoor.TextAsync(chat), StringComparison.Ordinal);

        var last = await door.SayAsync("5", first.Session);
        foreach (var said in new[] { "1", "2", "3", "4", "5" }) Assert.Contains($"user: {said}", last.Text, StringComparison.Ordinal);
        var messages = await door.MessagesAsync(first.Session);
        Assert.Equal(["1", "2", "3", "4", "5"], messages.Where(message => message.GetProperty("senderType").GetString() == "USER").Select(message => message.GetProperty("contents")[0].GetProperty("content").GetString()));
        Assert.Equal(["", .. messages.SkipLast(1).Select(message => message.GetProperty("msgId").GetString()!)], messages.Select(message => message.GetProperty("parentMsgId").GetString()));
    }

    [Fact]
    public async Task What_another_protocol_began_is_a_session_by_any_of_its_ids()
    {
        await using var door = await TongyiDoor.OpenAsync(TongyiDoor.Historian());
        using var begun = await door.SendAsync("POST", "/v1/responses", """{"model":"history","input":"1"}""");
        var named = begun.Headers.GetValues("parley-conversation").Single();
        Assert.True(PrefixedId.TryParse(named, out var conversation, out _));
        var session = (await door.DataAsync("/dialog/session/list")).EnumerateArray().Single();
        Assert.Equal((HexId.Render(conversation, conversation), "1"), (session.GetProperty("sessionId").GetString(), session.GetProperty("summary").GetString()));

        foreach (var id in new[] { named, DecimalId.Render(conversation), HexId.Render(conversation, conversation) })
            Assert.Equal(HexId.Render(conversation, conversation), (await door.SayAsync("2", id)).Session);
        var joined = await door.AskAsync(TongyiDoor.Body("3"), ("parley-conversation", named));
        Assert.StartsWith("user: 1\n", joined.Text, StringComparison.Ordinal);
        var (status, code, message) = await door.RefusalAsync("/dialog/conversation", TongyiDoor.Body("4"), ("parley-conversation", "7"));
        Assert.Equal((404, "SESSION_NOT_EXIST", true), (status, code, message.Contains("parley-conversation", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_run_is_found_and_its_stream_resumed_by_its_message()
    {
        await using var door = await TongyiDoor.OpenAsync(TongyiDoor.Echo("echo", new EchoOptions { Text = "one two three", Pieces = 3 }));
        var answer = await door.AskAsync(TongyiDoor.Body("hi"), ("parley-dialect", "incremental"));
        using var run = await door.SendAsync("GET", $"/parley/runs/{answer.Message}", null);
        Assert.Equal("tongyi", JsonElement.Parse(await TongyiDoor.TextAsync(run)).GetProperty("dialect").GetString());
        using var rest = await door.SendAsync("GET", $"/parley/runs/{answer.Message}/stream?after=2", null);
        var frames = (await TongyiAnswer.OfAsync(rest)).Frames;
        Assert.Equal(answer.Frames.Skip(2).Select(frame => frame.GetRawText()), frames.Select(frame => frame.GetRawText()));
    }

    private static void Ask(ScriptedAgent script) => script.Says(
        new RunStarted(), new ItemStarted(0, new WorkflowActionItem("Question", "ask")), new ItemStarted(1, new MessageItem(Role.Assistant)), new PartStarted(1, 0, PartKind.Text),
        new PartDelta(1, 0, "Your name?"), new PartCompleted(1, 0), new ItemCompleted(1), new RunSuspended([new AnswerQuestion(0, 1)], State: new RawJson("{}")));

    private static string? TongyiId(Run? run) => run is null ? null : HexId.Render(run.Conversation, run.Id);
}
