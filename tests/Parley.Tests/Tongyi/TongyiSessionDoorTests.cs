using System.Net;
using System.Text.Json;

namespace Parley.Tests.Tongyi;

public sealed class TongyiSessionDoorTests
{
    private const string NotThere = "6b00445000c000006b00445000c00000";

    [Theory]
    [InlineData("/dialog/session/list", "/dialog/session/update", "/dialog/session/delete")]
    [InlineData("/dialog/querySessionList", "/dialog/updateSession", "/dialog/deleteSession")]
    public async Task Sessions_are_listed_renamed_and_deleted_under_both_names(string list, string update, string delete)
    {
        await using var door = await TongyiDoor.OpenAsync();
        var answer = await door.SayAsync("What is it?\nTell me.");
        var session = (await door.DataAsync(list)).EnumerateArray().Single();
        Assert.Equal(
            ["canShare", "createTime", "errorMsg", "modifiedTime", "sessionId", "sessionType", "status", "summary", "userId"], session.EnumerateObject().Select(member => member.Name));
        Assert.Equal((answer.Session, "What is it?", "text_chat", "local"), (Word(session, "sessionId"), Word(session, "summary"), Word(session, "sessionType"), Word(session, "userId")));
        Assert.InRange(session.GetProperty("createTime").GetInt64(), 1_700_000_000_000, session.GetProperty("modifiedTime").GetInt64());

        Assert.Equal(JsonValueKind.Null, (await door.DataAsync(update, $"{{\"sessionId\":\"{answer.Session}\",\"summary\":\"Es 🙂\"}}")).ValueKind);
        Assert.Equal("Es 🙂", Word((await door.DataAsync(list, null))[0], "summary"));
        Assert.Equal(JsonValueKind.Null, (await door.DataAsync(delete, $"{{\"sessionId\":\"{answer.Session}\"}}")).ValueKind);
        Assert.Equal(0, (await door.DataAsync(list)).GetArrayLength());
        Assert.Equal((404, "SESSION_NOT_EXIST"), Status(await door.RefusalAsync(delete, $"{{\"sessionId\":\"{answer.Session}\"}}")));
        Assert.Equal((404, "SESSION_NOT_EXIST"), Status(await door.RefusalAsync("/dialog/conversation", TongyiDoor.Body("x", $"\"sessionId\":\"{answer.Session}\""))));
    }

    [Theory]
    [InlineData("/dialog/session/create")]
    [InlineData("/dialog/addSession")]
    public async Task A_session_is_made_before_anything_is_said(string create)
    {
        await using var door = await TongyiDoor.OpenAsync(TongyiDoor.Historian());
        var made = await door.DataAsync(create, """{"firstQuery":"Hi there","sessionType":"text_chat"}""");
        Assert.Equal(["sessionId", "summary", "userId"], made.EnumerateObject().Select(member => member.Name));
        Assert.Equal("Hi there", Word(made, "summary"));
        var answer = await door.SayAsync("1", Word(made, "sessionId")!);
        Assert.Equal((Word(made, "sessionId"), "user: 1"), (answer.Session, answer.Text));
        Assert.Single((await door.DataAsync("/dialog/session/list")).EnumerateArray());
    }

    [Fact]
    public async Task A_name_that_a_client_made_is_the_session_from_then_on()
    {
        const string Name = "0f6b8a3e-1111-4222-8333-944455556666";
        await using var door = await TongyiDoor.OpenAsync(TongyiDoor.Historian());
        var first = await door.SayAsync("1", Name, "6f0c1b9a-0000-4000-8000-000000000000");
        Assert.Equal(Name, first.Session);
        Assert.NotEqual(Name, first.Conversation);
        Assert.Equal("user: 1\nassistant: user: 1\nuser: 2", (await door.SayAsync("2", Name, first.Message)).Text);

        // By our own id it is the same, called as its client calls it.
        var third = await door.SayAsync("3", first.Conversation, first.Message);
        Assert.Equal((Name, "user: 1\nassistant: user: 1\nuser: 3"), (third.Session, third.Text));
        Assert.Equal(Name, Word((await door.DataAsync("/dialog/session/list")).EnumerateArray().Single(), "sessionId"));
        Assert.All(await door.MessagesAsync(Name), message => Assert.Equal(Name, Word(message, "sessionId")));

        // Another's session of that name is another session.
        using var response = await door.SendAsync("POST", "/dialog/conversation", TongyiDoor.Body("4", $"\"sessionId\":\"{Name}\""), ("owner", "eve"));
        var others = await TongyiAnswer.OfAsync(response);
        Assert.Equal((Name, "user: 4"), (others.Session, others.Text));
        Assert.NotEqual(first.Conversation, others.Conversation);
    }

