using System.Net;
using System.Text.Json;
using Parley.Agents;
using static Parley.Tests.Responses.ResponsesDoor;

namespace Parley.Tests.Responses;

public sealed class ResponsesDoorTests
{
    private const string Tools = """ "tools":[{"type":"function","name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}] """;

    [Theory]
    [InlineData("/v1")]
    [InlineData("/openai")]
    [InlineData("/openai/v1")]
    [InlineData("/api/projects/p/openai")]
    [InlineData("/api/projects/p/openai/v1")]
    public async Task Every_prefix_serves_the_same_responses(string prefix)
    {
        await using var door = await OpenAsync();
        var made = await door.CallAsync("POST", $"{prefix}/responses?api-version=2025-11-15-preview", """{"model":"echo","input":"hello"}""");
        Assert.Equal(("completed", "hello"), (made.GetProperty("status").GetString(), TextOf(made)));
        var again = await door.CallAsync("GET", $"/v1/responses/{IdOf(made)}");
        Assert.Equal(made.GetRawText(), again.GetRawText());
    }

    [Theory]
    [InlineData("/api/projects/p/agents/echo/endpoint/protocols/openai")]
    [InlineData("/api/projects/p/agents/echo/endpoint/protocols/openai/v1")]
    [InlineData("/api/projects/p/applications/echo/protocols/openai")]
    public async Task A_path_may_name_the_agent(string prefix)
    {
        await using var door = await OpenAsync(Echoing("echo"), Echoing("other"));
        var made = await door.CallAsync("POST", $"{prefix}/responses", """{"input":"hello"}""");
        Assert.Equal(("hello", "echo"), (TextOf(made), made.GetProperty("agent").GetProperty("name").GetString()));
        Assert.Equal((400, "agent", "invalid_value"), await door.RefusalAsync("POST", $"{prefix}/responses", """{"input":"hello","agent_reference":{"type":"agent_reference","name":"other"}}"""));
    }

    [Theory]
    [InlineData("agent")]
    [InlineData("agent_reference")]
    public async Task A_request_may_name_the_agent_in_either_generation_of_words(string member)
    {
        await using var door = await OpenAsync(Echoing("echo"));
        var made = await door.AskAsync($$"""{"{{member}}":{"type":"agent_reference","name":"echo"},"input":[{"role":"user","content":"hello"}]}""");
        Assert.Equal("hello", TextOf(made));
        Assert.Equal(("echo", "echo"), (made.GetProperty("agent").GetProperty("name").GetString(), made.GetProperty("agent_reference").GetProperty("name").GetString()));
    }

    [Fact]
    public async Task A_response_repeats_what_was_asked()
    {
        await using var door = await OpenAsync();
        var made = await door.AskAsync("""{"model":"echo","input":"hi","instructions":"be kind","temperature":0.25,"metadata":{"k":"v"},"max_output_tokens":50,"text":{"format":{"type":"json_object"}}}""");
        Assert.Equal("echo", made.GetProperty("model").GetString());
        Assert.Equal("be kind", made.GetProperty("instructions").GetString());
        Assert.Equal(0.25, made.GetProperty("temperature").GetDouble());
        Assert.Equal("v", made.GetProperty("metadata").GetProperty("k").GetString());
        Assert.Equal(50, made.GetProperty("max_output_tokens").GetInt32());
        Assert.Equal("json_object", made.GetProperty("text").GetProperty("format").GetProperty("type").GetString());
        Assert.Equal(JsonValueKind.Null, made.GetProperty("conversation").ValueKind);
        Assert.True(made.GetProperty("store").GetBoolean());
    }

