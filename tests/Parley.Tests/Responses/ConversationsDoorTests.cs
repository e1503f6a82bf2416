using System.Text.Json;
using Parley.Agents;
using static Parley.Tests.Responses.ResponsesDoor;

namespace Parley.Tests.Responses;

public sealed class ConversationsDoorTests
{
    [Fact]
    public async Task A_conversation_is_made_changed_and_deleted()
    {
        await using var door = await OpenAsync();
        var made = await door.CallAsync("POST", "/v1/conversations", """{"metadata":{"a":"1","b":"2"},"items":[{"role":"user","content":"hi"}]}""");
        Assert.Equal(("conversation", "1"), (made.GetProperty("object").GetString(), made.GetProperty("metadata").GetProperty("a").GetString()));
        Assert.StartsWith("conv_", IdOf(made), StringComparison.Ordinal);
        Assert.True(made.GetProperty("created_at").GetInt64() > 0);
        Assert.Equal(made.GetRawText(), (await door.CallAsync("GET", $"/v1/conversations/{IdOf(made)}")).GetRawText());

        // Metadata are replaced, not merged.
        var changed = await door.CallAsync("POST", $"/v1/conversations/{IdOf(made)}", """{"metadata":{"c":"3"}}""");
        Assert.Equal("""{"c":"3"}""", changed.GetProperty("metadata").GetRawText());
        Assert.Equal(changed.GetRawText(), (await door.CallAsync("GET", $"/openai/v1/conversations/{IdOf(made)}")).GetRawText());

        var deleted = await door.CallAsync("DELETE", $"/v1/conversations/{IdOf(made)}");
        Assert.Equal((IdOf(made), "conversation.deleted", true), (IdOf(deleted), deleted.GetProperty("object").GetString(), deleted.GetProperty("deleted").GetBoolean()));
        Assert.Equal((404, "conversation_id", "conversation_not_found"), await door.RefusalAsync("GET", $"/v1/conversations/{IdOf(made)}"));
    }

    [Fact]
    public async Task An_empty_body_makes_an_empty_conversation()
    {
        await using var door = await OpenAsync();
        var made = await door.CallAsync("POST", "/v1/conversations");
        var items = await door.CallAsync("GET", $"/v1/conversations/{IdOf(made)}/items");
        Assert.Equal("""{"object":"list","data":[],"first_id":null,"last_id":null,"has_more":false}""", items.GetRawText());
    }

    [Fact]
    public async Task Encrypted_reasoning_is_listed_where_it_is_asked_for()
    {
        await using var door = await OpenAsync();
        var items = $"/v1/conversations/{IdOf(await door.CallAsync("POST", "/v1/conversations", "{}"))}/items";
        const string body = """{"items":[{"type":"reasoning","summary":[],"encrypted_content":"secret"}]}""";
        var made = (await door.CallAsync("POST", items, body)).GetProperty("data")[0];
        Assert.False(made.TryGetProperty("encrypted_content", out _));
        foreach (var query in (string[])["?include[]=reasoning.encrypted_content", "?include=reasoning.encrypted_content", "?include[]=other", ""])
        {
            var isTold = query.EndsWith("reasoning.encrypted_content", StringComparison.Ordinal);
            Assert.Equal(isTold, (await door.CallAsync("GET", items + query)).GetProperty("data")[0].TryGetProperty("encrypted_content", out _));
            Assert.Equal(isTold, (await door.CallAsync("GET", $"{items}/{IdOf(made)}{query}")).TryGetProperty("encrypted_content", out _));
        }
    }

    [Fact]
    public async Task Items_are_added_read_and_deleted_one_by_one()
    {
        await using var door = await OpenAsync();
        var conversation = IdOf(await door.CallAsync("POST", "/v1/conversations", """{"items":[{"role":"user","content":"one"}]}"""));
        var added = await door.CallAsync("POST", $"/v1/conversations/{conversation}/items",
            """{"items":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"two"}]},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"three"},{"type":"mcp_call","server_label":"s","name":"h","arguments":"{}","output":"four"}]}""");
        Assert.Equal(["assistant: two", "call f", "output three", "mcp_call"], ShowList(added));

        // A call that a server ran is one item with its result.
        Assert.Equal("four", added.GetProperty("data")[3].GetProperty("output").GetString());
        var listed = await door.CallAsync("GET", $"/v1/conversations/{conversation}/items?order=asc");
        Assert.Equal(["user: one", "assistant: two", "call f", "output three", "mcp_call"], ShowList(listed));
        Assert.Equal("four", listed.GetProperty("data")[4].GetProperty("output").GetString());
        Assert.Equal(["mcp_call", "output three"], ShowList(await door.CallAsync("GET", $"/v1/conversations/{conversation}/items?limit=2")));

        var item = IdOf(added.GetProperty("data")[0]);
        Assert.Equal(added.GetProperty("data")[0].GetRawText(), (await door.CallAsync("GET", $"/v1/conversations/{conversation}/items/{item}")).GetRawText());
        Assert.Equal(conversation, IdOf(await door.CallAsync("DELETE", $"/v1/conversations/{conversation}/items/{item}")));
        Assert.Equal((404, "item_id", null), await door.RefusalAsync("GET", $"/v1/conversations/{conversation}/items/{item}"));
        Assert.Equal(["user: one", "call f"], ShowList(await door.CallAsync("GET", $"/v1/conversations/{conversation}/items?order=asc&limit=2")));
    }