    [Fact]
    public async Task Of_two_sessions_of_one_name_that_are_made_at_once_one_is_refused()
    {
        await using var door = await TongyiDoor.OpenAsync();
        var made = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            using var response = await door.SendAsync("POST", "/dialog/addSession", """{"sessionId":"mine"}""");
            return response.StatusCode;
        }));
        Assert.Equal(1, made.Count(status => status == HttpStatusCode.OK));
        Assert.Equal(7, made.Count(status => status == HttpStatusCode.BadRequest));
        Assert.Equal((400, "INVALID_PARAM", "sessionId is the id of a session that there is already."), await door.RefusalAsync("/dialog/addSession", """{"sessionId":"mine"}"""));
    }

    [Theory]
    [InlineData("6b00445000c000006b00445000c00000")]
    [InlineData("7710162562058289152")]
    [InlineData("conv_")]
    public async Task An_id_of_ours_that_is_not_there_begins_no_session_of_that_name(string name)
    {
        if (name == "conv_") name = PrefixedId.Render(name, new Id(0x6b00445000c00000), new Id(0x6b00445000c00000));
        await using var door = await TongyiDoor.OpenAsync();
        Assert.Equal((404, "SESSION_NOT_EXIST"), Status(await door.RefusalAsync("/dialog/addSession", $"{{\"sessionId\":\"{name}\"}}")));
        Assert.Equal((404, "SESSION_NOT_EXIST"), Status(await door.RefusalAsync("/dialog/conversation", TongyiDoor.Body("x", $"\"sessionId\":\"{name}\""))));
        Assert.Equal(0, (await door.DataAsync("/dialog/session/list")).GetArrayLength());
    }

    [Theory]
    [InlineData("1732567890123")]
    [InlineData("7")]
    public async Task A_number_that_a_client_made_is_a_name(string name)
    {
        await using var door = await TongyiDoor.OpenAsync();
        Assert.Equal(name, (await door.SayAsync("x", name)).Session);
    }

    [Fact]
    public async Task A_summary_may_not_be_one_character_of_endless_marks()
    {
        await using var door = await TongyiDoor.OpenAsync();
        var session = (await door.SayAsync("1")).Session;
        Assert.Equal(400, (await door.RefusalAsync("/dialog/session/update", $"{{\"sessionId\":\"{session}\",\"summary\":\"e{new string('\u0301', 400)}\"}}")).Status);
    }

    [Theory]
    [InlineData("POST", "/dialog/nowhere", 404)]
    [InlineData("GET", "/dialog/conversation", 405)]
    [InlineData("POST", "/assistant/api/user/info/get", 405)]
    public async Task A_path_or_method_that_is_not_there_is_told_in_this_protocols_words_too(string method, string path, int status)
    {
        await using var door = await TongyiDoor.OpenAsync();
        using var response = await door.SendAsync(method, path, method == "GET" ? null : "{}");
        var json = JsonElement.Parse(await TongyiDoor.TextAsync(response));
        Assert.Equal((status, status), ((int)response.StatusCode, json.GetProperty("httpCode").GetInt32()));
        Assert.Equal((false, true, "INVALID_PARAM"), (json.GetProperty("success").GetBoolean(), json.GetProperty("failed").GetBoolean(), Word(json, "errorCode")));
        Assert.Equal(json.GetProperty("error").GetProperty("message").GetString(), Word(json, "errorMsg"));
        Assert.Matches("^[0-9a-f]{32}$", Word(json, "traceId"));
    }

    [Fact]
    public async Task What_belongs_to_others_is_neither_listed_nor_told_from_what_is_not_there()
    {
        await using var door = await TongyiDoor.OpenAsync();
        var answer = await door.SayAsync("1");
        Assert.Equal(0, (await door.DataAsync("/dialog/session/list", "{}", "eve")).GetArrayLength());
        foreach (var path in new[] { "/dialog/chat/list", "/dialog/session/update", "/dialog/session/delete", "/dialog/chat/stop" })
        {
            var theirs = await door.RefusalAsync(path, $"{{\"sessionId\":\"{answer.Session}\",\"summary\":\"x\"}}", ("owner", "eve"));
            Assert.Equal((404, "SESSION_NOT_EXIST"), Status(theirs));
            Assert.Equal(theirs, await door.RefusalAsync(path, $"{{\"sessionId\":\"{NotThere}\",\"summary\":\"x\"}}"));
        }

        Assert.Equal("1", Word((await door.DataAsync("/dialog/session/list"))[0], "summary"));
    }

    [Fact]
    public async Task Pages_and_a_keyword_make_a_list_short()
    {
        await using var door = await TongyiDoor.OpenAsync();
        foreach (var name in new[] { "apple", "Pear", "apple pie", "plum" }) await door.DataAsync("/dialog/session/create", $"{{\"firstQuery\":\"{name}\"}}");
        Assert.Equal("plum,apple pie,Pear,apple", await Names("{}"));
        Assert.Equal("plum,apple pie,Pear,apple", await Names("""{"keyword":""}"""));
        Assert.Equal("Pear,apple", await Names("""{"pageNo":2,"pageSize":2}"""));
        Assert.Equal("apple pie,apple", await Names("""{"keyword":"APPLE"}"""));
        Assert.Equal("apple", await Names("""{"keyword":"apple","pageNo":2,"pageSize":1}"""));
        Assert.Equal("", await Names("""{"pageNo":3,"pageSize":2}"""));

        async Task<string> Names(string body) => string.Join(',', (await door.DataAsync("/dialog/session/list", body)).EnumerateArray().Select(session => Word(session, "summary")));
    }

    [Theory]
    [InlineData("/dialog/session/list", """{"pageNo":0}""", "pageNo")]
    [InlineData("/dialog/session/list", """{"pageSize":1001}""", "pageSize")]
    [InlineData("/dialog/session/list", """{"keyword":5}""", "keyword")]
    [InlineData("/dialog/session/list", "[]", "body")]
    [InlineData("/dialog/session/update", """{"sessionId":"SESSION"}""", "summary")]
    [InlineData("/dialog/session/update", """{"summary":"x"}""", "sessionId")]
    [InlineData("/dialog/session/delete", "", "sessionId")]
    [InlineData("/dialog/chat/list", "{}", "sessionId")]
    [InlineData("/dialog/chat/stop", """{"sessionId":7}""", "sessionId")]
    public async Task What_is_wrong_is_refused_by_its_field(string path, string body, string field)
    {
        await using var door = await TongyiDoor.OpenAsync();
        var session = (await door.SayAsync("1")).Session;
        var (status, code, message) = await door.RefusalAsync(path, body.Replace("SESSION", session, StringComparison.Ordinal));
        Assert.Equal((400, "INVALID_PARAM"), (status, code));
        Assert.Contains(field, message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Messages_tell_who_spoke_when_and_what_was_thought()
    {
        await using var door = await TongyiDoor.OpenAsync(TongyiDoor.Echo("echo", new() { Text = "42", Reasoning = "Hm \"🙂\"." }));
        var answer = await door.SayAsync("1");
        var messages = await door.MessagesAsync(answer.Session);
        Assert.All(messages, message => Assert.Equal(
            ["aiDisclaimer", "canRegenerate", "canShare", "canShow", "contentType", "contents", "createTime", "interrupted", "msgId", "msgStatus", "parentMsgId", "senderType", "sessionId"],
            message.EnumerateObject().Select(member => member.Name)));
        Assert.Equal([("USER", answer.Question), ("BOT", answer.Message)], messages.Select(message => (Word(message, "senderType"), Word(message, "msgId"))));
        Assert.Equal($$"""[{"content":"1","contentType":"text","id":"{{answer.Question}}_0","role":"user","status":"finished"}]""", messages[0].GetProperty("contents").GetRawText());

        Assert.Equal(["", answer.Question], messages.Select(message => Word(message, "parentMsgId")));

        // As the last frame had it.
        var last = answer.Last.GetProperty("contents").EnumerateArray().Select(item => (Word(item, "id"), Word(item, "contentType"), Word(item, "content"), Word(item, "role")));
        Assert.Equal(last, messages[1].GetProperty("contents").EnumerateArray().Select(item => (Word(item, "id"), Word(item, "contentType"), Word(item, "content"), Word(item, "role"))));
        Assert.Equal("Hm \"🙂\".", JsonElement.Parse(Word(messages[1].GetProperty("contents")[0], "content")!).GetProperty("content").GetString());
    }

    [Fact]
    public async Task The_models_are_the_agents()
    {
        await using var door = await TongyiDoor.OpenAsync(TongyiDoor.Echo("a") with { Description = "Repeats." }, TongyiDoor.Echo("b") with { IsDefault = true });
        var series = (await door.DataAsync("/dialog/api/chat/config/getModelSeries", """{"configType":"MAIN_CHAT","interactionScene":"all_chat","version":"v1"}""")).EnumerateArray().Single();
        Assert.Equal(
            [("a", "a", "Repeats.", 0, false), ("b", "b", "", 1, true)],
            series.GetProperty("params").EnumerateArray().Select(model => (Word(model, "modelName"), Word(model, "modelCode"), Word(model, "describe"), model.GetProperty("order").GetInt32(), model.GetProperty("picked").GetBoolean())));
    }

    [Fact]
    public async Task Clients_see_that_they_are_logged_in()
    {
        await using var door = await TongyiDoor.OpenAsync();
        using var response = await door.SendAsync("GET", "/assistant/api/user/info/get?isLogin&c=tongyi-web", null, ("owner", "ada"));
        var user = JsonElement.Parse(await TongyiDoor.TextAsync(response));
        Assert.Equal((HttpStatusCode.OK, true, "ada"), (response.StatusCode, user.GetProperty("success").GetBoolean(), Word(user.GetProperty("data"), "userId")));
        Assert.Equal(JsonValueKind.Null, (await door.DataAsync("/querySign")).ValueKind);
        Assert.Equal(0, (await door.DataAsync("/assistant/api/record/list", """{"pageNo":1}""")).GetArrayLength());
    }

    private static (int Status, string? Code) Status((int Status, string? Code, string Message) refusal) => (refusal.Status, refusal.Code);

    private static string? Word(JsonElement json, string name) => json.GetProperty(name).GetString();
}
