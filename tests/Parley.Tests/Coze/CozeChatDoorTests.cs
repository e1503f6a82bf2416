using System.Net;
using System.Text.Json;
using Parley.Agents;
using Parley.AspNetCore.Configuration;
using Parley.Runs;
using Parley.Tests.Runs;

namespace Parley.Tests.Coze;

public sealed class CozeChatDoorTests
{
    private const string Hello = "{\"bot_id\":\"echo\",\"user_id\":\"u\",\"additional_messages\":[{\"role\":\"user\",\"content\":\"Hello\",\"content_type\":\"text\"}]";

    [Fact]
    public async Task A_chat_streams_and_a_second_turn_sees_the_first()
    {
        await using var door = await CozeDoor.OpenAsync(agents: CozeDoor.Echo("echo", new EchoOptions { Reply = EchoReply.History }));
        var frames = await door.StreamAsync("/v3/chat?conversation_id=", Hello + ",\"stream\":true}");
        Assert.Equal(["conversation.chat.created", "conversation.chat.in_progress"], frames.Take(2).Select(frame => frame.Event));
        Assert.Equal(["conversation.message.completed", "conversation.message.completed", "conversation.chat.completed", "done"], frames.TakeLast(4).Select(frame => frame.Event));
        Assert.Equal("\"[DONE]\"", frames[^1].Data);
        var chat = JsonElement.Parse(frames[0].Data);
        Assert.Equal("echo", chat.GetProperty("bot_id").GetString());
        var conversation = chat.GetProperty("conversation_id").GetString();

        frames = await door.StreamAsync($"/v3/chat?conversation_id={conversation}", Hello.Replace("Hello", "Again", StringComparison.Ordinal) + ",\"stream\":true}");
        var answer = JsonElement.Parse(frames.First(frame => frame.Event == "conversation.message.completed").Data).GetProperty("content").GetString();
        Assert.Equal("user: Hello\nassistant: user: Hello\nuser: Again", answer);
    }

    [Fact]
    public async Task A_chat_is_polled_listed_and_shown_in_the_conversation()
    {
        await using var door = await CozeDoor.OpenAsync(agents: CozeDoor.Echo("echo", new EchoOptions { Reasoning = "Hm.", FollowUps = ["And?", "Then?"], Usage = new Usage(3, 4) }));
        var chat = await door.DataAsync("POST", "/v3/chat", Hello + ",\"meta_data\":{\"k\":\"v\"}}");
        Assert.Equal("in_progress", chat.GetProperty("status").GetString());
        var (conversation, id) = (chat.GetProperty("conversation_id").GetString()!, chat.GetProperty("id").GetString()!);
        var done = await door.PollAsync(conversation, id, "completed");
        Assert.Equal("{\"token_count\":7,\"output_count\":4,\"input_count\":3}", done.GetProperty("usage").GetRawText());
        Assert.Equal("{\"k\":\"v\"}", done.GetProperty("meta_data").GetRawText());
        Assert.Equal("{\"code\":0,\"msg\":\"\"}", done.GetProperty("last_error").GetRawText());
        Assert.True(done.GetProperty("completed_at").GetInt64() > 0);

        var question = done.GetProperty("inserted_additional_messages")[0].GetProperty("id").GetString();
        var said = await door.DataAsync("GET", $"/v3/chat/message/list?conversation_id={conversation}&chat_id={id}");
        Assert.Equal(["answer", "verbose", "follow_up", "follow_up"], said.EnumerateArray().Select(message => message.GetProperty("type").GetString()));
        Assert.Equal(("Hello", "Hm."), (said[0].GetProperty("content").GetString(), said[0].GetProperty("reasoning_content").GetString()));

        var all = await door.CallAsync("POST", $"/v1/conversation/message/list?conversation_id={conversation}", "{\"order\":\"asc\"}");
        Assert.Equal([("question", question), ("answer", said[0].GetProperty("id").GetString())], all.GetProperty("data").EnumerateArray().Select(message => (message.GetProperty("type").GetString(), message.GetProperty("id").GetString())));
        Assert.All(all.GetProperty("data").EnumerateArray(), message => Assert.Equal((id, "echo"), (message.GetProperty("chat_id").GetString(), message.GetProperty("bot_id").GetString())));
        Assert.Equal("Hm.", all.GetProperty("data")[1].GetProperty("reasoning_content").GetString());
        var middle = await door.CallAsync("POST", $"/v1/conversation/message/list?conversation_id={conversation}", "{\"order\":\"asc\",\"include_middle_message\":true}");
        Assert.Equal(["question", "answer", "follow_up", "follow_up"], middle.GetProperty("data").EnumerateArray().Select(message => message.GetProperty("type").GetString()));
    }

