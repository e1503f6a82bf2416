#pragma warning disable OPENAI001 // The SDK calls its whole Responses API experimental.
using System.ClientModel;
using System.ClientModel.Primitives;
using OpenAI.Conversations;
using OpenAI.Responses;
using Parley.IntegrationTests.Servers;

namespace Parley.IntegrationTests.Sdk;

/// <summary>The official OpenAI client for .NET and the Responses and Conversations routes.</summary>
public sealed class OpenAIDotNetResponsesTests(Cluster cluster)
{
    private static readonly FunctionTool Weather = ResponseTool.CreateFunctionTool(
        "get_weather", BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}"""), strictModeEnabled: true,
        "The weather of a city.");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_comes_whole_and_is_found_again(bool remote)
    {
        var client = await ClientAsync(remote);
        var made = (await client.CreateResponseAsync("counted", "hello 🙂", cancellationToken: Cancelled)).Value;
        Assert.Equal("hello 🙂", made.GetOutputText());
        Assert.Equal((ResponseStatus.Completed, "counted"), (made.Status, made.Model));
        Assert.Equal((11, 7, 18), (made.Usage.InputTokenCount, made.Usage.OutputTokenCount, made.Usage.TotalTokenCount));

        var found = (await client.GetResponseAsync(made.Id, Cancelled)).Value;
        Assert.Equal(made.OutputItems.Select(item => item.Id), found.OutputItems.Select(item => item.Id));
        Assert.Equal("hello 🙂", found.GetOutputText());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_streams_and_its_events_are_numbered(bool remote)
    {
        var updates = await StreamAsync(await ClientAsync(remote), new CreateResponseOptions("echo", [ResponseItem.CreateUserMessageItem("one two three 星期三 🙂")]));
        Assert.Equal("one two three 星期三 🙂", string.Concat(updates.OfType<StreamingResponseOutputTextDeltaUpdate>().Select(update => update.Delta)));
        Assert.Equal(Enumerable.Range(0, updates.Count), updates.Select(update => update.SequenceNumber));
        Assert.IsType<StreamingResponseCreatedUpdate>(updates[0]);
        Assert.Equal("one two three 星期三 🙂", Assert.IsType<StreamingResponseCompletedUpdate>(updates[^1]).Response.GetOutputText());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_response_goes_on_behind_another_and_branches(bool remote)
    {
        var client = await ClientAsync(remote);
        var first = (await client.CreateResponseAsync("history", "one", cancellationToken: Cancelled)).Value;
        Assert.Equal("user: one", first.GetOutputText());
        foreach (var told in new[] { "two", "or three" })
        {
            var next = (await client.CreateResponseAsync("history", told, first.Id, Cancelled)).Value;
            Assert.Equal($"user: one\nassistant: user: one\nuser: {told}", next.GetOutputText());
            Assert.Equal(first.Id, next.PreviousResponseId);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_tool_is_called_and_its_output_answered(bool remote)
    {
        var client = await ClientAsync(remote);
        var asked = (await client.CreateResponseAsync(new CreateResponseOptions("anytool", [ResponseItem.CreateUserMessageItem("Weather?")]) { Tools = { Weather } }, Cancelled)).Value;
        var call = Assert.IsType<FunctionCallResponseItem>(Assert.Single(asked.OutputItems));
        Assert.Equal(("get_weather", FunctionCallStatus.Completed), (call.FunctionName, call.Status));
        Assert.Contains("city", call.FunctionArguments.ToString(), StringComparison.Ordinal);

        var answered = (await client.CreateResponseAsync(
            new CreateResponseOptions("anytool", [ResponseItem.CreateFunctionCallOutputItem(call.CallId, "sunny")]) { Tools = { Weather }, PreviousResponseId = asked.Id }, Cancelled)).Value;
        Assert.Equal("sunny", answered.GetOutputText());
    }

    [Fact]
    public async Task The_arguments_of_a_call_stream()
    {
        var updates = await StreamAsync(await ClientAsync(), new CreateResponseOptions("anytool", [ResponseItem.CreateUserMessageItem("Weather?")]) { Tools = { Weather } });
        var pieces = string.Concat(updates.OfType<StreamingResponseFunctionCallArgumentsDeltaUpdate>().Select(update => update.Delta.ToString()));
        var call = Assert.IsType<FunctionCallResponseItem>(Assert.Single(updates.OfType<StreamingResponseOutputItemDoneUpdate>()).Item);
        Assert.Equal(call.FunctionArguments.ToString(), pieces);
    }

    [Fact]
    public async Task What_was_said_may_come_with_each_request_and_nothing_is_kept()
    {
        var client = await ClientAsync();
        var first = (await client.CreateResponseAsync(new CreateResponseOptions("history", [ResponseItem.CreateUserMessageItem("one")]) { StoredOutputEnabled = false }, Cancelled)).Value;
        var again = new CreateResponseOptions("history", [ResponseItem.CreateUserMessageItem("one"), .. first.OutputItems, ResponseItem.CreateUserMessageItem("two")]) { StoredOutputEnabled = false };
        Assert.Equal("user: one\nassistant: user: one\nuser: two", (await client.CreateResponseAsync(again, Cancelled)).Value.GetOutputText());
        Assert.Equal(404, (await Assert.ThrowsAsync<ClientResultException>(() => client.GetResponseAsync(first.Id, Cancelled))).Status);
    }

    [Fact]
    public async Task Thoughts_come_as_an_item_before_the_answer()
    {
        var made = (await (await ClientAsync()).CreateResponseAsync("thinker", "Why?", cancellationToken: Cancelled)).Value;
        Assert.IsType<ReasoningResponseItem>(made.OutputItems[0]);
        Assert.Equal("The answer is 42.", made.GetOutputText());
    }

    [Fact]
    public async Task Images_and_instructions_reach_the_agent()
    {
        var options = new CreateResponseOptions("echo", [ResponseItem.CreateUserMessageItem([ResponseContentPart.CreateInputTextPart("Look:"), ResponseContentPart.CreateInputImagePart(new Uri("https://example.com/a.png"))])])
        {
            Instructions = "Be brief.",
            Temperature = 0.5f,
            MaxOutputTokenCount = 100,
            Metadata = { ["who"] = "ada" },
        };
        var made = (await (await ClientAsync()).CreateResponseAsync(options, Cancelled)).Value;
        Assert.Equal("Look:\n[https://example.com/a.png]", made.GetOutputText());
        Assert.Equal((0.5f, 100, "ada"), (made.Temperature, made.MaxOutputTokenCount, made.Metadata["who"]));
    }

    [Fact]
    public async Task Input_items_are_listed_and_a_response_is_deleted()
    {
        var client = await ClientAsync();
        var made = (await client.CreateResponseAsync("echo", Enumerable.Range(0, 25).Select(i => (ResponseItem)ResponseItem.CreateUserMessageItem($"m{i}")), cancellationToken: Cancelled)).Value;
        var seen = new List<string>();
        await foreach (var item in client.GetResponseInputItemsAsync(made.Id, Cancelled)) seen.Add(((MessageResponseItem)item).Content[0].Text);
        Assert.Equal(Enumerable.Range(0, 25).Reverse().Select(i => $"m{i}"), seen);

        Assert.True((await client.DeleteResponseAsync(made.Id, Cancelled)).Value.Deleted);
        Assert.Equal(404, (await Assert.ThrowsAsync<ClientResultException>(() => client.GetResponseAsync(made.Id, Cancelled))).Status);
    }

    [Fact]
    public async Task A_response_in_the_background_is_followed_and_cancelled()
    {
        var client = await ClientAsync();
        var queued = (await client.CreateResponseAsync(new CreateResponseOptions("slow", [ResponseItem.CreateUserMessageItem("go")]) { BackgroundModeEnabled = true }, Cancelled)).Value;
        Assert.Contains(queued.Status, new ResponseStatus?[] { ResponseStatus.Queued, ResponseStatus.InProgress });
        IAsyncEnumerable<StreamingResponseUpdate> following = await client.GetResponseStreamingAsync(queued.Id, Cancelled);
        await using var updates = following.GetAsyncEnumerator(Cancelled);
        do Assert.True(await updates.MoveNextAsync()); while (updates.Current is not StreamingResponseOutputTextDeltaUpdate);

        Assert.Equal(ResponseStatus.Cancelled, (await client.CancelResponseAsync(queued.Id, Cancelled)).Value.Status);
        while (await updates.MoveNextAsync()) Assert.IsNotType<StreamingResponseCompletedUpdate>(updates.Current);
    }

    [Fact]
    public async Task A_stream_goes_on_behind_the_event_that_was_seen_last()
    {
        var client = await ClientAsync();
        var all = await StreamAsync(client, new CreateResponseOptions("echo", [ResponseItem.CreateUserMessageItem("one two three four five six")]));
        var id = ((StreamingResponseCreatedUpdate)all[0]).Response.Id;
        var rest = new List<StreamingResponseUpdate>();
        await foreach (var update in await client.GetResponseStreamingAsync(new GetResponseOptions(id) { StreamingEnabled = true, StartingAfter = 4 }, Cancelled)) rest.Add(update);
        Assert.Equal(all.Skip(5).Select(update => (update.SequenceNumber, update.Kind)), rest.Select(update => (update.SequenceNumber, update.Kind)));
    }

    [Fact]
    public async Task A_conversation_holds_several_responses()
    {
        var server = await cluster.EchoAsync();
        var conversations = new ConversationClient(new ApiKeyCredential(server.Keys.Values.First()), new ConversationClientOptions { Endpoint = new Uri(server.Url + "/v1"), RetryPolicy = new ClientRetryPolicy(0) });
        var conversation = (await conversations.CreateConversationAsync(new ConversationCreationOptions { Items = { ResponseItem.CreateUserMessageItem("zero") } }, Cancelled)).Value;
        var client = await ClientAsync();
        foreach (var told in new[] { "one", "two" })
        {
            var made = (await client.CreateResponseAsync(new CreateResponseOptions("echo", [ResponseItem.CreateUserMessageItem(told)]) { ConversationOptions = new(conversation.Id) }, Cancelled)).Value;
            Assert.Equal((told, conversation.Id), (made.GetOutputText(), made.ConversationOptions.ConversationId));
        }

        var history = (await client.CreateResponseAsync(new CreateResponseOptions("history", [ResponseItem.CreateUserMessageItem("three")]) { ConversationOptions = new(conversation.Id) }, Cancelled)).Value;
        Assert.Equal("user: zero\nuser: one\nassistant: one\nuser: two\nassistant: two\nuser: three", history.GetOutputText());
        Assert.True((await conversations.DeleteConversationAsync(conversation.Id, Cancelled)).Value.Deleted);
    }

    [Theory]
    [InlineData("nobody", null, 404, "nobody")]
    [InlineData("echo", "resp_00000000000000000000000000000000000000000000000000", 400, "previous_response_not_found")]
    [InlineData("refusing", null, 502, "failed")]
    public async Task A_refusal_is_an_exception_with_its_status(string model, string? previous, int status, string says)
    {
        var client = await ClientAsync();
        var error = await Assert.ThrowsAsync<ClientResultException>(() => client.CreateResponseAsync(model, "hi", previous, Cancelled));
        Assert.Equal(status, error.Status);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_in_mid_stream_is_the_last_event()
    {
        var updates = await StreamAsync(await ClientAsync(), new CreateResponseOptions("failing", [ResponseItem.CreateUserMessageItem("hi")]));
        Assert.Equal("one two ", string.Concat(updates.OfType<StreamingResponseOutputTextDeltaUpdate>().Select(update => update.Delta)));
        var failed = Assert.IsType<StreamingResponseFailedUpdate>(updates[^1]).Response;
        Assert.Equal(ResponseStatus.Failed, failed.Status);
        Assert.Contains("echo failed", failed.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_owners_response_is_not_found()
    {
        var made = (await (await ClientAsync()).CreateResponseAsync("echo", "mine", cancellationToken: Cancelled)).Value;
        var server = await cluster.EchoAsync();
        var stranger = new ResponsesClient(new ApiKeyCredential(server.Keys["eve"]), OptionsOf(server));
        Assert.Equal(404, (await Assert.ThrowsAsync<ClientResultException>(() => stranger.GetResponseAsync(made.Id, Cancelled))).Status);
    }

    private static async Task<List<StreamingResponseUpdate>> StreamAsync(ResponsesClient client, CreateResponseOptions options)
    {
        options.StreamingEnabled = true;
        var updates = new List<StreamingResponseUpdate>();
        await foreach (var update in await client.CreateResponseStreamingAsync(options, Cancelled)) updates.Add(update);
        return updates;
    }

    private async Task<ResponsesClient> ClientAsync(bool remote = false)
    {
        var server = await (remote ? cluster.FrontAsync() : cluster.EchoAsync());
        return new ResponsesClient(new ApiKeyCredential(server.Keys.Values.First()), OptionsOf(server));
    }

    private static ResponsesClientOptions OptionsOf(ServerProcess server) => new() { Endpoint = new Uri(server.Url + "/v1"), RetryPolicy = new ClientRetryPolicy(maxRetries: 0) };
}
