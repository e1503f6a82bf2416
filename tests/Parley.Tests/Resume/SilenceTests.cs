using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Parley.Agents;
using Parley.Conversations;
using Parley.Tests.Http;
using Parley.Tests.Workflows;

namespace Parley.Tests.Resume;

/// <summary>What comes after a silence in which all events that may expire have expired.</summary>
public sealed class SilenceTests : IAsyncLifetime
{
    private const string Run = "/v1/workflow/run";
    private const string StreamRun = "/v1/workflow/stream_run";
    private const string Chat = "/v1/chat/completions";

    private RunningServer _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync(options =>
    {
        options.Agents.Add(Greeter.Agent);
        options.Agents.Add(new Agent("caller", new EchoAgent(new EchoOptions { Tool = "look_up" }, TimeProvider.System)));
        options.Agents.Add(new Agent("talker", new EchoAgent(new EchoOptions { Text = "one two three" }, TimeProvider.System)));
    });

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("/v1/workflows/resume")]
    [InlineData("/v1/workflow/stream_resume")]
    public async Task An_interrupt_of_a_workflow_is_resumed_after_a_silence(string resume)
    {
        var asked = JsonElement.Parse(await PostAsync(Run, """{"workflow_id":"greeter"}"""));
        await FallSilentAsync();
        var answered = await PostAsync(resume, $$"""{"workflow_id":"greeter","event_id":"{{asked.GetProperty("interrupt_data").GetProperty("event_id").GetString()}}","resume_data":"Ada","interrupt_type":2}""");
        Assert.Contains("Hello, Ada!", answered, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_execution_that_waits_is_told_after_a_silence_as_before()
    {
        var asked = JsonElement.Parse(await PostAsync(Run, """{"workflow_id":"greeter"}"""));
        await FallSilentAsync();
        var history = await HistoryAsync("greeter", asked);
        Assert.Equal("Running", history.GetProperty("execute_status").GetString());
        Assert.Equal(asked.GetProperty("interrupt_data").GetRawText(), history.GetProperty("interrupt_data").GetRawText());
    }

    [Fact]
    public async Task A_finished_execution_has_its_output_after_a_silence()
    {
        var done = JsonElement.Parse(await PostAsync(Run, """{"workflow_id":"talker"}"""));
        await FallSilentAsync();
        Assert.Equal("""{"Output":"{\"output\":\"one two three\"}","answer":"one two three"}""", (await HistoryAsync("talker", done)).GetProperty("output").GetString());
    }

    [Theory]
    [InlineData(StreamRun, """{"workflow_id":"greeter"}""")]
    [InlineData(StreamRun, """{"workflow_id":"talker"}""")]
    [InlineData(Chat, """{"model":"talker","stream":true,"messages":[{"role":"user","content":"Hi"}]}""")]
    [InlineData(Chat, """{"model":"caller","stream":true,"messages":[{"role":"user","content":"Hi"}]}""")]
    [InlineData("/v3/chat", """{"bot_id":"greeter","user_id":"u","stream":true,"additional_messages":[{"role":"user","content":"Hi","content_type":"text"}]}""")]
    public async Task The_stream_of_a_run_that_waits_or_stands_alone_is_the_same_after_a_silence(string path, string body)
    {
        using var response = await SendAsync(path, body);
        var told = await response.Content.ReadAsStringAsync(Token);
        await FallSilentAsync();
        var frames = told.Split("\n\n").SkipLast(1).Select(frame => frame + "\n\n").ToArray();
        for (var n = 0; n <= frames.Length; n++)
            Assert.Equal(string.Concat(frames[n..]), await _server.Client.GetStringAsync($"/parley/runs/{response.Headers.GetValues("parley-run").Single()}/stream?after={n}", Token));
    }

    [Fact]
    public async Task A_chat_of_Coze_that_waits_is_answered_after_a_silence()
    {
        var conversation = JsonElement.Parse(await PostAsync("/v1/conversation/create", "{}")).GetProperty("data").GetProperty("id").GetString();
        Task<string> SayAsync(string text)
            => PostAsync($"/v3/chat?conversation_id={conversation}", $$"""{"bot_id":"greeter","user_id":"u","stream":true,"additional_messages":[{"role":"user","content":"{{text}}","content_type":"text"}]}""");
        Assert.Contains("What is your name?", await SayAsync("Hi"), StringComparison.Ordinal);
        await FallSilentAsync();
        Assert.Contains("Hello, Ada!", await SayAsync("Ada"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_output_of_a_tool_is_taken_after_a_silence()
    {
        var asked = JsonElement.Parse(await PostAsync(Chat, """{"model":"caller","messages":[{"role":"user","content":"Hi"}]}""")).GetProperty("choices")[0].GetProperty("message");
        await FallSilentAsync();
        var call = asked.GetProperty("tool_calls")[0].GetProperty("id").GetString();
        var answered = JsonElement.Parse(await PostAsync(Chat, $$"""{"model":"caller","messages":[{"role":"user","content":"Hi"},{{asked.GetRawText()}},{"role":"tool","tool_call_id":"{{call}}","content":"sunny"}]}"""));
        Assert.Equal("sunny", answered.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
    }

    [Fact]
    public async Task A_question_in_Chat_Completions_is_answered_after_a_silence()
    {
        await PostAsync(Chat, """{"model":"greeter","messages":[{"role":"user","content":"Hi"}]}""");
        await FallSilentAsync();
        var answered = await PostAsync(Chat, """{"model":"greeter","messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"What is your name?"},{"role":"user","content":"Ada"}]}""");
        Assert.Contains("Hello, Ada!", answered, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_response_that_waits_is_answered_after_a_silence()
    {
        var asked = JsonElement.Parse(await PostAsync("/v1/responses", """{"model":"greeter","input":"Hi"}"""));
        await FallSilentAsync();
        var answered = await PostAsync("/v1/responses", $$"""{"model":"greeter","input":"Ada","previous_response_id":"{{asked.GetProperty("id").GetString()}}"}""");
        Assert.Contains("Hello, Ada!", answered, StringComparison.Ordinal);
    }

    private async Task FallSilentAsync()
    {
        var store = _server.Services.GetRequiredService<IConversationStore>();
        while (await store.SweepAsync(new SweepLimits(DateTimeOffset.MaxValue, DateTimeOffset.MinValue), Token) > 0)
        {
            // All that may go.
        }
    }

    private async Task<JsonElement> HistoryAsync(string workflow, JsonElement execution)
        => (await _server.Client.GetFromJsonAsync<JsonElement>($"/v1/workflows/{workflow}/run_histories/{execution.GetProperty("execute_id").GetString()}", Token)).GetProperty("data")[0];

    private Task<HttpResponseMessage> SendAsync(string path, string body) => _server.Client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"), Token);

    private async Task<string> PostAsync(string path, string body)
    {
        using var response = await SendAsync(path, body);
        return await response.Content.ReadAsStringAsync(Token);
    }
}