    [Fact]
    public async Task A_call_of_the_clients_tool_is_answered_in_the_same_chat()
    {
        var tool = new EchoOptions { Tool = "get_weather", Usage = new Usage(1, 1) };
        await using var door = await CozeDoor.OpenAsync(agents: CozeDoor.Echo("echo", tool));
        var frames = await door.StreamAsync("/v3/chat", Hello + ",\"stream\":true}");
        var chat = JsonElement.Parse(frames.Single(frame => frame.Event == "conversation.chat.requires_action").Data);
        var (conversation, id) = (chat.GetProperty("conversation_id").GetString()!, chat.GetProperty("id").GetString()!);
        var call = chat.GetProperty("required_action").GetProperty("submit_tool_outputs").GetProperty("tool_calls")[0];
        Assert.Equal("get_weather", call.GetProperty("function").GetProperty("name").GetString());
        var polled = await door.PollAsync(conversation, id, "requires_action");
        Assert.Equal(chat.GetProperty("required_action").GetRawText(), polled.GetProperty("required_action").GetRawText());

        var path = $"/v3/chat/submit_tool_outputs?conversation_id={conversation}&chat_id={id}";
        Assert.Equal(4104, await CodeAsync(door, "/v3/chat/cancel", $"{{\"conversation_id\":\"{conversation}\",\"chat_id\":\"{id}\"}}"));
        Assert.Equal(4000, await CodeAsync(door, path, "{\"tool_outputs\":[{\"tool_call_id\":\"other\",\"output\":\"x\"}]}"));
        frames = await door.StreamAsync(path, $"{{\"tool_outputs\":[{{\"tool_call_id\":\"{call.GetProperty("id").GetString()}\",\"output\":\"rain\"}}],\"stream\":true}}");
        Assert.All(frames.Where(frame => frame.Event.StartsWith("conversation.chat", StringComparison.Ordinal)), frame => Assert.Equal(id, JsonElement.Parse(frame.Data).GetProperty("id").GetString()));
        var completed = JsonElement.Parse(frames.Single(frame => frame.Event == "conversation.chat.completed").Data);
        Assert.Equal(4, completed.GetProperty("usage").GetProperty("token_count").GetInt32());
        Assert.Equal(chat.GetProperty("created_at").GetInt64(), completed.GetProperty("created_at").GetInt64());

        polled = await door.PollAsync(conversation, id, "completed");
        Assert.Equal(4, polled.GetProperty("usage").GetProperty("token_count").GetInt32());
        var said = await door.DataAsync("GET", $"/v3/chat/message/list?conversation_id={conversation}&chat_id={id}");
        Assert.Equal(["function_call", "tool_response", "answer", "verbose"], said.EnumerateArray().Select(message => message.GetProperty("type").GetString()));
        Assert.Equal("rain", said[1].GetProperty("content").GetString());
        Assert.Equal(4000, await CodeAsync(door, path, $"{{\"tool_outputs\":[{{\"tool_call_id\":\"{call.GetProperty("id").GetString()}\",\"output\":\"rain\"}}]}}"));
    }

