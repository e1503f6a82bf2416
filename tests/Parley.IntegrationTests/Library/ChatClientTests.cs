using Microsoft.Extensions.AI;
using Parley.Extensions.AI;
using Parley.IntegrationTests.Servers;
using Parley.Protocols.ChatCompletions;
using Parley.Protocols.Clients;
using Parley.Protocols.Coze;
using Parley.Protocols.Responses;
using Parley.Runs;

namespace Parley.IntegrationTests.Library;

/// <summary>Parley's own library as a user of .NET has it: a chat client over each protocol, with functions that are run by Microsoft's.</summary>
public sealed class ChatClientTests(Cluster cluster)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static TheoryData<string, bool> All => new([.. from protocol in new[] { "coze", "responses", "chat-completions" } from remote in new[] { false, true } select (protocol, remote)]);

    [Theory]
    [MemberData(nameof(All))]
    public async Task An_answer_comes_whole_and_as_a_stream(string protocol, bool remote)
    {
        using var client = await ClientAsync(protocol, remote);
        var chat = client.AsChatClient("counted");
        var answer = await chat.GetResponseAsync("Hi, 星期三 🙂", cancellationToken: Cancelled);
        Assert.Equal(("Hi, 星期三 🙂", ChatFinishReason.Stop, 18L), (answer.Text, answer.FinishReason, answer.Usage?.TotalTokenCount));
        var streamed = await chat.GetStreamingResponseAsync("Hi, 星期三 🙂", cancellationToken: Cancelled).ToListAsync(Cancelled);
        Assert.Equal("Hi, 星期三 🙂", string.Concat(streamed.Select(update => update.Text)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Functions_are_run_and_the_conversation_goes_on(string protocol, bool remote)
    {
        using var client = await ClientAsync(protocol, remote);
        using var chat = client.AsChatClient("toolbox").AsBuilder().UseFunctionInvocation().Build();
        var cities = new List<string>();
        var options = new ChatOptions
        {
            Tools = [AIFunctionFactory.Create(
                (string city) =>
                {
                    cities.Add(city);
                    return "sunny";
                },
                "get_weather", "The weather of a city.")],
        };
        var first = await chat.GetResponseAsync("Weather?", options, Cancelled);
        Assert.Equal("sunny", first.Text);
        Assert.Single(cities);
        if (first.ConversationId is null) return;
        options.ConversationId = first.ConversationId;
        Assert.Equal("sunny", (await chat.GetResponseAsync("And now?", options, Cancelled)).Text);
        Assert.Equal(2, cities.Count);
    }

    [Theory]
    [InlineData("coze")]
    [InlineData("responses")]
    public async Task A_conversation_is_remembered_by_the_server(string protocol)
    {
        using var client = await ClientAsync(protocol);
        var chat = client.AsChatClient("history");
        var first = await chat.GetResponseAsync("one", cancellationToken: Cancelled);
        var second = await chat.GetResponseAsync("two", new ChatOptions { ConversationId = first.ConversationId }, Cancelled);
        Assert.Equal("user: one\nassistant: user: one\nuser: two", second.Text);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Cancelling_is_felt_at_once(string protocol, bool remote)
    {
        using var client = await ClientAsync(protocol, remote);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var text = "";
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var update in client.AsChatClient("slow").GetStreamingResponseAsync("go", cancellationToken: stop.Token))
                if ((text += update.Text).Length > 0) await stop.CancelAsync();
        });
        Assert.True(text.Length < 100);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task What_goes_wrong_is_an_exception(string protocol, bool remote)
    {
        using var client = await ClientAsync(protocol, remote);
        foreach (var agent in new[] { "nobody", "refusing", "failing" })
            Assert.Equal(ErrorSide.Agent, (await Assert.ThrowsAsync<RunException>(() => client.AsChatClient(agent).GetResponseAsync("Hi", cancellationToken: Cancelled))).Error.Side);
    }

    [Theory]
    [InlineData("coze")]
    [InlineData("responses")]
    [InlineData("chat-completions")]
    public async Task A_wrong_key_is_an_exception_that_says_so(string protocol)
    {
        using var client = await ClientAsync(protocol, key: "pat_wrong");
        Assert.Equal(ErrorCause.Unauthorised, (await Assert.ThrowsAsync<RunException>(() => client.AsChatClient("echo").GetResponseAsync("Hi", cancellationToken: Cancelled))).Error.Cause);
    }

    [Theory]
    [InlineData("coze")]
    [InlineData("responses")]
    [InlineData("chat-completions")]
    public async Task An_image_is_sent_as_data(string protocol)
    {
        using var client = await ClientAsync(protocol);
        var answer = await client.AsChatClient("echo").GetResponseAsync(
            new ChatMessage(ChatRole.User, [new TextContent("Look:"), new DataContent(new byte[] { 1, 2, 3 }, "image/png")]), cancellationToken: Cancelled);

        // Coze's clients give it to the server before, as a file with a name.
        Assert.Equal(protocol == "coze" ? "Look:\n[file.png]" : "Look:\n[image/png]", answer.Text);
    }

    private async Task<AgentClient> ClientAsync(string protocol, bool remote = false, string? key = null)
    {
        var server = await (remote ? cluster.FrontAsync() : cluster.EchoAsync());
        key ??= server.Keys.Values.First();
        return protocol switch
        {
            "coze" => new CozeClient(new Uri(server.Url), key),
            "responses" => new ResponsesClient(new Uri(server.Url + "/v1"), key),
            _ => new ChatCompletionsClient(new Uri(server.Url + "/v1"), key),
        };
    }
}
