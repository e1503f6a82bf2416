using System.Net.Http.Json;
using System.Text.Json;
using Parley.IntegrationTests.Servers;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Http;

/// <summary>Three Parleys in a row, joined by Coze's protocol, and clients of either protocol before them.</summary>
public sealed class CozeChainTests(Cluster cluster)
{
    [Theory]
    [InlineData("thinker")]
    [InlineData("follower")]
    [InlineData("counted")]
    [InlineData("failing")]
    public async Task The_stream_through_the_chain_says_what_the_last_server_says(string agent)
    {
        var direct = await (await cluster.EchoAsync()).Client.ChatAsync(agent, "Grüße 🙂");
        var chained = await (await cluster.ChainAsync()).Client.ChatAsync(agent, "Grüße 🙂");
        Assert.Equal(FactsOf(direct), FactsOf(chained));
    }

    [Fact]
    public async Task A_tool_call_is_answered_by_a_client_of_Chat_Completions()
    {
        var client = (await cluster.ChainAsync()).Client;
        var question = new { role = "user", content = "What time is it?" };
        var asked = await CompleteAsync(client, new { model = "caller", messages = new object[] { question } });
        var message = asked.GetProperty("choices")[0].GetProperty("message");
        Assert.Equal("tool_calls", asked.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        var output = new { role = "tool", tool_call_id = message.GetProperty("tool_calls")[0].GetProperty("id").GetString(), content = "noon" };
        var answered = await CompleteAsync(client, new { model = "caller", messages = new object[] { question, message, output } });
        Assert.Equal("noon", answered.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
    }

    [Fact]
    public async Task A_conversation_goes_on_from_one_protocol_to_the_other()
    {
        var client = (await cluster.ChainAsync()).Client;
        var first = await client.ChatAsync("history", "one");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = JsonContent.Create(new { model = "history", messages = new[] { new { role = "user", content = "two" } } }) };
        request.Headers.Add("parley-conversation", first.Conversation);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        var second = (await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString();
        Assert.Equal("user: one\nassistant: user: one\nuser: two", second);
        var third = await client.ChatAsync("history", "three", first.Conversation);
        Assert.Equal($"{second}\nassistant: {second}\nuser: three", third.Streamed);
    }

    private static async Task<JsonElement> CompleteAsync(HttpClient client, object body)
    {
        using var response = await client.PostAsJsonAsync("/v1/chat/completions", body, TestContext.Current.CancellationToken);
        return await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }

    // Every event but the deltas, whose cuts say nothing, without ids and times.
    private static List<string> FactsOf(CozeStream stream) =>
    [
        stream.Streamed,
        .. stream.Events.Where(e => e.Name is not ("conversation.message.delta" or "done")).Select(e => string.Join(
            ' ', e.Name, Text(e.Json, "type"), Text(e.Json, "content"), Text(e.Json, "reasoning_content"), Text(e.Json, "status"), Text(e.Json, "usage"), Text(e.Json, "last_error"))),
        stream.Events[^1].Name,
    ];

    private static string Text(JsonElement json, string name) => json.TryGetProperty(name, out var member) ? member.ToString() : "";
}
