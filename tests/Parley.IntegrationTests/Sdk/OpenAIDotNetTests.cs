using System.ClientModel;
using System.ClientModel.Primitives;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Models;
using Parley.IntegrationTests.Servers;

namespace Parley.IntegrationTests.Sdk;

/// <summary>The official OpenAI client for .NET.</summary>
public sealed class OpenAIDotNetTests(Cluster cluster)
{
    private static readonly ChatTool Weather = ChatTool.CreateFunctionTool(
        "get_weather", "The weather of a city.", BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}"""));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_comes_whole(bool remote)
    {
        var answer = await (await ClientAsync(remote, "echo")).CompleteChatAsync([new UserChatMessage("hello 🙂")], cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("hello 🙂", answer.Value.Content[0].Text);
        Assert.Equal(ChatFinishReason.Stop, answer.Value.FinishReason);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_streams_with_its_usage(bool remote)
    {
        var text = "";
        var updates = 0;
        ChatTokenUsage? usage = null;
        ChatFinishReason? finish = null;
        await foreach (var update in (await ClientAsync(remote, "counted")).CompleteChatStreamingAsync([new UserChatMessage("one two three four five")], cancellationToken: TestContext.Current.CancellationToken))
        {
            updates++;
            text += string.Concat(update.ContentUpdate.Select(part => part.Text));
            usage = update.Usage ?? usage;
            finish = update.FinishReason ?? finish;
        }

        Assert.Equal("one two three four five", text);
        Assert.True(updates > 5);
        Assert.Equal((11, 7, 18), (usage?.InputTokenCount, usage?.OutputTokenCount, usage?.TotalTokenCount));
        Assert.Equal(ChatFinishReason.Stop, finish);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_tool_is_called_and_its_output_answered(bool remote)
    {
        var client = await ClientAsync(remote, "anytool");
        var options = new ChatCompletionOptions { Tools = { Weather } };
        List<ChatMessage> messages = [new UserChatMessage("Weather?")];
        var asked = (await client.CompleteChatAsync(messages, options, TestContext.Current.CancellationToken)).Value;
        Assert.Equal(ChatFinishReason.ToolCalls, asked.FinishReason);
        var call = Assert.Single(asked.ToolCalls);
        Assert.Equal("get_weather", call.FunctionName);
        Assert.Contains("city", call.FunctionArguments.ToString(), StringComparison.Ordinal);

        messages.Add(new AssistantChatMessage(asked));
        messages.Add(new ToolChatMessage(call.Id, "sunny"));
        var answered = (await client.CompleteChatAsync(messages, options, TestContext.Current.CancellationToken)).Value;
        Assert.Equal("sunny", answered.Content[0].Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Parallel_calls_stream_apart(bool remote)
    {
        var calls = new SortedDictionary<int, (string Id, string Name, string Arguments)>();
        await foreach (var update in (await ClientAsync(remote, "parallel")).CompleteChatStreamingAsync(
            [new UserChatMessage("parallel-calls")], new ChatCompletionOptions { Tools = { Weather } }, TestContext.Current.CancellationToken))
        {
            foreach (var part in update.ToolCallUpdates)
            {
                var (id, name, arguments) = calls.GetValueOrDefault(part.Index, ("", "", ""));
                calls[part.Index] = (id + part.ToolCallId, name + part.FunctionName, arguments + part.FunctionArgumentsUpdate?.ToString());
            }
        }

        Assert.Equal([("get_weather", """{"city":"Rome"}"""), ("get_time", """{"zone":"CET"}""")], calls.Values.Select(call => (call.Name, call.Arguments)));
        Assert.All(calls.Values, call => Assert.NotEmpty(call.Id));
    }

    [Fact]
    public async Task Agents_are_listed_as_models()
    {
        var server = await cluster.EchoAsync();
        var models = await new OpenAIModelClient(new ApiKeyCredential(server.Keys.Values.First()), OptionsOf(server)).GetModelsAsync(TestContext.Current.CancellationToken);
        Assert.Contains("echo", models.Value.Select(model => model.Id));
    }

    [Fact]
    public async Task An_unknown_model_is_a_404()
    {
        var client = await ClientAsync(false, "nobody");
        var error = await Assert.ThrowsAsync<ClientResultException>(async () => await client.CompleteChatAsync([new UserChatMessage("hi")], cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(404, error.Status);
        Assert.Contains("nobody", error.Message, StringComparison.Ordinal);
    }

    private async Task<ChatClient> ClientAsync(bool remote, string model)
    {
        var server = await (remote ? cluster.FrontAsync() : cluster.EchoAsync());
        return new ChatClient(model, new ApiKeyCredential(server.Keys.Values.First()), OptionsOf(server));
    }

    private static OpenAIClientOptions OptionsOf(ServerProcess server)
        => new() { Endpoint = new Uri(server.Url + "/v1"), RetryPolicy = new ClientRetryPolicy(maxRetries: 0) };
}