    [Fact]
    public async Task A_chain_goes_on_where_it_was_and_branches_in_parallel()
    {
        await using var door = await OpenAsync(Echoing("history", new EchoOptions { Reply = EchoReply.History }));
        var first = IdOf(await door.AskAsync("""{"model":"history","input":"one"}"""));
        var branches = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => door.AskAsync($$"""{"model":"history","input":"b{{i}}","previous_response_id":"{{first}}"}""")));
        for (var i = 0; i < branches.Length; i++)
        {
            Assert.Equal($"user: one\nassistant: user: one\nuser: b{i}", TextOf(branches[i]));
            Assert.Equal(first, branches[i].GetProperty("previous_response_id").GetString());
        }

        // Whoever only goes on need not say with whom.
        Assert.EndsWith("user: b3\nassistant: user: one\nassistant: user: one\nuser: b3\nuser: on", TextOf(await door.AskAsync($$"""{"input":"on","previous_response_id":"{{IdOf(branches[3])}}"}""")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conversation_gathers_what_is_said_in_it()
    {
        await using var door = await OpenAsync(Echoing("history", new EchoOptions { Reply = EchoReply.History }));
        var conversation = IdOf(await door.CallAsync("POST", "/v1/conversations", "{}"));
        await door.AskAsync($$"""{"model":"history","input":"one","conversation":"{{conversation}}"}""");
        var second = await door.AskAsync($$$"""{"model":"history","input":"two","conversation":{"id":"{{{conversation}}}"}}""");
        Assert.Equal("user: one\nassistant: user: one\nuser: two", TextOf(second));
        Assert.Equal(conversation, second.GetProperty("conversation").GetProperty("id").GetString());
        Assert.Equal(4, (await door.CallAsync("GET", $"/v1/conversations/{conversation}/items")).GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task What_is_not_kept_is_nowhere_to_be_found_and_its_input_is_its_history()
    {
        await using var door = await OpenAsync(Echoing("history", new EchoOptions { Reply = EchoReply.History }));
        var made = await door.AskAsync("""{"model":"history","store":false,"input":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}""");
        Assert.Equal("user: a\nassistant: b\nuser: c", TextOf(made));
        Assert.False(made.GetProperty("store").GetBoolean());
        Assert.Equal((404, "response_id", null), await door.RefusalAsync("GET", $"/v1/responses/{IdOf(made)}"));
        Assert.Equal((400, "previous_response_id", "previous_response_not_found"), await door.RefusalAsync("POST", "/v1/responses", $$"""{"model":"history","input":"x","previous_response_id":"{{IdOf(made)}}"}"""));
    }

    [Fact]
    public async Task A_tool_round_trips_by_chain_by_conversation_and_without_either()
    {
        await using var door = await OpenAsync(Echoing("caller", new EchoOptions { Tool = EchoOptions.AnyTool }));
        var asked = await door.AskAsync($$"""{"model":"caller","input":"weather?",{{Tools}}}""");
        var call = asked.GetProperty("output")[0];
        Assert.Equal(("function_call", "get_weather", "completed"), (call.GetProperty("type").GetString(), call.GetProperty("name").GetString(), asked.GetProperty("status").GetString()));
        var output = $$"""{"type":"function_call_output","call_id":"{{call.GetProperty("call_id").GetString()}}","output":"sunny"}""";
        Assert.Equal("sunny", TextOf(await door.AskAsync($$"""{"model":"caller","previous_response_id":"{{IdOf(asked)}}","input":[{{output}}],{{Tools}}}""")));

        // A second answer to the same response is another branch.
        Assert.Equal("sunny", TextOf(await door.AskAsync($$"""{"model":"caller","previous_response_id":"{{IdOf(asked)}}","input":[{{output}}],{{Tools}}}""")));

        var conversation = IdOf(await door.CallAsync("POST", "/v1/conversations", "{}"));
        var there = (await door.AskAsync($$"""{"model":"caller","conversation":"{{conversation}}","input":"weather?",{{Tools}}}""")).GetProperty("output")[0];
        var answer = $$"""{"type":"function_call_output","call_id":"{{there.GetProperty("call_id").GetString()}}","output":"rain"}""";
        Assert.Equal("rain", TextOf(await door.AskAsync($$"""{"model":"caller","conversation":"{{conversation}}","input":[{{answer}}],{{Tools}}}""")));
        Assert.Equal(["user: weather?", "call get_weather", "output rain", "assistant: rain"], ShowList(await door.CallAsync("GET", $"/v1/conversations/{conversation}/items?order=asc")));

        Assert.Equal("sunny", TextOf(await door.AskAsync($$"""{"model":"caller","store":false,"input":[{"role":"user","content":"weather?"},{{call.GetRawText()}},{{output}}],{{Tools}}}""")));
    }

    [Fact]
    public async Task Outputs_that_do_not_fit_what_is_open_disturb_nothing()
    {
        await using var door = await OpenAsync(Echoing("caller", new EchoOptions { Tool = EchoOptions.AnyTool }));
        var asked = await door.AskAsync($$"""{"model":"caller","input":"weather?",{{Tools}}}""");
        var call = asked.GetProperty("output")[0].GetProperty("call_id").GetString();
        var output = $$"""{"type":"function_call_output","call_id":"{{call}}","output":"sunny"}""";
        Task<(int, string?, string?)> Refused(string input) => door.RefusalAsync("POST", "/v1/responses", $$"""{"model":"caller","previous_response_id":"{{IdOf(asked)}}","input":{{input}},{{Tools}}}""");
        Assert.Equal((400, "input", null), await Refused("\"never mind\""));
        Assert.Equal((400, "input", null), await Refused("""[{"type":"function_call_output","call_id":"call_x","output":"o"}]"""));
        Assert.Equal((400, "input", null), await Refused($"[{output},{output}]"));
        const string told = """{"type":"function_call","call_id":"call_told","name":"f","arguments":"{}"}""";
        const string result = """{"type":"function_call_output","call_id":"call_told","output":"o"}""";
        foreach (var input in (string[])[$"[{told}]", $"[{told},{result},{result}]"])
            Assert.Equal((400, "input", null), await door.RefusalAsync("POST", "/v1/responses", $$"""{"model":"caller","input":{{input}}}"""));
        Assert.Equal((400, "input[0].call_id", "string_above_max_length"), await Refused($$"""[{"type":"function_call_output","call_id":"{{new string('c', 65)}}","output":"o"}]"""));
        Assert.Equal("sunny", TextOf(await door.AskAsync($$"""{"model":"caller","previous_response_id":"{{IdOf(asked)}}","input":[{{output}}],{{Tools}}}""")));
    }

    [Fact]
    public async Task An_approval_is_refused_where_no_response_waits_for_it()
    {
        await using var door = await OpenAsync();
        const string reply = """{"type":"mcp_approval_response","approval_request_id":"mcpr_6b00445000c0000000Ewl0omrStP14imtOxVIDdAkHq2aQVHAw","approve":true}""";
        const string request = """{"type":"mcp_approval_request","id":"mcpr_1","server_label":"s","name":"h","arguments":"{}"}""";
        var refused = (400, "input", "approval_request_not_found");
        Assert.Equal(refused, await door.RefusalAsync("POST", "/v1/responses", $$"""{"model":"echo","store":false,"input":[{{request}},{{reply}}]}"""));

        using var socket = await door.ConnectAsync();
        var first = (await socket.AskAsync("""{"type":"response.create","model":"echo","store":false,"input":"hi"}"""))[^1].GetProperty("response");
        var told = Assert.Single(await socket.AskAsync($$"""{"type":"response.create","store":false,"previous_response_id":"{{IdOf(first)}}","input":[{{reply}}]}"""));
        var error = told.GetProperty("error");
        Assert.Equal(refused, (told.GetProperty("status").GetInt32(), error.GetProperty("param").GetString(), error.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task A_socket_tells_a_refusal_by_an_error_alone_and_goes_on_with_what_it_remembers()
    {
        await using var door = await OpenAsync(Echoing("history", new EchoOptions { Reply = EchoReply.History }), Echoing("refusing", new EchoOptions { FailAfter = 0 }));
        using var socket = await door.ConnectAsync();
        var first = (await socket.AskAsync("""{"type":"response.create","model":"history","store":false,"input":"one"}"""))[^1].GetProperty("response");
        Assert.Equal("error", Assert.Single(await socket.AskAsync("""{"type":"response.create","model":"refusing","store":false,"input":"a"}""")).GetProperty("type").GetString());
        var second = $$"""{"type":"response.create","store":false,"previous_response_id":"{{IdOf(first)}}","input":"two"}""";
        Assert.Equal("user: one\nassistant: user: one\nuser: two", TextOf((await socket.AskAsync(second))[^1].GetProperty("response")));
    }

    [Fact]
    public async Task Items_of_ours_are_references_where_they_are_and_copies_elsewhere()
    {
        await using var door = await OpenAsync(Echoing("history", new EchoOptions { Reply = EchoReply.History }));
        var first = await door.AskAsync("""{"model":"history","input":"one"}""");
        var item = first.GetProperty("output")[0];

        // As AI SDKs do it: the answer is named, and sent in a conversation of its own.
        var copied = await door.AskAsync($$"""{"model":"history","input":[{"role":"user","content":"one"},{"type":"item_reference","id":"{{IdOf(item)}}"},{"role":"user","content":"two"}]}""");
        Assert.Equal("user: one\nassistant: user: one\nuser: two", TextOf(copied));

        // Sent back whole where it is already.
        var again = await door.AskAsync($$"""{"model":"history","previous_response_id":"{{IdOf(first)}}","input":[{{item.GetRawText()}},{"role":"user","content":"two"}]}""");
        Assert.Equal("user: one\nassistant: user: one\nuser: two", TextOf(again));

        // Others' ids are ids of nothing here, and nobody reads another's items by them.
        var foreign = await door.AskAsync("""{"model":"history","input":[{"type":"message","id":"msg_abc","role":"assistant","content":[{"type":"output_text","text":"b"}]},{"role":"user","content":"c"}]}""");
        Assert.Equal("assistant: b\nuser: c", TextOf(foreign));
        var reference = $$"""{"model":"history","input":[{"type":"item_reference","id":"{{IdOf(item)}}"}]}""";
        Assert.Equal((404, "input[0].id", "item_not_found"), await door.RefusalAsync("POST", "/v1/responses", reference, owner: "stranger"));
        Assert.Equal((404, "input[0].id", "item_not_found"), await door.RefusalAsync("POST", "/v1/responses", """{"model":"history","input":[{"type":"item_reference","id":"msg_abc"}]}"""));
        var twice = $$"""{"type":"item_reference","id":"{{IdOf(item)}}"}""";
        Assert.Equal((400, "input[1].id", "duplicate_item"), await door.RefusalAsync("POST", "/v1/responses", $$"""{"model":"history","input":[{{twice}},{{twice}}]}"""));
    }

    [Theory]
    [InlineData("POST", "/v1/responses", """{"input":"a"}""", 400, "model", "missing_required_parameter")]
    [InlineData("POST", "/v1/responses", """{"model":"nobody","input":"a"}""", 404, "model", "model_not_found")]
    [InlineData("POST", "/v1/responses", """{"agent":{"type":"agent_reference","name":"nobody"},"input":"a"}""", 404, "agent", "agent_not_found")]
    [InlineData("POST", "/v1/responses", """{"model":"echo","input":"a","conversation":"c1"}""", 400, "conversation", "invalid_value")]
    [InlineData("POST", "/v1/responses", """{"model":"echo","input":"a","conversation":"conv_6b00445000c0000000Ewl0omrStP14imtOxVIDdAkHq2aQVHAw"}""", 404, "conversation", "conversation_not_found")]
    [InlineData("POST", "/v1/responses", """{"model":"echo","input":"a","conversation":"conv_1","previous_response_id":"resp_1"}""", 400, "previous_response_id", "mutually_exclusive_parameters")]
    [InlineData("POST", "/v1/responses", """{"model":"echo","input":"a","previous_response_id":"resp_1"}""", 400, "previous_response_id", "previous_response_not_found")]
    [InlineData("POST", "/v1/responses", """{"model":"echo","input":[{"role":"user","content":[{"type":"input_image","file_id":"7710237672458944512"}]}]}""", 404, "input[0].content[0].file_id", "file_not_found")]
    [InlineData("POST", "/v1/responses", "{", 400, null, null)]
    [InlineData("GET", "/v1/responses/resp_1", null, 404, "response_id", null)]
    [InlineData("GET", "/v1/responses/7710237672458944520", null, 404, "response_id", null)]
    [InlineData("DELETE", "/v1/responses/resp_1", null, 404, "response_id", null)]
    [InlineData("POST", "/v1/responses/resp_1/cancel", null, 404, "response_id", null)]
    [InlineData("GET", "/v1/responses/resp_1/input_items", null, 404, "response_id", null)]
    [InlineData("GET", "/v1/responses?limit=0", null, 400, "limit", "invalid_value")]
    [InlineData("GET", "/v1/responses?limit=101", null, 400, "limit", "invalid_value")]
    [InlineData("GET", "/v1/responses?order=up", null, 400, "order", "invalid_value")]
    [InlineData("GET", "/v1/responses?after=resp_1", null, 400, "after", "invalid_value")]
    [InlineData("GET", "/v1/responses/resp_1?stream=maybe", null, 400, "stream", "invalid_value")]
    [InlineData("GET", "/v1/responses/resp_1?stream=true&starting_after=x", null, 400, "starting_after", "invalid_value")]
    [InlineData("POST", "/v1/responses/compact", """{"input":"a"}""", 400, "model", "missing_required_parameter")]
    [InlineData("POST", "/v1/conversations", """{"metadata":{"a":1}}""", 400, "metadata.a", "invalid_type")]
    [InlineData("POST", "/v1/conversations", """{"items":[{"type":"x"}]}""", 400, "items[0].type", "invalid_value")]
    [InlineData("GET", "/v1/conversations/abc", null, 400, "conversation_id", "invalid_value")]
    [InlineData("GET", "/v1/conversations/conv_abc", null, 404, "conversation_id", "conversation_not_found")]
    [InlineData("POST", "/v1/conversations/conv_abc", """{"metadata":{}}""", 404, "conversation_id", "conversation_not_found")]
    [InlineData("POST", "/v1/conversations/conv_abc", "{}", 400, "metadata", "missing_required_parameter")]
    [InlineData("DELETE", "/v1/conversations/conv_abc", null, 404, "conversation_id", "conversation_not_found")]
    [InlineData("GET", "/v1/conversations/conv_abc/items", null, 404, "conversation_id", "conversation_not_found")]
    [InlineData("POST", "/v1/conversations/conv_abc/items", """{"items":[]}""", 404, "conversation_id", "conversation_not_found")]
    [InlineData("GET", "/v1/conversations/conv_abc/items/msg_1", null, 404, "conversation_id", "conversation_not_found")]
    public async Task What_is_wrong_is_named(string method, string path, string? body, int status, string? param, string? code)
    {
        await using var door = await OpenAsync();
        Assert.Equal((status, param, code), await door.RefusalAsync(method, path, body));
        Assert.Empty((await door.Store.ListConversationsAsync(new("local"), TestContext.Current.CancellationToken)).Items);
    }

    [Fact]
    public async Task Nothing_of_anothers_is_found()
    {
        await using var door = await OpenAsync();
        var conversation = IdOf(await door.CallAsync("POST", "/v1/conversations", "{}"));
        var response = IdOf(await door.AskAsync($$"""{"model":"echo","input":"mine","conversation":"{{conversation}}"}"""));
        Assert.Equal(404, (await door.RefusalAsync("GET", $"/v1/responses/{response}", owner: "stranger")).Status);
        Assert.Equal(404, (await door.RefusalAsync("DELETE", $"/v1/responses/{response}", owner: "stranger")).Status);
        Assert.Equal(404, (await door.RefusalAsync("GET", $"/v1/conversations/{conversation}", owner: "stranger")).Status);
        Assert.Equal(404, (await door.RefusalAsync("DELETE", $"/v1/conversations/{conversation}", owner: "stranger")).Status);
        Assert.Equal((404, "conversation", "conversation_not_found"), await door.RefusalAsync("POST", "/v1/responses", $$"""{"model":"echo","input":"x","conversation":"{{conversation}}"}""", owner: "stranger"));
        Assert.Equal((400, "previous_response_id", "previous_response_not_found"), await door.RefusalAsync("POST", "/v1/responses", $$"""{"model":"echo","input":"x","previous_response_id":"{{response}}"}""", owner: "stranger"));
        Assert.Empty((await door.CallAsync("GET", "/v1/responses", owner: "stranger")).GetProperty("data").EnumerateArray());
        Assert.Empty((await door.CallAsync("GET", "/v1/conversations", owner: "stranger")).GetProperty("data").EnumerateArray());
        Assert.Equal("mine", TextOf(await door.CallAsync("GET", $"/v1/responses/{response}")));
    }

    [Fact]
    public async Task An_agent_that_refuses_is_an_error_and_one_that_breaks_off_a_failed_response()
    {
        await using var door = await OpenAsync(Echoing("refusing", new EchoOptions { FailAfter = 0 }), Echoing("failing", new EchoOptions { FailAfter = 2, Pieces = 4, Text = "one two tri fou " }));
        using var refused = await door.SendAsync("POST", "/v1/responses", """{"model":"refusing","input":"a"}""");
        Assert.Equal(HttpStatusCode.BadGateway, refused.StatusCode);
        using var streamed = await door.SendAsync("POST", "/v1/responses", """{"model":"refusing","input":"a","stream":true}""");
        Assert.Equal(HttpStatusCode.BadGateway, streamed.StatusCode);
        var failed = await door.AskAsync("""{"model":"failing","input":"a"}""");
        Assert.Equal(("failed", "one two "), (failed.GetProperty("status").GetString(), TextOf(failed)));
        Assert.NotEqual("", failed.GetProperty("error").GetProperty("message").GetString());
    }
}
