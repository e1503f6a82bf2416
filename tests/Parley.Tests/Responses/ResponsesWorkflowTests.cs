using System.Text.Json;
using Parley.Tests.Workflows;
using static Parley.Tests.Responses.ResponsesDoor;

namespace Parley.Tests.Responses;

/// <summary>A workflow that waits, and what its clients must be told to answer it.</summary>
public sealed class ResponsesWorkflowTests
{
    [Fact]
    public async Task A_workflow_that_was_asked_by_itself_names_the_conversation_in_which_it_is_answered()
    {
        await using var door = await OpenAsync(Greeter.Agent);
        using var response = await door.SendAsync("POST", "/v1/responses", """{"agent":{"name":"greeter"},"input":"Hi"}""");
        var asked = JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        var conversation = asked.GetProperty("conversation").GetProperty("id").GetString();
        Assert.Equal(response.Headers.GetValues("parley-conversation").Single(), conversation);
        Assert.Equal(asked.GetRawText(), (await door.CallAsync("GET", $"/v1/responses/{IdOf(asked)}")).GetRawText());
        Assert.Equal("Hello, Ada!", TextOf(await door.AskAsync($$"""{"agent":{"name":"greeter"},"input":"Ada","conversation":"{{conversation}}"}""")));
    }

    [Fact]
    public async Task A_stream_of_a_workflow_names_its_conversation_from_the_first_event_on_and_so_does_what_follows_it()
    {
        await using var door = await OpenAsync(Greeter.Agent);
        var events = await door.StreamAsync("POST", "/v1/responses", """{"model":"greeter","input":"Hi","stream":true}""");
        var (first, last) = (events[0].GetProperty("response"), events[^1].GetProperty("response"));
        Assert.StartsWith("conv_", first.GetProperty("conversation").GetProperty("id").GetString(), StringComparison.Ordinal);
        var answered = await door.AskAsync($$"""{"model":"greeter","input":"Ada","previous_response_id":"{{IdOf(first)}}"}""");
        foreach (var later in new[] { last, answered }) Assert.Equal(first.GetProperty("conversation").GetRawText(), later.GetProperty("conversation").GetRawText());
    }

    [Theory]
    [InlineData("""{"model":"greeter","input":"Hi","store":false}""")]
    [InlineData("""{"model":"greeter","input":"Hi","store":false,"conversation":"CONVERSATION"}""")]
    public async Task A_workflow_that_would_wait_where_nothing_is_stored_fails_and_says_why(string body)
    {
        await using var door = await OpenAsync(Greeter.Agent);
        var conversation = IdOf(await door.CallAsync("POST", "/v1/conversations", "{}"));
        var asked = await door.AskAsync(body.Replace("CONVERSATION", conversation, StringComparison.Ordinal));
        Assert.Equal("failed", asked.GetProperty("status").GetString());
        Assert.Equal(
            "Action ask (Question, line 7): it waits for an answer, and what is not stored (store: false) cannot be answered",
            asked.GetProperty("error").GetProperty("message").GetString());
        Assert.All(asked.GetProperty("output").EnumerateArray(), item => Assert.NotEqual("in_progress", item.GetProperty("status").GetString()));
    }
}
