using System.Text.Json;
using Parley.IntegrationTests.Servers;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Http;

/// <summary>The few answers whose HTTP status says something.</summary>
public sealed class StatusTests(Cluster cluster)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Without_a_key_Coze_answers_401_and_4100_streamed_or_not(bool stream)
    {
        using var client = new HttpClient { BaseAddress = new Uri((await cluster.EchoAsync()).Url) };
        foreach (var header in new[] { null, "Bearer pat_wrong", "Basic abc", "pat_wrong", "Bearer", "Bearer " })
        {
            if (header is not null) client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", header);
            var answer = await client.PostAsync("/v3/chat", CozeCalls.Body("echo", "hi", stream));
            client.DefaultRequestHeaders.Clear();
            Assert.Equal(401, answer.Status);
            Assert.Equal("application/json", answer.ContentType);
            Assert.Equal(4100, answer.Code);
            Assert.False(answer.Text.EndsWith('\n'));
        }
    }

    [Fact]
    public async Task Without_a_key_OpenAI_s_paths_answer_401_in_their_shape()
    {
        using var client = new HttpClient { BaseAddress = new Uri((await cluster.EchoAsync()).Url) };
        var answer = await client.GetPlainAsync("/v1/models");
        Assert.Equal(401, answer.Status);
        Assert.Equal(JsonValueKind.String, answer.Json.GetProperty("error").GetProperty("message").ValueKind);
    }

    [Theory]
    [InlineData("/v3/nothing")]
    [InlineData("/v1/nothing/at/all")]
    [InlineData("/v1/conversations/abc/clear")]
    public async Task An_unknown_path_is_404_in_both_shapes(string path)
    {
        var answer = await (await cluster.EchoAsync()).Client.CallAsync(HttpMethod.Post, path);
        Assert.Equal(404, answer.Status);
        Assert.True(answer.Code > 0);
        Assert.NotEmpty(answer.Message);
        Assert.NotEmpty(answer.Json.GetProperty("error").GetProperty("message").GetString()!);
        Assert.NotEmpty(answer.Json.GetProperty("detail").GetProperty("logid").GetString()!);
    }

    [Theory]
    [InlineData("DELETE", "/v3/chat")]
    [InlineData("GET", "/v3/chat")]
    [InlineData("GET", "/v1/chat/completions")]
    [InlineData("POST", "/v1/models")]
    public async Task A_wrong_method_is_405_and_says_which_are_right(string method, string path)
    {
        var answer = await (await cluster.EchoAsync()).Client.CallAsync(new HttpMethod(method), path);
        Assert.Equal(405, answer.Status);
        Assert.NotEmpty(answer.Response.Content.Headers.Allow);
        Assert.True(answer.Code > 0);
    }

    [Fact]
    public async Task Health_needs_no_key()
    {
        using var client = new HttpClient { BaseAddress = new Uri((await cluster.EchoAsync()).Url) };
        Assert.Equal(200, (await client.GetPlainAsync("/health/live")).Status);
        Assert.Equal(200, (await client.GetPlainAsync("/health/ready")).Status);
    }

    [Fact]
    public async Task No_answer_names_the_software()
    {
        var answer = await (await cluster.EchoAsync()).Client.GetPlainAsync("/v1/models");
        Assert.Empty(answer.Response.Headers.Server);
        Assert.False(answer.Response.Headers.Contains("X-Powered-By"));
    }
}
