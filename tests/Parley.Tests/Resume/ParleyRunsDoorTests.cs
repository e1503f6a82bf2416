using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Parley.Agents;
using Parley.Runs;
using Parley.Tests.Http;
using Parley.Tests.Runs;
using Parley.Tests.Workflows;

namespace Parley.Tests.Resume;

public sealed class ParleyRunsDoorTests : IAsyncLifetime
{
    private const string Coze = "/v3/chat";
    private const string Chatflow = "/v1/workflows/chat";
    private const string WorkflowRun = "/v1/workflow/stream_run";
    private const string Chat = "/v1/chat/completions";
    private const string Responses = "/v1/responses";

    private readonly ScriptedAgent _script = new();
    private RunningServer _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync(options =>
    {
        options.Agents.Add(Echo("talker", new EchoOptions { Text = "Ünïcode 🙂 and \"so\" on\n…", Reasoning = "Let me think.", FollowUps = ["More?", "Why?"] }));
        options.Agents.Add(Echo("caller", new EchoOptions { Tool = "look_up" }));
        options.Agents.Add(Echo("failing", new EchoOptions { Text = "one two three four", Pieces = 4, FailAfter = 2 }));
        options.Agents.Add(Echo("refusing", new EchoOptions { FailAfter = 0 }));
        options.Agents.Add(Greeter.Agent);
        options.Agents.Add(new Agent("script", _script));
        options.Agents.Add(new Agent("patient", _script) { OnDisconnect = DisconnectPolicy.Grace(TimeSpan.FromSeconds(90)) });
    });

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData(Coze, "talker")]
    [InlineData(Coze, "caller")]
    [InlineData(Coze, "failing")]
    [InlineData(Chatflow, "talker")]
    [InlineData(Chatflow, "failing")]
    [InlineData(Chatflow, "greeter")]
    [InlineData(WorkflowRun, "talker")]
    [InlineData(WorkflowRun, "caller")]
    [InlineData(WorkflowRun, "failing")]
    [InlineData(WorkflowRun, "greeter")]
    [InlineData(Chat, "talker")]
    [InlineData(Chat, "caller")]
    [InlineData(Chat, "failing")]
    [InlineData(Chat, "greeter")]
    [InlineData(Responses, "talker")]
    [InlineData(Responses, "caller")]
    [InlineData(Responses, "failing")]
    [InlineData(Responses, "greeter")]
    public async Task The_stream_after_every_N_is_the_rest_of_what_the_client_got(string path, string agent)
    {
        var (id, body) = await StreamAsync(path, agent);
        using (var response = await _server.Client.GetAsync($"/parley/runs/{id}/stream", Token))
        {
            Assert.Equal(("text/event-stream", id), (response.Content.Headers.ContentType!.MediaType, response.Headers.GetValues("parley-run").Single()));
            Assert.Equal(body, await response.Content.ReadAsStringAsync(Token));
        }

        await AssertRestsAsync(id, body);
    }

    [Theory]
    [InlineData("talker", false)]
    [InlineData("talker", true)]
    [InlineData("caller", false)]
    [InlineData("caller", true)]
    [InlineData("failing", false)]
    [InlineData("failing", true)]
    [InlineData("greeter", false)]
    [InlineData("greeter", true)]
    public async Task A_response_after_every_number_is_the_rest_of_what_the_client_got(string agent, bool background)
    {
        var (id, body) = await SendAsync(Responses, new { model = agent, input = "Hello", stream = true, background });
        var frames = Frames(body);
        Assert.Equal("data: [DONE]\n\n", frames[^1]);
        Assert.Equal(body, await _server.Client.GetStringAsync($"/v1/responses/{id}?stream=true", Token));
        for (var n = 0; n < frames.Length - 1; n++)
        {
            // A workflow's are numbered from 1.
            var number = JsonElement.Parse(frames[n].Split("data: ")[1]).GetProperty("sequence_number").GetInt32();
            Assert.Equal(agent == "greeter" ? n + 1 : n, number);
            Assert.Equal(string.Concat(frames[(n + 1)..]), await _server.Client.GetStringAsync($"/v1/responses/{id}?stream=true&starting_after={number}", Token));
        }

        await AssertRestsAsync(id, body);
    }

    [Theory]
    [InlineData("caller")]
    [InlineData("greeter")]
    public async Task A_response_that_went_on_with_its_answer_has_a_stream_of_its_own(string agent)
    {
        var (first, body) = await StreamAsync(Responses, agent);
        var waiting = Data(body, "response.completed").GetProperty("response").GetProperty("output").EnumerateArray().Last();
        object answer = agent == "caller" ? new { type = "function_call_output", call_id = waiting.GetProperty("call_id").GetString(), output = "sunny" } : new { role = "user", content = "Ada" };
        var (second, rest) = await SendAsync(Responses, new { model = agent, stream = true, previous_response_id = first, input = new[] { answer } });
        Assert.NotEqual(first, second);
        Assert.Contains(agent == "caller" ? "sunny" : "Hello, Ada!", rest, StringComparison.Ordinal);
        await AssertRestsAsync(first, body);
        await AssertRestsAsync(second, rest);
    }

    [Fact]
    public async Task A_chat_that_went_on_with_tool_outputs_has_a_stream_for_each_of_its_runs()
    {
        var (first, body) = await StreamAsync(Coze, "caller");
        var chat = Data(body, "conversation.chat.requires_action");
        var call = chat.GetProperty("required_action").GetProperty("submit_tool_outputs").GetProperty("tool_calls")[0].GetProperty("id").GetString();
        var path = $"/v3/chat/submit_tool_outputs?conversation_id={chat.GetProperty("conversation_id").GetString()}&chat_id={chat.GetProperty("id").GetString()}";
        var (second, rest) = await SendAsync(path, new { stream = true, tool_outputs = new[] { new { tool_call_id = call, output = "sunny" } } });
        Assert.NotEqual(first, second);
        await AssertRestsAsync(first, body);
        await AssertRestsAsync(second, rest);
        var run = await RunAsync(second);
        Assert.Equal((first, $"[\"{first}\",\"{second}\"]"), (run.GetProperty("continues").GetString(), run.GetProperty("chat").GetRawText()));
    }

    [Theory]
    [InlineData(Coze)]
    [InlineData(WorkflowRun)]
    [InlineData(Chat)]
    [InlineData(Responses)]
    public async Task Readers_follow_a_run_under_way_from_where_they_are_and_see_it_cancelled(string path)
    {
        _script.Says(new RunStarted(), new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Text), new PartDelta(0, 0, "one "), new PartDelta(0, 0, "two "));
        using var original = await _server.Client.SendAsync(Request(path, Body(path, "script")), HttpCompletionOption.ResponseHeadersRead, Token);
        var id = original.Headers.GetValues("parley-run").Single();
        var running = await RunAsync(id);
        Assert.Equal("running", running.GetProperty("status").GetString());
        using var second = await _server.Client.GetAsync($"/parley/runs/{id}/stream?after=1", HttpCompletionOption.ResponseHeadersRead, Token);

        // The newest piece of a workflow's text is told with the next one.
        var newest = path == WorkflowRun ? 2 : 3;
        using var third = await _server.Client.GetAsync($"/parley/runs/{id}/stream?after={newest}", HttpCompletionOption.ResponseHeadersRead, Token);
        _script.Says(new PartDelta(0, 0, "three"));

        using var cancelled = await _server.Client.PostAsync($"/parley/runs/{id}/cancel", null, Token);
        Assert.Equal(HttpStatusCode.OK, cancelled.StatusCode);
        var whole = await original.Content.ReadAsStringAsync(Token);
        var frames = Frames(whole);
        Assert.Equal(string.Concat(frames[1..]), await second.Content.ReadAsStringAsync(Token));
        Assert.Equal(string.Concat(frames[newest..]), await third.Content.ReadAsStringAsync(Token));
        await AssertRestsAsync(id, whole);

        // Cancelling again says the same; so does every other way to look at it.
        using var again = await _server.Client.PostAsync($"/parley/runs/{id}/cancel", null, Token);
        var run = await RunAsync(id);
        Assert.Equal(run.GetRawText(), await again.Content.ReadAsStringAsync(Token));
        Assert.Equal("cancelled", run.GetProperty("status").GetString());
        Assert.Equal("estimated", run.GetProperty("usage").GetProperty("quality").GetString());
    }

    [Fact]
    public async Task A_run_that_has_ended_otherwise_cannot_be_cancelled()
    {
        var (id, _) = await StreamAsync(Chat, "talker");
        using var response = await _server.Client.PostAsync($"/parley/runs/{id}/cancel", null, Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("error");
        Assert.Equal("run_ended", error.GetProperty("code").GetString());
        Assert.Contains("completed", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_is_told_in_full_under_each_of_its_ids()
    {
        var (id, _) = await StreamAsync(Chat, "talker");
        var run = await RunAsync(id);
        Assert.Equal(("completed", "talker", "chat-completions"), (run.GetProperty("status").GetString(), run.GetProperty("agent").GetString(), run.GetProperty("dialect").GetString()));
        Assert.Equal((id, JsonValueKind.Null, "cancel"), (run.GetProperty("id").GetString(), run.GetProperty("conversation").ValueKind, run.GetProperty("on_disconnect").GetString()));
        Assert.Equal("estimated", run.GetProperty("usage").GetProperty("quality").GetString());
        Assert.True(run.GetProperty("events").GetInt64() > 5);
        var (started, said, ended) = (After("started"), After("first_text"), After("ended"));
        Assert.True(0 <= started && started <= said && said <= ended, run.GetRawText());
        Assert.Equal(run.GetRawText(), (await RunAsync(run.GetProperty("ids").GetProperty("coze").GetString()!)).GetRawText());

        // The ids are those that its own protocol's clients were told.
        var (response, stream) = await StreamAsync(Responses, "greeter");
        Assert.StartsWith("wfresp_", response, StringComparison.Ordinal);
        Assert.Equal(response, Data(stream, "response.completed").GetProperty("response").GetProperty("id").GetString());
        run = await RunAsync(response);
        Assert.Equal((response, response), (run.GetProperty("id").GetString(), run.GetProperty("ids").GetProperty("responses").GetString()));

        double After(string name) => run.GetProperty(name).GetProperty("after_ms").GetDouble();
    }

    [Fact]
    public async Task A_suspended_run_tells_what_it_waits_for_and_a_failed_one_why()
    {
        var wait = (await RunAsync((await StreamAsync(Coze, "caller")).Id)).GetProperty("waits_for")[0];
        Assert.Equal(("function_call", "look_up"), (wait.GetProperty("type").GetString(), wait.GetProperty("name").GetString()));
        var failed = await RunAsync((await StreamAsync(Coze, "failing")).Id);
        Assert.Equal(("failed", "agent", "unavailable"), (failed.GetProperty("status").GetString(), failed.GetProperty("error").GetProperty("side").GetString(), failed.GetProperty("error").GetProperty("cause").GetString()));
    }

    [Theory]
    [InlineData("GET", "nonsense", HttpStatusCode.NotFound, "id")]
    [InlineData("GET", "7710237672458944512", HttpStatusCode.NotFound, "id")]
    [InlineData("GET", "7710237672458944512/stream", HttpStatusCode.NotFound, "id")]
    [InlineData("POST", "7710237672458944512/cancel", HttpStatusCode.NotFound, "id")]
    [InlineData("GET", "7710237672458944512/stream?after=-1", HttpStatusCode.BadRequest, "after")]
    [InlineData("GET", "7710237672458944512/stream?after=x", HttpStatusCode.BadRequest, "after")]
    [InlineData("GET", "7710237672458944512/stream?after=99999999999999999999", HttpStatusCode.BadRequest, "after")]
    public async Task What_cannot_be_served_is_refused_by_name(string method, string path, HttpStatusCode status, string param)
    {
        using var response = await _server.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), "/parley/runs/" + path), Token);
        Assert.Equal(status, response.StatusCode);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal(param, body.GetProperty("error").GetProperty("param").GetString());
        Assert.NotEqual(0, body.GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task Another_owners_run_and_one_that_is_not_kept_are_not_found()
    {
        var unkept = await SendAsync(Coze, new { bot_id = "talker", user_id = "u", stream = true, auto_save_history = false, additional_messages = Hello });
        using var response = await _server.Client.GetAsync($"/parley/runs/{unkept.Id}", Token);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);

        var runner = _server.Services.GetRequiredService<Runner>();
        var foreign = await runner.StartAsync(new RunRequest { Owner = "eve", Agent = Echo("talker", new()), Dialect = Protocol.Coze, Input = [InputItem.Said(Role.User, "mine")] }, Token);
        await foreign.Completion;
        foreach (var path in new[] { "", "/stream" })
        {
            using var refused = await _server.Client.GetAsync($"/parley/runs/{DecimalId.Render(foreign.Header.Id)}{path}", Token);
            Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
        }
    }

    [Theory]
    [InlineData("script", null, "continue", "cancel")]
    [InlineData("patient", null, "grace 90s", "grace 90s")]
    [InlineData("patient", "cancel", "cancel", "cancel")]
    [InlineData("script", "grace 1500 ms", "grace 1500ms", "grace 1500ms")]
    public async Task The_header_beats_the_agent_and_the_agent_the_protocol(string agent, string? header, string coze, string chat)
    {
        foreach (var (path, policy) in new[] { (Coze, coze), (Chat, chat) })
        {
            _script.Answers("well");
            var request = Request(path, Body(path, agent));
            if (header is not null) request.Headers.Add("parley-on-disconnect", header);
            using var response = await _server.Client.SendAsync(request, Token);
            await response.Content.ReadAsStringAsync(Token);
            Assert.Equal(policy, (await RunAsync(response.Headers.GetValues("parley-run").Single())).GetProperty("on_disconnect").GetString());
        }
    }

    [Theory]
    [InlineData("grace")]
    [InlineData("grace 0s")]
    [InlineData("grace 50d")]
    [InlineData("grace soon")]
    [InlineData("Cancel")]
    public async Task A_policy_that_is_none_is_refused(string header)
    {
        var request = Request(Chat, Body(Chat, "talker"));
        request.Headers.Add("parley-on-disconnect", header);
        using var response = await _server.Client.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("parley-on-disconnect", await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    private static object[] Hello => [new { role = "user", content = "Hello", content_type = "text" }];

    private static object Body(string path, string agent) => path switch
    {
        Coze => new { bot_id = agent, user_id = "u", stream = true, additional_messages = Hello },
        Chatflow => new { workflow_id = agent, additional_messages = Hello },
        WorkflowRun => new { workflow_id = agent, parameters = new { input = "Hello" } },
        Responses => new { model = agent, stream = true, input = "Hello" },
        _ => new { model = agent, stream = true, stream_options = new { include_usage = true }, messages = new[] { new { role = "user", content = "Hello" } } },
    };

    private static Agent Echo(string name, EchoOptions options) => new(name, new EchoAgent(options, TimeProvider.System));

    private static HttpRequestMessage Request(string path, object body)
        => new(HttpMethod.Post, path) { Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json") };

    private static string[] Frames(string stream) => [.. stream.Split("\n\n").SkipLast(1).Select(frame => frame + "\n\n")];

    private static JsonElement Data(string stream, string name)
        => JsonElement.Parse(Frames(stream).First(frame => frame.StartsWith($"event:{name}\n", StringComparison.Ordinal) || frame.StartsWith($"event: {name}\n", StringComparison.Ordinal)).Split("data:")[1]);

    // What a client has after its first N frames, and what it is given for that number, are the whole.
    private async Task AssertRestsAsync(string id, string whole)
    {
        var frames = Frames(whole);
        for (var n = 0; n <= frames.Length; n++) Assert.Equal(string.Concat(frames[n..]), await _server.Client.GetStringAsync($"/parley/runs/{id}/stream?after={n}", Token));
    }

    private Task<(string Id, string Body)> StreamAsync(string path, string agent) => SendAsync(path, Body(path, agent));

    private async Task<(string Id, string Body)> SendAsync(string path, object body)
    {
        using var response = await _server.Client.SendAsync(Request(path, body), Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.Content.Headers.ContentType!.MediaType == "text/event-stream", text);
        return (response.Headers.GetValues("parley-run").Single(), text);
    }

    private async Task<JsonElement> RunAsync(string id) => await _server.Client.GetFromJsonAsync<JsonElement>($"/parley/runs/{id}", Token);
}
