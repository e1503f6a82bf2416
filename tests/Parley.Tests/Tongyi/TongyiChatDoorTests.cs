using System.Net;
using Parley.Agents;
using Parley.AspNetCore.Configuration;
using Parley.Conversations;
using Parley.Runs;
using Parley.Tests.Runs;

namespace Parley.Tests.Tongyi;

public sealed class TongyiChatDoorTests
{
    [Fact]
    public async Task An_answer_tells_its_ids_first_and_a_second_turn_hangs_under_it()
    {
        await using var door = await TongyiDoor.OpenAsync(TongyiDoor.Historian());
        var first = await door.SayAsync("Hello 🙂");
        Assert.False(first.Frames[0].TryGetProperty("contents", out _));
        Assert.Equal((first.Session, first.Message, first.Question), (Word(first, 0, "sessionId"), Word(first, 0, "msgId"), Word(first, 0, "parentMsgId")));
        Assert.Equal((first.Message, first.Session), (first.Run, first.Conversation));
        Assert.Equal(("user: Hello 🙂", "stop"), (first.Text, first.StopReason));

        var second = await door.SayAsync("And?", first.Session, first.Message);
        Assert.Equal(first.Session, second.Session);
        Assert.Equal("user: Hello 🙂\nassistant: user: Hello 🙂\nuser: And?", second.Text);
        Assert.Equal(4, new[] { first.Message, first.Question, second.Message, second.Question }.Distinct().Count());
    }

