using System.Text.Json;

namespace Parley.Tests.Coze;

public sealed class CozeConversationDoorTests
{
    [Fact]
    public async Task A_conversation_has_a_whole_life()
    {
        await using var door = await CozeDoor.OpenAsync();
        var made = await door.DataAsync("POST", "/v1/conversation/create", """
            {"name":"First","bot_id":"echo-alias","meta_data":{"uuid":"1"},"messages":[
              {"role":"user","content":[{"type":"text","text":"Look"},{"type":"image","file_url":"http://a.example/x.png"}],"content_type":"object_string"},
              {"role":"assistant","type":"answer","content":"Hi","content_type":"text"}]}
            """);
        var id = made.GetProperty("id").GetString();
        Assert.Equal(["id", "created_at", "meta_data", "creator_id", "connector_id", "last_section_id", "name", "updated_at"], made.EnumerateObject().Select(member => member.Name));
        Assert.Equal((id, "1024", "{\"uuid\":\"1\"}"), (made.GetProperty("last_section_id").GetString(), made.GetProperty("connector_id").GetString(), made.GetProperty("meta_data").GetRawText()));

        var messages = await door.CallAsync("POST", $"/v1/conversation/message/list?conversation_id={id}", "{\"order\":\"asc\",\"chat_id\":null,\"before_id\":null,\"after_id\":null}");
        Assert.Equal(
            [("user", "", "object_string", """[{"type":"text","text":"Look"},{"type":"image","file_url":"http://a.example/x.png"}]"""), ("assistant", "answer", "text", "Hi")],
            messages.GetProperty("data").EnumerateArray().Select(message => (Text(message, "role"), Text(message, "type"), Text(message, "content_type"), Text(message, "content"))));

        Assert.Equal("Second", Text(await door.DataAsync("PUT", $"/v1/conversations/{id}", "{\"name\":\"Second\"}"), "name"));
        Assert.Equal("Second", Text(await door.DataAsync("GET", $"/v1/conversation/retrieve?conversation_id={id}"), "name"));
        var section = await door.DataAsync("POST", $"/v1/conversations/{id}/clear");
        Assert.Equal(id, Text(section, "conversation_id"));
        Assert.NotEqual(id, Text(section, "id"));
        Assert.Equal(Text(section, "id"), Text(await door.DataAsync("GET", $"/v1/conversation/retrieve?conversation_id={id}"), "last_section_id"));

        var deleted = await door.CallAsync("DELETE", $"/v1/conversations/{id}");
        Assert.Equal(["code", "msg", "detail"], deleted.EnumerateObject().Select(member => member.Name));
        Assert.Equal(4001, Code(await door.CallAsync("GET", $"/v1/conversation/retrieve?conversation_id={id}")));
        Assert.Equal(4001, Code(await door.CallAsync("DELETE", $"/v1/conversations/{id}")));
    }

