using System.Net;
using System.Text.Json;
using Parley.Agents;
using Parley.Protocols.Coze;
using Parley.Runs;
using Parley.Tests.Runs;
using Parley.Tests.Workflows;
using Parley.Workflows;
using Parley.Workflows.Reading;

namespace Parley.Tests.Coze;

/// <summary>Coze's workflows: runs without a conversation, which are interrupted and resumed by the id of the interrupt.</summary>
public sealed class CozeWorkflowDoorTests
{
    [Fact]
    public async Task A_run_answers_with_its_output_as_JSON_text()
    {
        await using var door = await CozeDoor.OpenAsync();
        var answer = await door.CallAsync("POST", "/v1/workflow/run", """{"workflow_id":"echo","parameters":{"input":"good morning"},"is_async":false}""");
        Assert.Equal(0, answer.GetProperty("code").GetInt32());
        Assert.Equal("""{"output":"good morning"}""", answer.GetProperty("data").GetString());
        Assert.True(answer.GetProperty("usage").GetProperty("token_count").GetInt64() > 0);
        Assert.Contains(answer.GetProperty("execute_id").GetString()!, answer.GetProperty("debug_url").GetString()!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"USER_INPUT":"from the user"}""", "from the user")]
    [InlineData("""{"USER_INPUT":"second","input":"first"}""", "first")]
    [InlineData("""{"USER_INPUT":"second","input":""}""", "second")]
    [InlineData("""{"USER_INPUT":"second","input":null}""", "second")]
    [InlineData("""{"input":{"no":"text"}}""", """{"no":"text"}""")]
    [InlineData("""{"input":42}""", "42")]
    [InlineData("""{"other":"x"}""", "")]
    public async Task What_the_user_says_is_the_parameter_that_is_meant_for_it(string parameters, string said)
    {
        await using var door = await CozeDoor.OpenAsync();
        var answer = await door.CallAsync("POST", "/v1/workflow/run", $$"""{"workflow_id":"echo","parameters":{{parameters}}}""");
        Assert.Equal(said, JsonElement.Parse(answer.GetProperty("data").GetString()!).GetProperty("output").GetString());
    }

    [Fact]
    public async Task A_run_that_asks_is_interrupted_and_goes_on_when_it_is_answered()
    {
        await using var door = await CozeDoor.OpenAsync(null, Greeter.Agent);
        var asked = await door.CallAsync("POST", "/v1/workflow/run", """{"workflow_id":"7400000000000000321","parameters":{"title":", Doctor"}}""");
        var interrupt = asked.GetProperty("interrupt_data");
        Assert.Equal(("""{"output":"What is your name, Doctor?"}""", 2), (asked.GetProperty("data").GetString(), interrupt.GetProperty("type").GetInt32()));

        var body = Resume(interrupt.GetProperty("event_id").GetString()!, "Ada");
        var answer = await door.CallAsync("POST", "/v1/workflows/resume", body);
        Assert.Equal("""{"output":"What is your name, Doctor?\n\nHello, Ada!"}""", answer.GetProperty("data").GetString());
        Assert.Equal(asked.GetProperty("execute_id").GetString(), answer.GetProperty("execute_id").GetString());

        var again = await door.CallAsync("POST", "/v1/workflows/resume", body);
        Assert.Equal(4000, again.GetProperty("code").GetInt32());
        Assert.Contains("event_id", again.GetProperty("msg").GetString()!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_several_answers_to_an_interrupt_at_once_one_is_taken()
    {
        await using var door = await CozeDoor.OpenAsync(null, Greeter.Agent);
        for (var round = 0; round < 20; round++)
        {
            var asked = await door.CallAsync("POST", "/v1/workflow/run", """{"workflow_id":"greeter"}""");
            var body = Resume(asked.GetProperty("interrupt_data").GetProperty("event_id").GetString()!, "Ada");
            var codes = await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ => (await door.CallAsync("POST", "/v1/workflows/resume", body)).GetProperty("code").GetInt32()));
            Assert.Equal([0, 4000, 4000, 4000, 4000, 4000], codes.Order());
        }
    }

    [Fact]
    public async Task A_stream_tells_the_question_and_its_interrupt_and_the_resumed_one_the_rest()
    {
        await using var door = await CozeDoor.OpenAsync(null, Greeter.Agent);
        var asked = await StreamAsync(door, "/v1/workflow/stream_run", """{"workflow_id":"greeter","parameters":{}}""");
        Assert.Equal(["Message", "Message", "Interrupt"], asked.Select(frame => frame.Event));
        Assert.Equal(("What is your name?", "Name"), (asked[0].Data.GetProperty("content").GetString(), asked[0].Data.GetProperty("node_title").GetString()));

        var rest = await StreamAsync(door, "/v1/workflow/stream_resume", Resume(asked[2].Data.GetProperty("interrupt_data").GetProperty("event_id").GetString()!, "Grace"));
        Assert.Equal(["Message", "Message", "Message", "Done"], rest.Select(frame => frame.Event));
        Assert.Equal("Hello, Grace!", rest[0].Data.GetProperty("content").GetString());
        Assert.Equal("""{"output":"Hello, Grace!"}""", rest[2].Data.GetProperty("content").GetString());
    }

    [Fact]
    public async Task A_stream_that_broke_off_goes_on_behind_the_last_event_that_was_seen()
    {
        await using var door = await CozeDoor.OpenAsync(null, Greeter.Agent);
        using var first = await door.SendAsync("POST", "/v1/workflow/stream_run", """{"workflow_id":"greeter"}""", "application/json", null);
        var whole = await first.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(door.Address, "/v1/workflow/stream_run"));
        request.Headers.Add("Last-Event-ID", "0");
        request.Headers.Add("parley-run", first.Headers.GetValues("parley-run"));
        using var http = new HttpClient();
        using var rest = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(whole[(whole.IndexOf("\n\n", StringComparison.Ordinal) + 2)..], await rest.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_history_tells_where_an_execution_stands_and_what_its_nodes_said()
    {
        await using var door = await CozeDoor.OpenAsync(null, Greeter.Agent);
        var asked = await door.CallAsync("POST", "/v1/workflow/run", """{"workflow_id":"greeter"}""");
        var path = $"/v1/workflows/greeter/run_histories/{asked.GetProperty("execute_id").GetString()}";
        var waiting = (await door.DataAsync("GET", path))[0];
        Assert.Equal("Running", waiting.GetProperty("execute_status").GetString());
        var interrupt = waiting.GetProperty("interrupt_data").GetProperty("event_id").GetString()!;
        Assert.Equal(asked.GetProperty("interrupt_data").GetProperty("event_id").GetString(), interrupt);

        await door.CallAsync("POST", "/v1/workflows/resume", Resume(interrupt, "Ada"));
        var ended = Assert.Single((await door.DataAsync("GET", path)).EnumerateArray());
        Assert.Equal(("Success", ""), (ended.GetProperty("execute_status").GetString(), ended.GetProperty("error_code").GetString()));
        var output = JsonElement.Parse(ended.GetProperty("output").GetString()!);
        Assert.Equal(("What is your name?", "Hello, Ada!"), (output.GetProperty("Name").GetString(), output.GetProperty("Greeting").GetString()));
        var node = ended.GetProperty("node_execute_status").EnumerateObject().Last().Name;
        var executed = await door.DataAsync("GET", $"{path}/execute_nodes/{node}");
        Assert.Equal(("Hello, Ada!", true), (executed.GetProperty("node_output").GetString(), executed.GetProperty("is_finish").GetBoolean()));
    }

    [Fact]
    public async Task A_history_has_the_nodes_that_said_nothing_too_and_the_one_that_failed()
    {
        const string flow = """
            kind: Workflow
            trigger:
              kind: OnConversationStart
              id: begin
              actions:
                - {kind: SendActivity, id: say, displayName: Speaker, activity: Hello}
                - {kind: SetVariable, id: set, displayName: Setter, variable: Local.X, value: 1}
                - {kind: SetVariable, id: divide, variable: Local.Y, value: =Local.X / 0}
            """;
        await using var door = await CozeDoor.OpenAsync(null, new Agent("failing", new WorkflowAgent(WorkflowReader.Read(flow).Definition!, new WorkflowServices { Time = TimeProvider.System })));
        using var response = await door.SendAsync("POST", "/v1/workflow/stream_run", """{"workflow_id":"failing"}""", "application/json", null);
        await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var path = $"/v1/workflows/failing/run_histories/{response.Headers.GetValues("parley-run").Single()}";
        var history = (await door.DataAsync("GET", path))[0];
        Assert.Equal(("Fail", """{"Speaker":"Hello"}"""), (history.GetProperty("execute_status").GetString(), history.GetProperty("output").GetString()));
        var nodes = history.GetProperty("node_execute_status").EnumerateObject().ToList();
        Assert.Equal(["Speaker", "Setter", "divide"], nodes.Select(node => node.Value.GetProperty("node_title").GetString()));
        Assert.All(nodes, node => Assert.True(node.Value.GetProperty("is_finish").GetBoolean()));
        Assert.Equal("", (await door.DataAsync("GET", $"{path}/execute_nodes/{nodes[2].Name}")).GetProperty("node_output").GetString());
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("?include_input_output=false", false)]
    [InlineData("?include_input_output=true", true)]
    public async Task What_a_workflow_takes_and_gives_is_told_if_that_is_asked(string query, bool isTold)
    {
        await using var door = await CozeDoor.OpenAsync(null, Greeter.Agent);
        var told = await door.DataAsync("GET", "/v1/workflows/greeter" + query);
        Assert.Equal((isTold, isTold), (told.TryGetProperty("input", out var input), told.TryGetProperty("output", out var output)));
        if (!isTold) return;
        Assert.Equal("string", input.GetProperty("parameters").GetProperty("input").GetProperty("type").GetString());
        Assert.Equal("string", output.GetProperty("parameters").GetProperty("output").GetProperty("type").GetString());
    }

    [Fact]
    public async Task A_history_has_the_titles_that_the_nodes_of_a_server_behind_have()
    {
        static RunEvent[] Said(int item, string title, string text) =>
        [
            new ItemStarted(item, new MessageItem(Role.Assistant)) { Leftover = CozeWriter.LeftoverOf(("node_title", title)) with { Protocol = Protocol.CozeWorkflowRun } },
            new PartStarted(item, 0, PartKind.Text), new PartDelta(item, 0, text), new PartCompleted(item, 0), new ItemCompleted(item),
        ];
        var agent = new ScriptedAgent().Says([new RunStarted(), .. Said(0, "Forecast", "Sunny"), .. Said(1, "Advice", "No umbrella"), new RunCompleted(FinishReason.Stop)]);
        await using var door = await CozeDoor.OpenAsync(null, new Agent("weather", agent));
        var done = await door.CallAsync("POST", "/v1/workflow/run", """{"workflow_id":"weather"}""");
        var history = (await door.DataAsync("GET", $"/v1/workflows/weather/run_histories/{done.GetProperty("execute_id").GetString()}"))[0];
        var output = JsonElement.Parse(history.GetProperty("output").GetString()!);
        Assert.Equal(("Sunny", "No umbrella"), (output.GetProperty("Forecast").GetString(), output.GetProperty("Advice").GetString()));
    }

    [Fact]
    public async Task A_run_that_nobody_waits_for_is_found_by_its_id()
    {
        await using var door = await CozeDoor.OpenAsync();
        var started = await door.CallAsync("POST", "/v1/workflow/run", """{"workflow_id":"echo","parameters":{"input":"later"},"is_async":true}""");
        Assert.False(started.TryGetProperty("data", out _));
        var path = $"/v1/workflows/echo/run_histories/{started.GetProperty("execute_id").GetString()}";
        JsonElement history;
        do history = (await door.DataAsync("GET", path))[0];
        while (history.GetProperty("execute_status").GetString() == "Running");
        Assert.Equal(("Success", 2), (history.GetProperty("execute_status").GetString(), history.GetProperty("run_mode").GetInt32()));
    }

    [Fact]
    public async Task Only_workflows_are_listed_and_any_agent_can_be_looked_at()
    {
        await using var door = await CozeDoor.OpenAsync(null, Greeter.Agent, CozeDoor.Echo("echo"));
        var listed = await door.DataAsync("GET", "/v1/workflows?workspace_id=1&page_num=1&page_size=100");
        var only = Assert.Single(listed.GetProperty("items").EnumerateArray());
        Assert.Equal(("7400000000000000321", "greeter"), (only.GetProperty("workflow_id").GetString(), only.GetProperty("workflow_name").GetString()));
        Assert.False(listed.GetProperty("has_more").GetBoolean());
        Assert.Equal("Greets.", (await door.DataAsync("GET", "/v1/workflows/greeter")).GetProperty("workflow_detail").GetProperty("description").GetString());
    }

    [Theory]
    [InlineData("/v1/workflow/run", """{"parameters":{}}""", 4000, "workflow_id")]
    [InlineData("/v1/workflow/run", """{"workflow_id":"nobody"}""", 4200, "workflow_id")]
    [InlineData("/v1/workflow/run", """{"workflow_id":"greeter","bot_id":"1","app_id":"2"}""", 4000, "app_id")]
    [InlineData("/v1/workflow/run", """{"workflow_id":"greeter","workflow_version":"v0.0.5"}""", 4200, "workflow_version")]
    [InlineData("/v1/workflow/run", """{"workflow_id":"greeter","parameters":[1]}""", 4000, "parameters")]
    [InlineData("/v1/workflows/resume", """{"workflow_id":"greeter","event_id":"7400000000000000008/7400000000000000016","resume_data":""}""", 4000, "interrupt_type")]
    [InlineData("/v1/workflow/stream_resume", """{"workflow_id":"greeter","event_id":"x","resume_data":"","interrupt_type":2}""", 4000, "event_id")]
    [InlineData("/v1/workflow/stream_resume", """{"workflow_id":"greeter","event_id":"7400000000000000008/7400000000000000016","resume_data":"","interrupt_type":2}""", 4200, "event_id")]
    public async Task What_is_wrong_is_told_with_its_field(string path, string body, int code, string field)
    {
        await using var door = await CozeDoor.OpenAsync(null, Greeter.Agent);
        var answer = await door.CallAsync("POST", path, body);
        Assert.Equal(code, answer.GetProperty("code").GetInt32());
        Assert.Contains(field, answer.GetProperty("msg").GetString()!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupt_and_a_history_are_their_owner_s()
    {
        await using var door = await CozeDoor.OpenAsync(null, Greeter.Agent);
        var asked = await door.CallAsync("POST", "/v1/workflow/run", """{"workflow_id":"greeter"}""");
        var resumed = await door.CallAsync("POST", "/v1/workflows/resume", Resume(asked.GetProperty("interrupt_data").GetProperty("event_id").GetString()!, "Eve"), owner: "eve");
        Assert.Equal(4200, resumed.GetProperty("code").GetInt32());
        var history = await door.CallAsync("GET", $"/v1/workflows/greeter/run_histories/{asked.GetProperty("execute_id").GetString()}", owner: "eve");
        Assert.Equal(4200, history.GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task A_failure_is_an_error_of_the_call()
    {
        await using var door = await CozeDoor.OpenAsync(null, CozeDoor.Echo("failing", new EchoOptions { FailAfter = 1, Pieces = 3 }));
        var answer = await door.CallAsync("POST", "/v1/workflow/run", """{"workflow_id":"failing","parameters":{"input":"one two three"}}""", status: HttpStatusCode.OK);
        Assert.Equal(5000, answer.GetProperty("code").GetInt32());
    }

    [Theory]
    [InlineData("/v1/workflows/chat", "\"workflow_id\":\"greeter\",\"parameters\":{}", "\"conversation_id\":\"CONVERSATION\",")]
    [InlineData("/v3/chat", "\"bot_id\":\"greeter\",\"user_id\":\"u\",\"stream\":true", "")]
    public async Task In_a_chat_the_next_message_is_the_answer(string path, string agent, string where)
    {
        await using var door = await CozeDoor.OpenAsync(null, Greeter.Agent);
        var asked = await door.StreamAsync(path, $$"""{{{agent}},"additional_messages":[{"role":"user","content":"Hi","content_type":"text"}]}""");
        Assert.Contains(asked, frame => frame.Event == "conversation.chat.requires_action" && frame.Data.Contains("reply_message", StringComparison.Ordinal));
        var conversation = JsonElement.Parse(asked[0].Data).GetProperty("conversation_id").GetString()!;
        var query = where.Length == 0 ? $"?conversation_id={conversation}" : "";
        var answered = await door.StreamAsync(
            path + query, $$"""{{{where.Replace("CONVERSATION", conversation, StringComparison.Ordinal)}}{{agent}},"additional_messages":[{"role":"user","content":"Ada","content_type":"text"}]}""");
        Assert.Contains(answered, frame => frame.Event == "conversation.message.completed" && frame.Data.Contains("Hello, Ada!", StringComparison.Ordinal));
        Assert.Contains(answered, frame => frame.Event == "conversation.chat.completed");
    }

    private static string Resume(string eventId, string data) => $$"""{"workflow_id":"greeter","event_id":"{{eventId}}","resume_data":"{{data}}","interrupt_type":2}""";

    // Three lines an event: id, event and data; the ids count from 0.
    private static async Task<List<(string Event, JsonElement Data)>> StreamAsync(CozeDoor door, string path, string body)
    {
        using var response = await door.SendAsync("POST", path, body, "application/json", null);
        var frames = (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(frame => frame.Split('\n')).ToList();
        Assert.Equal(Enumerable.Range(0, frames.Count).Select(number => $"id: {number}"), frames.Select(lines => lines[0]));
        return [.. frames.Select(lines => (lines[1]["event: ".Length..], JsonElement.Parse(lines[2]["data: ".Length..])))];
    }
}