    [Fact]
    public async Task Nothing_named_in_a_session_is_its_head()
    {
        await using var door = await TongyiDoor.OpenAsync(TongyiDoor.Historian());
        var first = await door.SayAsync("1");
        Assert.Equal("user: 1\nassistant: user: 1\nuser: 2", (await door.SayAsync("2", first.Session)).Text);
        Assert.StartsWith("user: 1\nassistant: user: 1\nuser: 2", (await door.SayAsync("3", first.Session, "0")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", null, TongyiDialect.Auto, false)]
    [InlineData("\"params\":{\"deepThink\":false}", null, TongyiDialect.Auto, true)]
    [InlineData("\"params\":{\"deepResearch\":true}", null, TongyiDialect.Auto, true)]
    [InlineData("\"params\":{\"agentId\":\"\"}", null, TongyiDialect.Auto, false)]
    [InlineData("", null, TongyiDialect.Incremental, true)]
    [InlineData("\"params\":{\"deepThink\":true}", null, TongyiDialect.Cumulative, false)]
    [InlineData("", "incremental", TongyiDialect.Cumulative, true)]
    [InlineData("\"params\":{\"deepThink\":true}", "cumulative", TongyiDialect.Incremental, false)]
    [InlineData("\"params\":{\"deepThink\":true}", "auto", TongyiDialect.Cumulative, true)]
    public async Task A_client_is_answered_in_the_dialect_that_it_understands_or_that_is_set(string members, string? header, TongyiDialect setting, bool incremental)
    {
        await using var door = await TongyiDoor.OpenAsync(new TongyiOptions { Dialect = setting }, TongyiDoor.Echo("echo", new EchoOptions { Text = "one two three", Pieces = 3 }));
        var answer = await door.AskAsync(TongyiDoor.Body("hi", members), header is null ? [] : [("parley-dialect", header)]);
        Assert.Equal(incremental, answer.IsIncremental);
        Assert.Equal("one two three", answer.Text);
    }

    [Fact]
    public async Task The_dialect_is_seen_from_the_contents_too()
    {
        await using var door = await TongyiDoor.OpenAsync();
        Assert.True((await door.AskAsync("""{"contents":[{"content":"hi","ext":{}}]}""")).IsIncremental);
    }

    [Theory]
    [InlineData("\"params\":{\"agentId\":\"b\",\"specifiedModel\":\"a\"},\"model\":\"a\"", "b")]
    [InlineData("\"params\":{\"agentId\":\"\",\"specifiedModel\":\"b\"},\"model\":\"a\"", "b")]
    [InlineData("\"model\":\"b\"", "b")]
    [InlineData("\"model\":\"b-alias\"", "b")]
    [InlineData("\"model\":\"\"", "c")]
    [InlineData("\"params\":{\"specifiedModel\":\"tongyi-qwen3-max-model\"},\"model\":\"tongyi-qwen3-max-model\"", "c")]
    public async Task The_agent_is_the_one_that_is_named_else_the_default(string members, string agent)
    {
        await using var door = await TongyiDoor.OpenAsync(
            [.. new[] { "a", "b", "c" }.Select(name => TongyiDoor.Echo(name, new EchoOptions { Text = name }) with { IsDefault = name == "c", Aliases = [$"{name}-alias"] })]);
        Assert.Equal(agent, (await door.AskAsync(TongyiDoor.Body("hi", members))).Text);
    }

    [Theory]
    [InlineData("{", 400, "INVALID_PARAM", "JSON")]
    [InlineData("""{"contents":[]}""", 400, "INVALID_PARAM", "contents")]
    [InlineData("""{"model":"nobody","contents":[{"content":"x"}]}""", 400, "INVALID_PARAM", "(model)")]
    [InlineData("""{"params":{"agentId":"tongyi-x"},"contents":[{"content":"x"}]}""", 400, "INVALID_PARAM", "params.agentId")]
    [InlineData("""{"sessionId":"6b00445000c000006b00445000c00000","contents":[{"content":"x"}]}""", 404, "SESSION_NOT_EXIST", "sessionId")]
    [InlineData("""{"action":"variant","contents":[]}""", 400, "INVALID_PARAM", "parentMsgId")]
    [InlineData("""{"action":"continue","sessionId":"new one","parentMsgId":"6b00445000c000006b00445000c00008"}""", 400, "INVALID_PARAM", "parentMsgId")]
    public async Task What_cannot_be_served_has_a_status_and_an_envelope_that_names_the_field(string body, int status, string code, string field)
    {
        await using var door = await TongyiDoor.OpenAsync();
        var (itsStatus, itsCode, message) = await door.RefusalAsync("/dialog/conversation", body);
        Assert.Equal((status, code), (itsStatus, itsCode));
        Assert.Contains(field, message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_with_bad_values_are_refused_by_their_names()
    {
        await using var door = await TongyiDoor.OpenAsync();
        foreach (var header in new[] { "parley-dialect", "parley-on-disconnect" })
        {
            var (status, code, message) = await door.RefusalAsync("/dialog/conversation", TongyiDoor.Body("x"), (header, "sometimes"));
            Assert.Equal((400, "INVALID_PARAM"), (status, code));
            Assert.Contains(header, message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_failure_before_the_stream_has_its_status_and_within_it_is_one_frame_and_an_end()
    {
        await using var door = await TongyiDoor.OpenAsync(TongyiDoor.Echo("echo", new EchoOptions { FailAfter = 0 }), TongyiDoor.Echo("later", new EchoOptions { Text = "one two", Pieces = 2, FailAfter = 1 }));
        var (status, code, _) = await door.RefusalAsync("/dialog/conversation", TongyiDoor.Body("x"));
        Assert.Equal((502, "AGENT_UNAVAILABLE"), (status, code));

        var failed = await door.AskAsync(TongyiDoor.Body("x", "\"model\":\"later\""));
        Assert.Equal(("error", "AGENT_UNAVAILABLE"), (failed.StopReason, failed.Last.GetProperty("errorCode").GetString()));
        var answer = (await door.MessagesAsync(failed.Session))[^1];
        Assert.True(answer.GetProperty("interrupted").GetBoolean());
    }

    [Fact]
    public async Task A_client_that_goes_interrupts_its_answer_and_what_was_said_stays()
    {
        var held = new HeldAgent();
        await using var door = await TongyiDoor.OpenAsync(new Agent("held", held), TongyiDoor.Historian() with { IsDefault = true });
        var response = await door.SendAsync("POST", "/dialog/conversation", TongyiDoor.Body("x", "\"model\":\"held\""));
        var (run, session) = (response.Headers.GetValues("parley-run").Single(), response.Headers.GetValues("parley-conversation").Single());
        await held.Begun;
        response.Dispose();

        // Asked at once: what it left has ended by then, and is known.
        var next = await door.SayAsync("Go on.", session, run);
        Assert.Equal("user: x\nassistant: Wait\nuser: Go on.", next.Text);
        var answer = (await door.MessagesAsync(session))[1];
        Assert.Equal((run, true, "finished", "Wait"), (Word(answer, "msgId"), answer.GetProperty("interrupted").GetBoolean(), Word(answer, "msgStatus"), Word(answer.GetProperty("contents")[0], "content")));
    }

    [Fact]
    public async Task A_client_may_go_and_let_its_answer_go_on()
    {
        var held = new HeldAgent();
        await using var door = await TongyiDoor.OpenAsync(new Agent("held", held));
        var response = await door.SendAsync("POST", "/dialog/conversation", TongyiDoor.Body("x"), ("parley-on-disconnect", "continue"));
        var session = response.Headers.GetValues("parley-conversation").Single();
        await held.Begun;
        response.Dispose();
        held.Release();
        while (Word((await door.MessagesAsync(session))[1], "msgStatus") != "finished") await Task.Yield();
        Assert.False((await door.MessagesAsync(session))[1].GetProperty("interrupted").GetBoolean());
    }

    [Theory]
    [InlineData("run")]
    [InlineData("question")]
    [InlineData("session")]
    public async Task An_answer_is_stopped_and_its_stream_ends_as_interrupted(string by)
    {
        var held = new HeldAgent();
        await using var door = await TongyiDoor.OpenAsync(new Agent("held", held));
        using var response = await door.SendAsync("POST", "/dialog/conversation", TongyiDoor.Body("x"));
        var (run, session) = (response.Headers.GetValues("parley-run").Single(), response.Headers.GetValues("parley-conversation").Single());
        await held.Begun;
        var messages = await door.MessagesAsync(session);
        while (messages[1].GetProperty("contents").GetArrayLength() == 0) messages = await door.MessagesAsync(session);
        Assert.Equal(("generating", "Wait"), (Word(messages[1], "msgStatus"), Word(messages[1].GetProperty("contents")[0], "content")));
        var named = by switch { "run" => run, "question" => Word(messages[0], "msgId"), _ => "" };
        await door.DataAsync("/dialog/chat/stop", $"{{\"sessionId\":\"{session}\",\"msgId\":\"{named}\"}}");
        var answer = await TongyiAnswer.OfAsync(response);
        Assert.Equal(("interrupted", "Wait"), (answer.StopReason, answer.Text));
        Assert.True((await door.MessagesAsync(session))[1].GetProperty("interrupted").GetBoolean());

        // Once more changes nothing.
        await door.DataAsync("/dialog/chat/stop", $"{{\"sessionId\":\"{session}\",\"msgId\":\"{run}\"}}");
        Assert.Equal((400, "INVALID_PARAM", "msgId names no answer of this session."), await door.RefusalAsync("/dialog/chat/stop", $"{{\"sessionId\":\"{session}\",\"msgId\":\"x\"}}"));
    }

    [Fact]
    public async Task Stopping_a_question_stops_the_answer_that_is_under_way_and_not_the_first()
    {
        var held = new HeldAgent();
        await using var door = await TongyiDoor.OpenAsync(TongyiDoor.Echo("echo") with { IsDefault = true }, new Agent("held", held));
        var first = await door.SayAsync("1");
        using var response = await door.SendAsync("POST", "/dialog/conversation", $"{{\"action\":\"variant\",\"model\":\"held\",\"sessionId\":\"{first.Session}\",\"parentMsgId\":\"{first.Message}\"}}");
        await held.Begun;
        await door.DataAsync("/dialog/chat/stop", $"{{\"sessionId\":\"{first.Session}\",\"msgId\":\"{first.Question}\"}}");
        Assert.Equal("interrupted", (await TongyiAnswer.OfAsync(response)).StopReason);
        Assert.Equal([false, true], (await door.MessagesAsync(first.Session)).Skip(1).Select(message => message.GetProperty("interrupted").GetBoolean()));
    }

    [Fact]
    public async Task What_other_protocols_keep_of_a_file_is_not_shown()
    {
        await using var door = await TongyiDoor.OpenAsync();
        var (conversation, now) = (new Id(0x6b00445000c00000), DateTimeOffset.UnixEpoch);
        var file = new InputItem(new MessageItem(Role.User), [new Content(PartKind.Media, Media: new Media("https://x.example/a.pdf"), Data: new RawJson("""{"detail":"high"}"""))]);
        await door.Store.CreateConversationAsync(
            new Conversation { Id = conversation, Owner = "local", Section = conversation, CreatedAt = now, UpdatedAt = now }, [file.ToMessage(new Id(0x6b00445000c00008), conversation, default, now)], TestContext.Current.CancellationToken);
        Assert.False((await door.MessagesAsync(HexId.Render(conversation, conversation))).Single().GetProperty("contents")[0].TryGetProperty("ext", out _));
    }

    [Fact]
    public async Task Images_and_files_are_given_to_the_agent_and_shown_again()
    {
        await using var door = await TongyiDoor.OpenAsync();
        var answer = await door.AskAsync("""
            {"sessionType":"image_chat","contents":[{"content":"What is it?","contentType":"text","role":"user"},{"content":"https://x.example/a.png","contentType":"image","role":"user"},
            {"content":"https://x.example/b.pdf","contentType":"file","role":"user","ext":{"fileSize":12,"docId":"d"}}]}
            """);
        Assert.Equal("What is it?\n[https://x.example/a.png]\n[https://x.example/b.pdf]", answer.Text);
        Assert.Equal("vision", Word(answer.Last, "contentFrom"));
        var question = (await door.MessagesAsync(answer.Session))[0];
        Assert.Equal(
            [("text", "What is it?"), ("image", "https://x.example/a.png"), ("file", "https://x.example/b.pdf")],
            question.GetProperty("contents").EnumerateArray().Select(item => (Word(item, "contentType"), Word(item, "content"))));
        Assert.Equal("""{"docId":"d","fileSize":12}""", question.GetProperty("contents")[2].GetProperty("ext").GetRawText());
        Assert.Equal("image_chat", (await door.DataAsync("/dialog/session/list"))[0].GetProperty("sessionType").GetString());
    }

    [Fact]
    public async Task A_system_prompt_and_what_was_said_before_are_given_as_they_are()
    {
        await using var door = await TongyiDoor.OpenAsync(TongyiDoor.Historian());
        var answer = await door.AskAsync("""{"contents":[{"role":"system","content":"Be brief."},{"role":"user","content":"1"},{"role":"assistant","content":"one"},{"role":"user","content":"2"}]}""");
        Assert.Equal("system: Be brief.\nuser: 1\nassistant: one\nuser: 2", answer.Text);
        Assert.EndsWith("user: 3", (await door.SayAsync("3", answer.Session, answer.Message)).Text, StringComparison.Ordinal);
        Assert.StartsWith("system: Be brief.", (await door.SayAsync("3", answer.Session, answer.Message)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_request_id_for_every_turn_means_nothing()
    {
        await using var door = await TongyiDoor.OpenAsync();
        var one = await door.AskAsync(TongyiDoor.Body("1", "\"requestId\":\"same\""));
        var two = await door.AskAsync(TongyiDoor.Body("2", "\"requestId\":\"same\""));
        Assert.Equal(("1", "2"), (one.Text, two.Text));
        Assert.NotEqual(one.Session, two.Session);
    }

    [Fact]
    public async Task Guests_are_let_in_by_a_setting_alone()
    {
        await using var door = await TongyiDoor.OpenAsync();
        using var response = await door.SendAsync("POST", "/dialog/guest/init", "{}");
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    private static string? Word(TongyiAnswer answer, int frame, string name) => Word(answer.Frames[frame], name);

    private static string? Word(System.Text.Json.JsonElement json, string name) => json.GetProperty(name).GetString();
}
