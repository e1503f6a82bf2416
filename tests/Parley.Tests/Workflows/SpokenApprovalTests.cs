using System.Net;
using System.Text;
using System.Text.Json;
using Parley.Agents;
using Parley.Tests.Http;
using Parley.Workflows;
using Parley.Workflows.Reading;

namespace Parley.Tests.Workflows;

/// <summary>A workflow that asks for leave to have a function called, and clients that have nothing but words to give it.</summary>
public sealed class SpokenApprovalTests : IAsyncLifetime
{
    private const string Question = """May book be called with {"n":2}? (yes/no)""";
    private const string QuestionInFrame = "\"content\":\"May book be called with {\\\"n\\\":2}? (yes/no)\"";
    private const string Refused = "Result: Error: Function invocation was not approved by user.";

    private const string Flow = """
        kind: Workflow
        trigger:
          kind: OnConversationStart
          id: begin
          actions:
            - kind: SendActivity
              id: hello
              activity: Welcome.
            - kind: InvokeFunctionTool
              id: call
              functionName: book
              requireApproval: true
              arguments:
                n: 2
              output:
                result: Local.Result
            - kind: SendActivity
              id: show
              activity: "Result: {Local.Result}"
        """;

    private RunningServer _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync(options
        => options.Agents.Add(new Agent("booker", new WorkflowAgent(WorkflowReader.Read(Flow).Definition!, new WorkflowServices { Time = TimeProvider.System })) { Kind = "workflow" }));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("yes")]
    [InlineData(" Yes! ")]
    [InlineData("同意")]
    public async Task A_chat_of_Coze_asks_in_words_and_a_yes_has_the_function_called(string yes)
    {
        var conversation = await ConversationAsync();
        Assert.Contains(QuestionInFrame, await ChatAsync(conversation, "Hi"), StringComparison.Ordinal);
        var called = await ChatAsync(conversation, yes);
        var chat = JsonElement.Parse(called.Split("event:conversation.chat.requires_action\ndata:")[1].Split('\n')[0]);
        var call = chat.GetProperty("required_action").GetProperty("submit_tool_outputs").GetProperty("tool_calls")[0];
        Assert.Equal(("book", """{"n":2}"""), (call.GetProperty("function").GetProperty("name").GetString(), call.GetProperty("function").GetProperty("arguments").GetString()));
        Assert.Contains("Result: done", await PostAsync(
            $"/v3/chat/submit_tool_outputs?conversation_id={conversation}&chat_id={chat.GetProperty("id").GetString()}",
            $$"""{"stream":true,"tool_outputs":[{"tool_call_id":"{{call.GetProperty("id").GetString()}}","output":"done"}]}"""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_neither_a_yes_nor_a_no_is_asked_again_and_a_no_is_one()
    {
        var conversation = await ConversationAsync();
        await ChatAsync(conversation, "Hi");
        Assert.Contains(QuestionInFrame, await ChatAsync(conversation, "What would that cost?"), StringComparison.Ordinal);
        Assert.Contains(Refused, await ChatAsync(conversation, "No."), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_user_said_stays_in_the_conversation()
    {
        var conversation = await ConversationAsync();
        await ChatAsync(conversation, "Hi");
        await ChatAsync(conversation, "no");
        var said = JsonElement.Parse(await PostAsync($"/v1/conversation/message/list?conversation_id={conversation}", """{"order":"asc"}""")).GetProperty("data");
        Assert.Equal(["Hi", "Welcome.", "no", Refused], said.EnumerateArray().Select(message => message.GetProperty("content").GetString()));
    }

    [Fact]
    public async Task A_run_of_a_workflow_asks_in_its_output_and_its_interrupt_and_is_resumed_with_a_yes()
    {
        var asked = JsonElement.Parse(await PostAsync("/v1/workflow/run", """{"workflow_id":"booker","parameters":{}}"""));
        Assert.Equal($"Welcome.\n\n{Question}", OutputOf(asked));
        var interrupt = asked.GetProperty("interrupt_data");
        Assert.Equal((2, Question), (interrupt.GetProperty("type").GetInt32(), interrupt.GetProperty("data").GetString()));

        var called = await ResumeAsync(interrupt, "yes");
        interrupt = called.GetProperty("interrupt_data");
        Assert.Equal((1, "book"), (interrupt.GetProperty("type").GetInt32(), JsonElement.Parse(interrupt.GetProperty("data").GetString()!).GetProperty("name").GetString()));
        Assert.Equal("Welcome.\n\nResult: done", OutputOf(await ResumeAsync(interrupt, "done")));
    }

    [Fact]
    public async Task A_run_of_a_workflow_is_refused_with_a_no()
    {
        var asked = JsonElement.Parse(await PostAsync("/v1/workflow/run", """{"workflow_id":"booker","parameters":{}}"""));
        Assert.Equal($"Welcome.\n\n{Refused}", OutputOf(await ResumeAsync(asked.GetProperty("interrupt_data"), "no")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Chat_Completions_asks_in_words_and_a_yes_behind_them_has_the_function_called(bool isInConversation)
    {
        var conversation = isInConversation ? "new" : null;
        var (asked, place) = await CompleteAsync(conversation, """{"role":"user","content":"Hi"}""");
        Assert.Equal(($"Welcome.\n\n{Question}", "stop"), (ContentOf(asked), asked.GetProperty("finish_reason").GetString()));

        var path = $$"""{"role":"user","content":"Hi"},{{asked.GetProperty("message").GetRawText()}}""";
        var (called, _) = await CompleteAsync(place, path + """,{"role":"user","content":"yes"}""");
        Assert.Equal("tool_calls", called.GetProperty("finish_reason").GetString());
        var call = called.GetProperty("message").GetProperty("tool_calls")[0];
        Assert.Equal("book", call.GetProperty("function").GetProperty("name").GetString());

        path += $$""",{"role":"user","content":"yes"},{{called.GetProperty("message").GetRawText()}}""";
        var (done, _) = await CompleteAsync(place, path + $$""",{"role":"tool","tool_call_id":"{{call.GetProperty("id").GetString()}}","content":"done"}""");
        Assert.Equal("Result: done", ContentOf(done));
    }

    [Fact]
    public async Task A_stream_of_Chat_Completions_asks_as_a_whole_answer_does_and_is_the_same_from_everywhere()
    {
        using var response = await SendAsync("/v1/chat/completions", """{"model":"booker","stream":true,"messages":[{"role":"user","content":"Hi"}]}""");
        var stream = await response.Content.ReadAsStringAsync(Token);
        var frames = stream.Split("\n\n").SkipLast(1).Select(frame => frame + "\n\n").ToArray();
        Assert.Equal($"Welcome.\n\n{Question}", string.Concat(frames.SkipLast(1).Select(frame => JsonElement.Parse(frame["data: ".Length..]).GetProperty("choices")[0].GetProperty("delta"))
            .Select(delta => delta.TryGetProperty("content", out var content) ? content.GetString() : "")));
        for (var n = 0; n <= frames.Length; n++)
            Assert.Equal(string.Concat(frames[n..]), await _server.Client.GetStringAsync($"/parley/runs/{response.Headers.GetValues("parley-run").Single()}/stream?after={n}", Token));
    }

    [Fact]
    public async Task Responses_has_a_word_of_its_own_for_it_and_takes_no_other()
    {
        var asked = JsonElement.Parse(await PostAsync("/v1/responses", """{"model":"booker","input":"Hi"}"""));
        Assert.Contains(asked.GetProperty("output").EnumerateArray(), item => item.GetProperty("type").GetString() == "mcp_approval_request");
        using var refused = await SendAsync("/v1/responses", $$"""{"model":"booker","input":"yes","previous_response_id":"{{asked.GetProperty("id").GetString()}}"}""");
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
    }

    private static string? ContentOf(JsonElement choice) => choice.GetProperty("message").GetProperty("content").GetString();

    private static string? OutputOf(JsonElement answer) => JsonElement.Parse(answer.GetProperty("data").GetString()!).GetProperty("output").GetString();

    private async Task<string> ConversationAsync() => JsonElement.Parse(await PostAsync("/v1/conversation/create", "{}")).GetProperty("data").GetProperty("id").GetString()!;

    private Task<string> ChatAsync(string conversation, string text)
        => PostAsync($"/v3/chat?conversation_id={conversation}", $$"""{"bot_id":"booker","user_id":"u","stream":true,"additional_messages":[{"role":"user","content":"{{text}}","content_type":"text"}]}""");

    private async Task<JsonElement> ResumeAsync(JsonElement interrupt, string data) => JsonElement.Parse(await PostAsync(
        "/v1/workflows/resume",
        $$"""{"workflow_id":"booker","event_id":"{{interrupt.GetProperty("event_id").GetString()}}","resume_data":"{{data}}","interrupt_type":{{interrupt.GetProperty("type").GetInt32()}}}"""));

    private async Task<(JsonElement Choice, string? Conversation)> CompleteAsync(string? conversation, string messages)
    {
        using var response = await SendAsync("/v1/chat/completions", $$"""{"model":"booker","messages":[{{messages}}]}""", conversation);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        return (JsonElement.Parse(text).GetProperty("choices")[0], response.Headers.TryGetValues("parley-conversation", out var place) ? place.Single() : null);
    }

    private async Task<string> PostAsync(string path, string body)
    {
        using var response = await SendAsync(path, body);
        return await response.Content.ReadAsStringAsync(Token);
    }

    private async Task<HttpResponseMessage> SendAsync(string path, string body, string? conversation = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (conversation is not null) request.Headers.Add("parley-conversation", conversation);
        return await _server.Client.SendAsync(request, Token);
    }
}
