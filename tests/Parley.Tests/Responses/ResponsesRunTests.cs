using Parley.Agents;
using static Parley.Tests.Responses.ResponsesDoor;

namespace Parley.Tests.Responses;

/// <summary>Responses that are under way: streamed, in the background, cancelled, left, deleted.</summary>
public sealed class ResponsesRunTests
{
    private static Agent Slow => Echoing("slow", new EchoOptions { Pieces = 100, Text = string.Concat(Enumerable.Repeat("tick ", 100)), Pace = TimeSpan.FromMilliseconds(20) });

    [Fact]
    public async Task A_stream_can_be_had_again_from_any_event()
    {
        await using var door = await OpenAsync();
        var events = await door.StreamAsync("POST", "/v1/responses", """{"model":"echo","input":"one two three four","stream":true}""");
        var id = events[0].GetProperty("response").GetProperty("id").GetString();
        Assert.Equal("response.completed", events[^1].GetProperty("type").GetString());
        for (var n = -1; n < events.Count; n++)
        {
            var rest = await door.StreamAsync("GET", $"/v1/responses/{id}?stream=true{(n < 0 ? "" : $"&starting_after={n}")}");
            Assert.Equal(events.Skip(n + 1).Select(one => one.GetRawText()), rest.Select(one => one.GetRawText()));
        }
    }