    [Fact]
    public async Task An_item_of_an_answer_is_deleted_alone()
    {
        await using var door = await OpenAsync(Echoing("thinker", new EchoOptions { Text = "42", Reasoning = "hm" }));
        var conversation = IdOf(await door.CallAsync("POST", "/v1/conversations", "{}"));
        var made = await door.AskAsync($$"""{"model":"thinker","input":"why?","conversation":"{{conversation}}"}""");
        await door.CallAsync("DELETE", $"/v1/conversations/{conversation}/items/{IdOf(made.GetProperty("output")[0])}");
        Assert.Equal(["user: why?", "assistant: 42"], ShowList(await door.CallAsync("GET", $"/v1/conversations/{conversation}/items?order=asc")));
    }

    [Fact]
    public async Task Pages_go_both_ways()
    {
        await using var door = await OpenAsync();
        var items = string.Join(',', Enumerable.Range(0, 7).Select(i => $$"""{"role":"user","content":"m{{i}}"}"""));
        var conversation = IdOf(await door.CallAsync("POST", "/v1/conversations", $$"""{"items":[{{items}}]}"""));
        var seen = new List<string>();
        for (var after = ""; ;)
        {
            var page = await door.CallAsync("GET", $"/v1/conversations/{conversation}/items?limit=3{after}");
            seen.AddRange(ShowList(page));
            if (!page.GetProperty("has_more").GetBoolean()) break;
            after = $"&after={page.GetProperty("last_id").GetString()}";
        }

        Assert.Equal(Enumerable.Range(0, 7).Reverse().Select(i => $"user: m{i}"), seen);
        var last = (await door.CallAsync("GET", $"/v1/conversations/{conversation}/items?order=asc&limit=100")).GetProperty("last_id").GetString();
        Assert.Equal(["user: m4", "user: m5"], ShowList(await door.CallAsync("GET", $"/v1/conversations/{conversation}/items?order=asc&limit=2&before={last}")));
        var elsewhere = IdOf((await door.CallAsync("POST", "/v1/conversations", """{"items":[]}""")));
        Assert.Equal((404, "after", null), await door.RefusalAsync("GET", $"/v1/conversations/{elsewhere}/items?after={last}"));
    }

    [Fact]
    public async Task The_list_of_conversations_is_cozes_where_it_names_a_bot()
    {
        await using var door = await OpenAsync();
        string[] made = [.. Enumerable.Range(0, 3).Select(_ => IdOf(door.CallAsync("POST", "/v1/conversations", "{}").Result))];
        Assert.Equal([made[2], made[1], made[0]], await Ids("/v1/conversations"));
        Assert.Equal([made[1], made[0]], await Ids($"/openai/conversations?after={made[2]}"));
        Assert.Equal([made[0]], await Ids("/v1/conversations?order=asc&limit=1"));
        Assert.Equal([made[1]], await Ids($"/v1/conversations?order=asc&limit=1&before={made[2]}"));

        var coze = await door.CallAsync("GET", "/v1/conversations?bot_id=echo&page_num=1&page_size=5");
        Assert.Equal(0, coze.GetProperty("code").GetInt32());
        Assert.Equal(JsonValueKind.Array, coze.GetProperty("data").GetProperty("conversations").ValueKind);
        Assert.NotEqual(0, (await door.CallAsync("GET", "/v1/conversations?bot_id=nobody")).GetProperty("code").GetInt32());
        Assert.Equal((400, "limit", "invalid_value"), await door.RefusalAsync("GET", "/v1/conversations?limit=500"));

        async Task<string[]> Ids(string path) => [.. (await door.CallAsync("GET", path)).GetProperty("data").EnumerateArray().Select(IdOf)];
    }

    [Fact]
    public async Task One_conversation_has_an_id_in_either_protocol_and_each_goes_to_its_own_door()
    {
        await using var door = await OpenAsync();
        var made = IdOf(await door.CallAsync("POST", "/v1/conversations", """{"items":[{"role":"user","content":"hi"}]}"""));
        PrefixedId.TryParse(made, out var id, out _);
        var coze = await door.CallAsync("GET", $"/v1/conversation/retrieve?conversation_id={id}");
        Assert.Equal(id.ToString(), coze.GetProperty("data").GetProperty("id").GetString());
        Assert.Equal(0, (await door.CallAsync("DELETE", $"/v1/conversations/{id}")).GetProperty("code").GetInt32());
        Assert.Equal(404, (await door.RefusalAsync("GET", $"/v1/conversations/{made}")).Status);
    }
}