    [Fact]
    public async Task Of_several_submissions_at_once_one_is_taken()
    {
        await using var door = await CozeDoor.OpenAsync(agents: CozeDoor.Echo("echo", new EchoOptions { Tool = "f" }));
        for (var round = 0; round < 20; round++)
        {
            var frames = await door.StreamAsync("/v3/chat", Hello + ",\"stream\":true}");
            var chat = JsonElement.Parse(frames.Single(frame => frame.Event == "conversation.chat.requires_action").Data);
            var call = chat.GetProperty("required_action").GetProperty("submit_tool_outputs").GetProperty("tool_calls")[0].GetProperty("id").GetString();
            var path = $"/v3/chat/submit_tool_outputs?conversation_id={chat.GetProperty("conversation_id").GetString()}&chat_id={chat.GetProperty("id").GetString()}";
            var body = $"{{\"tool_outputs\":[{{\"tool_call_id\":\"{call}\",\"output\":\"x\"}}]}}";
            var codes = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => CodeAsync(door, path, body)));
            Assert.Single(codes, code => code == 0);
        }
    }

    [Fact]
    public async Task Calls_that_a_later_message_gave_up_are_not_answered_any_more()
    {
        await using var door = await CozeDoor.OpenAsync(agents: CozeDoor.Echo("echo", new EchoOptions { Tool = "f" }));
        var frames = await door.StreamAsync("/v3/chat", Hello + ",\"stream\":true}");
        var chat = JsonElement.Parse(frames.Single(frame => frame.Event == "conversation.chat.requires_action").Data);
        var conversation = chat.GetProperty("conversation_id").GetString();
        var second = await door.StreamAsync($"/v3/chat?conversation_id={conversation}", Hello + ",\"stream\":true}");
        var call = chat.GetProperty("required_action").GetProperty("submit_tool_outputs").GetProperty("tool_calls")[0].GetProperty("id").GetString();
        var inserted = await door.DataAsync("GET", $"/v3/chat/retrieve?conversation_id={conversation}&chat_id={JsonElement.Parse(second[0].Data).GetProperty("id").GetString()}");
        Assert.Equal(1, inserted.GetProperty("inserted_additional_messages").GetArrayLength());
        var late = await door.CallAsync("POST", $"/v3/chat/submit_tool_outputs?conversation_id={conversation}&chat_id={chat.GetProperty("id").GetString()}", $"{{\"tool_outputs\":[{{\"tool_call_id\":\"{call}\",\"output\":\"x\"}}]}}");
        Assert.Equal(4000, late.GetProperty("code").GetInt32());
        Assert.Contains("given up", late.GetProperty("msg").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task History_with_calls_and_results_may_be_sent_along()
    {
        await using var door = await CozeDoor.OpenAsync(agents: CozeDoor.Echo("echo", new EchoOptions { Reply = EchoReply.History }));
        var body = "{\"bot_id\":\"echo\",\"user_id\":\"u\",\"stream\":true,\"additional_messages\":["
            + "{\"role\":\"assistant\",\"type\":\"function_call\",\"content\":\"{\\\"name\\\":\\\"f\\\",\\\"arguments\\\":{}}\"},"
            + "{\"role\":\"assistant\",\"type\":\"tool_response\",\"content\":\"rain\"},{\"role\":\"user\",\"content\":\"So?\"}]}";
        Assert.Equal("conversation.chat.completed", (await door.StreamAsync("/v3/chat", body))[^2].Event);
    }

    [Fact]
    public async Task A_second_chat_at_once_is_refused_and_cancelling_the_first_frees_the_conversation()
    {
        var held = new HeldAgent();
        await using var door = await CozeDoor.OpenAsync(agents: [new Agent("echo", held), CozeDoor.Echo("other")]);
        var chat = await door.DataAsync("POST", "/v3/chat", Hello + "}");
        var (conversation, id) = (chat.GetProperty("conversation_id").GetString()!, chat.GetProperty("id").GetString()!);
        await held.Begun;
        var second = await door.CallAsync("POST", $"/v3/chat?conversation_id={conversation}", Hello + ",\"stream\":true}");
        Assert.Equal(4016, second.GetProperty("code").GetInt32());
        Assert.Contains("conversation_id", second.GetProperty("msg").GetString(), StringComparison.Ordinal);
        Assert.Equal(4016, await CodeAsync(door, $"/v1/conversation/message/create?conversation_id={conversation}", "{\"role\":\"user\",\"content\":\"x\",\"content_type\":\"text\"}"));

        var cancel = $"{{\"conversation_id\":\"{conversation}\",\"chat_id\":\"{id}\"}}";
        Assert.Equal("canceled", (await door.DataAsync("POST", "/v3/chat/cancel", cancel)).GetProperty("status").GetString());
        await held.Stopped;
        Assert.Equal("canceled", (await door.DataAsync("POST", "/v3/chat/cancel", cancel)).GetProperty("status").GetString());

        // Question and answer of a cancelled chat leave the conversation.
        var list = await door.CallAsync("POST", $"/v1/conversation/message/list?conversation_id={conversation}", null);
        Assert.Equal(0, list.GetProperty("data").GetArrayLength());
        var frames = await door.StreamAsync($"/v3/chat?conversation_id={conversation}", Hello.Replace("\"echo\"", "\"other\"", StringComparison.Ordinal) + ",\"stream\":true}");
        Assert.Equal("done", frames[^1].Event);
    }

    [Fact]
    public async Task A_chat_that_has_ended_cannot_be_cancelled()
    {
        await using var door = await CozeDoor.OpenAsync();
        var chat = await door.DataAsync("POST", "/v3/chat", Hello + "}");
        var (conversation, id) = (chat.GetProperty("conversation_id").GetString()!, chat.GetProperty("id").GetString()!);
        await door.PollAsync(conversation, id, "completed");
        Assert.Equal(4104, await CodeAsync(door, "/v3/chat/cancel", $"{{\"conversation_id\":\"{conversation}\",\"chat_id\":\"{id}\"}}"));
    }

    [Fact]
    public async Task What_is_not_to_be_kept_cannot_be_found_again()
    {
        await using var door = await CozeDoor.OpenAsync();
        var frames = await door.StreamAsync("/v3/chat", Hello + ",\"stream\":true,\"auto_save_history\":false}");
        var chat = JsonElement.Parse(frames[0].Data);
        var (conversation, id) = (chat.GetProperty("conversation_id").GetString()!, chat.GetProperty("id").GetString()!);
        Assert.Equal("conversation.chat.completed", frames[^2].Event);
        Assert.Equal(4200, await CodeAsync(door, $"/v3/chat/retrieve?conversation_id={conversation}&chat_id={id}", ""));
        var list = await door.CallAsync("POST", $"/v1/conversation/message/list?conversation_id={conversation}", "{}");
        Assert.Equal(0, list.GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task A_failure_before_the_stream_is_plain_JSON_and_within_it_an_event()
    {
        await using var door = await CozeDoor.OpenAsync(agents: [CozeDoor.Echo("echo", new EchoOptions { FailAfter = 0 }), CozeDoor.Echo("later", new EchoOptions { FailAfter = 1 })]);
        Assert.Equal(5000, await CodeAsync(door, "/v3/chat", Hello + ",\"stream\":true}"));
        var frames = await door.StreamAsync("/v3/chat", Hello.Replace("\"echo\"", "\"later\"", StringComparison.Ordinal) + ",\"stream\":true}");
        Assert.Equal(["conversation.message.delta", "conversation.chat.failed"], frames.TakeLast(2).Select(frame => frame.Event));
        var failed = JsonElement.Parse(frames[^1].Data);
        Assert.Equal((5000, 5000), (failed.GetProperty("code").GetInt32(), failed.GetProperty("last_error").GetProperty("code").GetInt32()));
        Assert.Equal("failed", (await door.PollAsync(failed.GetProperty("conversation_id").GetString()!, failed.GetProperty("id").GetString()!, "failed")).GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("/v3/chat", "{}", 4000, "bot_id")]
    [InlineData("/v3/chat", "{\"bot_id\":\"nobody\",\"user_id\":\"u\",\"additional_messages\":[{\"role\":\"user\",\"content\":\"x\"}]}", 4200, "bot_id")]
    [InlineData("/v3/chat", "{\"bot_id\":\"echo\",\"user_id\":\"u\"}", 4000, "additional_messages")]
    [InlineData("/v3/chat?conversation_id=abc", "{\"bot_id\":\"echo\",\"user_id\":\"u\"}", 4000, "conversation_id")]
    [InlineData("/v3/chat?conversation_id=7710237672458944512", "{\"bot_id\":\"echo\",\"user_id\":\"u\",\"additional_messages\":[{\"role\":\"user\",\"content\":\"x\"}]}", 4001, "conversation_id")]
    [InlineData("/v3/chat/retrieve?conversation_id=7710237672458944512", "", 4000, "chat_id")]
    [InlineData("/v3/chat/retrieve?conversation_id=7710237672458944512&chat_id=7710237672458944520", "", 4200, "chat_id")]
    [InlineData("/v3/chat/cancel", "{\"conversation_id\":\"7710237672458944512\",\"chat_id\":\"1x\"}", 4000, "chat_id")]
    [InlineData("/v1/workflows/chat", "{\"workflow_id\":\"nothing\",\"additional_messages\":[{\"role\":\"user\",\"content\":\"x\"}]}", 4200, "workflow_id")]
    public async Task What_cannot_be_served_is_an_error_that_names_the_field(string path, string body, int code, string field)
    {
        await using var door = await CozeDoor.OpenAsync();
        var error = await door.CallAsync("POST", path, body);
        Assert.Equal(code, error.GetProperty("code").GetInt32());
        Assert.Contains(field, error.GetProperty("msg").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Real_statuses_are_for_answers_that_do_not_stream()
    {
        await using var door = await CozeDoor.OpenAsync(new CozeOptions { HttpStatuses = true });
        await door.CallAsync("POST", "/v3/chat", "{}", status: HttpStatusCode.BadRequest);
        await door.CallAsync("POST", "/v3/chat", "{\"stream\":true}");
        await door.CallAsync("POST", "/v3/chat", Hello.Replace("\"echo\"", "\"nobody\"", StringComparison.Ordinal) + ",\"stream\":true}");
        await door.CallAsync("GET", "/v1/conversation/retrieve?conversation_id=7", status: HttpStatusCode.NotFound);
        await door.CallAsync("POST", "/v1/workflows/chat", "{}");
    }

    [Fact]
    public async Task A_chatflow_is_any_agent_and_tells_where_to_look()
    {
        await using var door = await CozeDoor.OpenAsync();
        var frames = await door.StreamAsync("/v1/workflows/chat", "{\"workflow_id\":\"echo-alias\",\"additional_messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
        Assert.False(JsonElement.Parse(frames[0].Data).TryGetProperty("bot_id", out _));
        Assert.Equal("done", frames[^1].Event);
        var chat = await door.DataAsync("GET", new Uri(JsonElement.Parse(frames[^1].Data).GetProperty("debug_url").GetString()!).PathAndQuery);
        Assert.Equal("completed", chat.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Verbose_messages_are_neither_sent_nor_listed_if_switched_off()
    {
        await using var door = await CozeDoor.OpenAsync(new CozeOptions { Verbose = false });
        var frames = await door.StreamAsync("/v3/chat", Hello + ",\"stream\":true}");
        var chat = JsonElement.Parse(frames[0].Data);
        Assert.DoesNotContain(frames, frame => frame.Data.Contains("verbose", StringComparison.Ordinal));
        var said = await door.DataAsync("GET", $"/v3/chat/message/list?conversation_id={chat.GetProperty("conversation_id").GetString()}&chat_id={chat.GetProperty("id").GetString()}");
        Assert.Equal(["answer"], said.EnumerateArray().Select(message => message.GetProperty("type").GetString()));
    }

    [Fact]
    public async Task A_client_that_goes_does_not_end_its_chat()
    {
        var held = new HeldAgent();
        await using var door = await CozeDoor.OpenAsync(agents: new Agent("echo", held));
        var response = await door.SendAsync("POST", "/v3/chat", Hello + ",\"stream\":true}", "application/json", null);
        var run = response.Headers.GetValues("parley-run").Single();
        var conversation = response.Headers.GetValues("parley-conversation").Single();
        await held.Begun;
        response.Dispose();
        held.Release();
        Assert.Equal("completed", (await door.PollAsync(conversation, run, "completed")).GetProperty("status").GetString());
    }

    private static async Task<int> CodeAsync(CozeDoor door, string path, string body) => (await door.CallAsync("POST", path, body)).GetProperty("code").GetInt32();
}