    [Fact]
    public async Task A_background_response_is_polled_and_followed()
    {
        await using var door = await OpenAsync(Echoing("brisk", new EchoOptions { Pieces = 10, Text = "one two three four five six", Pace = TimeSpan.FromMilliseconds(20) }));
        var queued = await door.AskAsync("""{"model":"brisk","input":"a","background":true}""");
        Assert.Contains(queued.GetProperty("status").GetString(), new[] { "queued", "in_progress" });
        Assert.True(queued.GetProperty("background").GetBoolean());
        var followed = await door.StreamAsync("GET", $"/v1/responses/{IdOf(queued)}?stream=true");
        Assert.Equal(["response.created", "response.queued", "response.in_progress"], followed.Take(3).Select(one => one.GetProperty("type").GetString()));
        Assert.Equal("one two three four five six", TextOf(followed[^1].GetProperty("response")));
        Assert.Equal("completed", (await door.CallAsync("GET", $"/v1/responses/{IdOf(queued)}")).GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_response_is_cancelled_once_and_one_that_has_ended_is_not()
    {
        await using var door = await OpenAsync(Slow, Echoing("echo"));
        var running = IdOf(await door.AskAsync("""{"model":"slow","input":"a","background":true}"""));
        Assert.Equal("cancelled", (await door.CallAsync("POST", $"/v1/responses/{running}/cancel")).GetProperty("status").GetString());
        Assert.Equal("cancelled", (await door.CallAsync("POST", $"/v1/responses/{running}/cancel")).GetProperty("status").GetString());
        Assert.Equal("cancelled", (await door.CallAsync("GET", $"/v1/responses/{running}")).GetProperty("status").GetString());
        var ended = IdOf(await door.AskAsync("""{"model":"echo","input":"a"}"""));
        Assert.Equal((400, "response_id", "response_ended"), await door.RefusalAsync("POST", $"/v1/responses/{ended}/cancel"));
    }

    [Fact]
    public async Task A_client_that_leaves_ends_its_response_but_none_in_the_background()
    {
        await using var door = await OpenAsync(Slow);
        using (await door.SendAsync("POST", "/v1/responses", """{"model":"slow","input":"a","stream":true}"""))
        {
        }

        var left = (await door.CallAsync("GET", "/v1/responses")).GetProperty("data")[0];
        await StatusAsync(door, IdOf(left), "cancelled");
        using (await door.SendAsync("POST", "/v1/responses", """{"model":"slow","input":"a","stream":true,"background":true}"""))
        {
        }

        var kept = (await door.CallAsync("GET", "/v1/responses")).GetProperty("data")[0];
        Assert.NotEqual(IdOf(left), IdOf(kept));
        await StatusAsync(door, IdOf(kept), "completed");
    }

    [Fact]
    public async Task What_runs_in_a_conversation_holds_its_head_and_goes_with_it()
    {
        await using var door = await OpenAsync(Slow);
        var conversation = IdOf(await door.CallAsync("POST", "/v1/conversations", "{}"));
        var running = await door.AskAsync($$"""{"model":"slow","input":"a","background":true,"conversation":"{{conversation}}"}""");
        Assert.Equal((400, "conversation", "conversation_busy"), await door.RefusalAsync("POST", "/v1/responses", $$"""{"model":"slow","input":"b","conversation":"{{conversation}}"}"""));
        Assert.Equal((400, "conversation", "conversation_busy"), await door.RefusalAsync("POST", $"/v1/conversations/{conversation}/items", """{"items":[{"role":"user","content":"b"}]}"""));
        Assert.Equal((400, "previous_response_id", "previous_response_in_progress"), await door.RefusalAsync("POST", "/v1/responses", $$"""{"model":"slow","input":"b","previous_response_id":"{{IdOf(running)}}"}"""));

        using var stream = await door.SendAsync("GET", $"/v1/responses/{IdOf(running)}?stream=true");
        Assert.True((await door.CallAsync("DELETE", $"/v1/conversations/{conversation}")).GetProperty("deleted").GetBoolean());
        Assert.EndsWith("data: [DONE]\n\n", await stream.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(404, (await door.RefusalAsync("GET", $"/v1/responses/{IdOf(running)}")).Status);
    }

    [Fact]
    public async Task A_response_that_is_deleted_is_gone_and_what_was_said_stays()
    {
        await using var door = await OpenAsync(Slow, Echoing("echo"));
        var conversation = IdOf(await door.CallAsync("POST", "/v1/conversations", "{}"));
        var made = IdOf(await door.AskAsync($$"""{"model":"echo","input":"a","conversation":"{{conversation}}"}"""));
        var deleted = await door.CallAsync("DELETE", $"/v1/responses/{made}");
        Assert.Equal((made, "response", true), (IdOf(deleted), deleted.GetProperty("object").GetString(), deleted.GetProperty("deleted").GetBoolean()));
        Assert.Equal(404, (await door.RefusalAsync("GET", $"/v1/responses/{made}")).Status);
        Assert.Equal(404, (await door.RefusalAsync("DELETE", $"/v1/responses/{made}")).Status);
        Assert.Equal(["user: a", "assistant: a"], ShowList(await door.CallAsync("GET", $"/v1/conversations/{conversation}/items?order=asc")));
        var running = IdOf(await door.AskAsync("""{"model":"slow","input":"a","background":true}"""));
        await door.CallAsync("DELETE", $"/v1/responses/{running}");
        Assert.Equal(0, door.Runner.ActiveCount);
    }

    [Fact]
    public async Task Input_is_listed_page_by_page_newest_first()
    {
        await using var door = await OpenAsync();
        var made = IdOf(await door.AskAsync("""{"model":"echo","input":[{"role":"developer","content":"a"},{"role":"user","content":"b"},{"role":"user","content":"c"}]}"""));
        var first = await door.CallAsync("GET", $"/v1/responses/{made}/input_items?limit=2");
        Assert.Equal(["user: c", "user: b"], ShowList(first));
        Assert.True(first.GetProperty("has_more").GetBoolean());
        Assert.Equal(IdOf(first.GetProperty("data")[1]), first.GetProperty("last_id").GetString());
        var rest = await door.CallAsync("GET", $"/v1/responses/{made}/input_items?limit=2&after={first.GetProperty("last_id").GetString()}");
        Assert.Equal(["developer: a"], ShowList(rest));
        Assert.False(rest.GetProperty("has_more").GetBoolean());
        Assert.Equal(["user: b", "user: c"], ShowList(await door.CallAsync("GET", $"/v1/responses/{made}/input_items?order=asc&after={rest.GetProperty("last_id").GetString()}")));
    }

    [Fact]
    public async Task Responses_are_listed_by_agent_and_conversation()
    {
        await using var door = await OpenAsync(Echoing("one"), Echoing("two"));
        var conversation = IdOf(await door.CallAsync("POST", "/v1/conversations", "{}"));
        string[] made =
        [
            IdOf(await door.AskAsync("""{"model":"one","input":"a"}""")),
            IdOf(await door.AskAsync("""{"model":"two","input":"a"}""")),
            IdOf(await door.AskAsync($$"""{"model":"one","input":"a","conversation":"{{conversation}}"}""")),
        ];
        Assert.Equal([made[2], made[1], made[0]], await Ids(""));
        Assert.Equal([made[0], made[1]], await Ids("?order=asc&limit=2"));
        Assert.Equal([made[2]], await Ids($"?order=asc&after={made[1]}"));
        Assert.Equal([made[1], made[0]], await Ids($"?after={made[2]}"));
        Assert.Equal([made[2], made[1]], await Ids($"?limit=2&before={made[0]}"));
        Assert.Equal([made[2], made[0]], await Ids("?agent_name=one"));
        Assert.Equal([made[1]], await Ids("?agent_id=two:1"));
        Assert.Empty(await Ids("?agent_id=two:7"));
        Assert.Equal([made[2]], await Ids($"?conversation_id={conversation}"));

        async Task<string[]> Ids(string query) => [.. (await door.CallAsync("GET", "/v1/responses" + query)).GetProperty("data").EnumerateArray().Select(IdOf)];
    }

    [Fact]
    public async Task A_compacted_context_goes_on_as_if_it_were_whole()
    {
        await using var door = await OpenAsync(Echoing("history", new EchoOptions { Reply = EchoReply.History }));
        var first = IdOf(await door.AskAsync("""{"model":"history","input":"one"}"""));
        var compacted = await door.CallAsync("POST", "/v1/responses/compact", $$"""{"model":"history","previous_response_id":"{{first}}","input":"two"}""");
        Assert.Equal("response.compaction", compacted.GetProperty("object").GetString());
        Assert.Equal(["message", "message", "compaction"], compacted.GetProperty("output").EnumerateArray().Select(item => item.GetProperty("type").GetString()));
        Assert.True(compacted.GetProperty("usage").GetProperty("input_tokens").GetInt64() > 0);
        var input = string.Join(',', compacted.GetProperty("output").EnumerateArray().Select(item => item.GetRawText()));
        Assert.Equal("user: one\nassistant: user: one\nuser: two\nuser: three", TextOf(await door.AskAsync($$"""{"model":"history","input":[{{input}},{"role":"user","content":"three"}]}""")));
    }

    [Fact]
    public async Task The_tokens_of_an_input_are_guessed_with_its_history()
    {
        await using var door = await OpenAsync();
        var made = IdOf(await door.AskAsync("""{"model":"echo","input":"12345678"}"""));
        Assert.Equal(3, await Count("""{"model":"echo","input":"12345678","instructions":"1234"}"""));
        Assert.Equal(5, await Count($$"""{"model":"echo","input":"1234","previous_response_id":"{{made}}"}"""));

        async Task<long> Count(string body)
        {
            var counted = await door.CallAsync("POST", "/v1/responses/input_tokens", body);
            Assert.Equal("response.input_tokens", counted.GetProperty("object").GetString());
            return counted.GetProperty("input_tokens").GetInt64();
        }
    }

    private static async Task StatusAsync(ResponsesDoor door, string id, string status)
    {
        PrefixedId.TryParse(id, out _, out var run);
        if (door.Runner.FindLive(run) is { } live) await live.Completion.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(status, (await door.CallAsync("GET", $"/v1/responses/{id}")).GetProperty("status").GetString());
    }
}