    [Fact]
    public async Task What_was_cleared_is_listed_but_not_remembered()
    {
        await using var door = await CozeDoor.OpenAsync(agents: CozeDoor.Echo("echo", new Parley.Agents.EchoOptions { Reply = Parley.Agents.EchoReply.History }));
        var id = Text(await door.DataAsync("POST", "/v1/conversation/create", "{\"messages\":[{\"role\":\"user\",\"content\":\"before\"}]}"), "id");
        await door.DataAsync("POST", $"/v1/conversations/{id}/clear");
        Assert.Equal(4000, Code(await door.CallAsync("POST", $"/v3/chat?conversation_id={id}", "{\"bot_id\":\"echo\",\"user_id\":\"u\"}")));
        var frames = await door.StreamAsync($"/v3/chat?conversation_id={id}", "{\"bot_id\":\"echo\",\"user_id\":\"u\",\"stream\":true,\"additional_messages\":[{\"role\":\"user\",\"content\":\"after\"}]}");
        Assert.Equal("user: after", Text(JsonElement.Parse(frames.First(frame => frame.Event == "conversation.message.completed").Data), "content"));
        Assert.Equal(3, (await door.CallAsync("POST", $"/v1/conversation/message/list?conversation_id={id}")).GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task Conversations_are_listed_by_bot_page_and_order()
    {
        await using var door = await CozeDoor.OpenAsync();
        var ids = new List<string?>();
        for (var i = 0; i < 5; i++) ids.Add(Text(await door.DataAsync("POST", "/v1/conversation/create", "{\"bot_id\":\"7478675888952246323\"}"), "id"));
        await door.DataAsync("POST", "/v1/conversation/create", "{}");
        var page = await door.DataAsync("GET", "/v1/conversations?bot_id=echo&page_num=2&page_size=2&sort_order=ASC&connector_id=1024");
        Assert.Equal(ids[2..4], page.GetProperty("conversations").EnumerateArray().Select(conversation => Text(conversation, "id")));
        Assert.True(page.GetProperty("has_more").GetBoolean());
        page = await door.DataAsync("GET", "/v1/conversations?bot_id=echo");
        Assert.Equal(Enumerable.Reverse(ids), page.GetProperty("conversations").EnumerateArray().Select(conversation => Text(conversation, "id")));
        Assert.False(page.GetProperty("has_more").GetBoolean());
        foreach (var bad in (string[])["", "?bot_id=echo&page_size=51", "?bot_id=echo&page_num=0", "?bot_id=echo&sort_order=up"])
            Assert.Equal(4000, Code(await door.CallAsync("GET", "/v1/conversations" + bad)));
        Assert.Equal(4200, Code(await door.CallAsync("GET", "/v1/conversations?bot_id=nobody")));
    }

    [Fact]
    public async Task Messages_are_paged_by_cursors_that_follow_the_order()
    {
        await using var door = await CozeDoor.OpenAsync();
        var id = Text(await door.DataAsync("POST", "/v1/conversation/create"), "id");
        var path = $"/v1/conversation/message/list?conversation_id={id}";
        var empty = await door.CallAsync("POST", path, "", "application/x-www-form-urlencoded");
        Assert.Equal("{\"code\":0,\"msg\":\"\",\"data\":[],\"first_id\":\"\",\"last_id\":\"\",\"has_more\":false,\"detail\"", empty.GetRawText()[..81]);
        for (var i = 0; i < 7; i++) await door.DataAsync("POST", $"/v1/conversation/message/create?conversation_id={id}", $"{{\"role\":\"user\",\"content\":\"{i}\",\"content_type\":\"text\",\"meta_data\":null}}");

        foreach (var order in (string[])["desc", "asc"])
        {
            var read = new List<string>();
            var after = "0";
            var more = true;
            string? lastFirst = null;
            while (more)
            {
                var page = await door.CallAsync("POST", path, $"{{\"order\":\"{order}\",\"limit\":3,\"after_id\":\"{after}\"}}");
                read.AddRange(page.GetProperty("data").EnumerateArray().Select(message => Text(message, "content")!));
                (after, more, lastFirst) = (Text(page, "last_id")!, page.GetProperty("has_more").GetBoolean(), Text(page, "first_id"));
            }

            string[] expected = ["0", "1", "2", "3", "4", "5", "6"];
            Assert.Equal(order == "asc" ? expected : expected.Reverse(), read);
            var back = await door.CallAsync("POST", path, $"{{\"order\":\"{order}\",\"limit\":3,\"before_id\":\"{lastFirst}\"}}");
            Assert.Equal(read[3..6], back.GetProperty("data").EnumerateArray().Select(message => Text(message, "content")!));
        }

        var unknown = await door.CallAsync("POST", path, "{\"after_id\":\"7710237672458944512\"}");
        Assert.Equal(4005, Code(unknown));
        Assert.EndsWith("(after_id)", Text(unknown, "msg"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_is_made_read_changed_and_deleted()
    {
        await using var door = await CozeDoor.OpenAsync();
        var id = Text(await door.DataAsync("POST", "/v1/conversation/create"), "id");
        var made = await door.DataAsync("POST", $"/v1/conversation/message/create?conversation_id={id}", "{\"role\":\"user\",\"content\":\"a <b>\",\"content_type\":\"text\",\"meta_data\":{\"k\":\"v\"}}");
        Assert.Equal(
            ["id", "conversation_id", "bot_id", "role", "type", "content", "content_type", "meta_data", "chat_id", "section_id", "created_at", "updated_at"],
            made.EnumerateObject().Select(member => member.Name));
        Assert.Equal(JsonValueKind.Number, made.GetProperty("updated_at").ValueKind);
        var query = $"?conversation_id={id}&message_id={Text(made, "id")}";
        Assert.Equal("a <b>", Text(await door.DataAsync("GET", "/v1/conversation/message/retrieve" + query), "content"));

        var changed = await door.CallAsync("POST", "/v1/conversation/message/modify" + query, "{\"content\":\"c\",\"content_type\":\"text\"}");
        Assert.False(changed.TryGetProperty("data", out _));
        Assert.Equal(("c", "{\"k\":\"v\"}"), (Text(changed.GetProperty("message"), "content"), changed.GetProperty("message").GetProperty("meta_data").GetRawText()));
        foreach (var nothing in (string[])["{}", "{\"content\":\"\",\"meta_data\":{}}"])
            Assert.Equal(4000, Code(await door.CallAsync("POST", "/v1/conversation/message/modify" + query, nothing)));

        Assert.Equal("c", Text(await door.DataAsync("POST", "/v1/conversation/message/delete" + query), "content"));
        Assert.Equal(4005, Code(await door.CallAsync("GET", "/v1/conversation/message/retrieve" + query)));
        Assert.Equal(4005, Code(await door.CallAsync("POST", "/v1/conversation/message/delete" + query)));
        Assert.Equal(4001, Code(await door.CallAsync("GET", "/v1/conversation/message/retrieve?conversation_id=7&message_id=7")));
    }

    [Fact]
    public async Task Another_owners_conversations_look_like_absent_ones()
    {
        await using var door = await CozeDoor.OpenAsync();
        var id = Text(await door.DataAsync("POST", "/v1/conversation/create"), "id");
        Assert.Equal(4001, Code(await door.CallAsync("GET", $"/v1/conversation/retrieve?conversation_id={id}", owner: "stranger")));
        Assert.Equal(4001, Code(await door.CallAsync("POST", $"/v1/conversation/message/list?conversation_id={id}", "{}", owner: "stranger")));
        Assert.Equal(4001, Code(await door.CallAsync("DELETE", $"/v1/conversations/{id}", owner: "stranger")));
        Assert.Equal(0, Code(await door.CallAsync("GET", $"/v1/conversation/retrieve?conversation_id={id}")));
    }

    [Fact]
    public async Task Bots_are_the_agents_in_every_form()
    {
        await using var door = await CozeDoor.OpenAsync();
        Assert.Equal("7478675888952246323", Text((await door.DataAsync("GET", "/v1/bots?workspace_id=1")).GetProperty("items")[0], "id"));
        var published = await door.DataAsync("GET", "/v1/space/published_bots_list?space_id=1&page_size=10&page_index=1");
        Assert.Equal(("echo", 1), (Text(published.GetProperty("space_bots")[0], "bot_name"), published.GetProperty("total").GetInt32()));
        foreach (var path in (string[])["/v1/bots/echo?is_published=true", "/v1/bot/get_online_info?bot_id=7478675888952246323", "/v1/bots/echo-alias"])
            Assert.Equal("7478675888952246323", Text(await door.DataAsync("GET", path), "bot_id"));
        Assert.Equal(4200, Code(await door.CallAsync("GET", "/v1/bots/nobody")));
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static int Code(JsonElement answer) => answer.GetProperty("code").GetInt32();
}
