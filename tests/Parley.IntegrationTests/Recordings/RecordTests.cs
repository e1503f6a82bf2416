using System.Net;
using System.Net.Http.Json;
using Parley.IntegrationTests.Sdk;
using Parley.IntegrationTests.Servers;

namespace Parley.IntegrationTests.Recordings;

/// <summary><c>parley record</c> between real clients and a real server, and the recording played by another.</summary>
public sealed class RecordTests(Cluster cluster) : IDisposable
{
    private const string Ticks = "tick tick tick tick tick tick tick tick tick tick tick tick tick tick tick tick tick tick tick tick ";

    private readonly TemporaryDirectory _directory = new();

    private string File => _directory["recording.jsonl"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_the_SDKs_said_through_the_recorder_is_replayed_to_them_with_equal_texts()
    {
        var server = await cluster.EchoAsync();
        using (var recorder = await RecorderProcess.StartAsync(File, server.Url))
        {
            var script = new NodeScript("record.test.mjs");
            foreach (var test in NodeScript.TestsOf("record.test.mjs"))
                await script.CheckAsync(test, () => Task.FromResult<(string, string)[]>([("PARLEY_URL", recorder.Url), ("PARLEY_KEY", server.Keys["ada"]), ("PARLEY_OTHER_KEY", server.Keys["eve"])]));
            Assert.Equal(0, await recorder.InterruptAsync());
            Assert.Contains("6 exchanges are in", recorder.Output, StringComparison.Ordinal);
            Assert.Contains("POST /v3/chat?api_key=***  401", recorder.Output, StringComparison.Ordinal);
        }

        var recorded = await System.IO.File.ReadAllTextAsync(File, TestContext.Current.CancellationToken);
        Assert.DoesNotContain(server.Keys["ada"], recorded, StringComparison.Ordinal);
        Assert.DoesNotContain("pat_wrong_and_long", recorded, StringComparison.Ordinal);

        await ReplayAsync("said", $"name: said\nkind: replay\nfile: {File}\nmatch: text\npace: at once\n", Ticks);
    }

    [Theory]
    [InlineData("coze-chat.sse", "2026 年 11 月 20 日是星期五。")]
    [InlineData("coze-workflow.sse", "Well, that depends. On what?")]
    public async Task A_stream_that_a_browser_has_saved_is_replayed_to_the_SDKs(string fixture, string text)
        => await ReplayAsync("saved", $"name: saved\nkind: replay\nfile: {Repository.Fixture(fixture)}\nprotocol: coze\n", text);

    [Fact]
    public async Task A_client_that_leaves_ends_the_call_to_the_upstream_and_the_recording_says_so()
    {
        var server = await cluster.EchoAsync();
        using var recorder = await RecorderProcess.StartAsync(File, server.Url);
        using (var client = NewClient(recorder, server))
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = JsonContent.Create(Ask("slow", stream: true)) };
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
            Assert.True(await body.ReadAsync(new byte[100], TestContext.Current.CancellationToken) > 0);
        }

        await Patience.UntilAsync(() => recorder.Output.Contains("the client left", StringComparison.Ordinal), () => recorder.Output);
        Assert.Contains("\"end\":\"client-gone\"", await ReadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upstream_that_cannot_be_reached_is_a_502_that_is_recorded()
    {
        using var recorder = await RecorderProcess.StartAsync(File, "http://127.0.0.1:1");
        using var client = new HttpClient { BaseAddress = new Uri(recorder.Url) };
        using var response = await client.GetAsync("/v1/models", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Contains("upstream_unreachable", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await Patience.UntilAsync(() => recorder.Output.Contains("GET /v1/models  502", StringComparison.Ordinal), () => recorder.Output);
        Assert.Contains("\"status\":502", await ReadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recorder_that_was_killed_leaves_what_it_had_and_is_gone_on_with()
    {
        var server = await cluster.EchoAsync();
        using (var recorder = await RecorderProcess.StartAsync(File, server.Url))
        {
            using var client = NewClient(recorder, server);
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = JsonContent.Create(Ask("slow", stream: true)) };
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            await Patience.UntilAsync(async () => (await ReadAsync()).Contains("tick", StringComparison.Ordinal), () => recorder.Output);
            await recorder.KillAsync();
        }

        using (var recorder = await RecorderProcess.StartAsync(File, server.Url))
        {
            using var client = NewClient(recorder, server);
            using var response = await client.PostAsJsonAsync("/v1/chat/completions", Ask("echo", stream: false), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(0, await recorder.InterruptAsync());
            Assert.Contains("2 exchanges are in", recorder.Output, StringComparison.Ordinal);
        }

        var list = await ParleyCommand.RunAsync("inspect", "--list", File);
        Assert.Equal(0, list.ExitCode);
        Assert.Matches("(?m)^1  POST /v1/chat/completions  200 .*broken off", list.Output);
        Assert.Matches("(?m)^2  POST /v1/chat/completions  200 ", list.Output);
        Assert.Contains("the answer broke off", (await ParleyCommand.RunAsync("inspect", File)).Output, StringComparison.Ordinal);
        var converted = await ParleyCommand.RunAsync("convert", "--from", "chat-completions", "--to", "coze", "--exchange", "2", File);
        Assert.Contains("\"content\":\"Hello\"", converted.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_another_kind_is_refused()
    {
        _directory.Write("diary.txt", "Dear diary\n");
        var result = await ParleyCommand.RunAsync("record", "--to", _directory["diary.txt"], "--upstream", "http://127.0.0.1:1", "--listen", "http://127.0.0.1:0");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("not the first line of a recording", result.Error, StringComparison.Ordinal);
    }

    private static async Task ReplayAsync(string agent, string yaml, string text)
    {
        await using var server = await ServerProcess.StartAsync(new ServerSetup { Agents = new Dictionary<string, string> { [agent] = yaml }, Owners = ["ada"] });
        var script = new NodeScript("replay.test.mjs");
        (string, string)[] environment = [("PARLEY_URL", server.Url), ("PARLEY_KEY", server.Keys["ada"]), ("REPLAY_AGENT", agent), ("REPLAY_TEXT", text)];
        foreach (var test in NodeScript.TestsOf("replay.test.mjs")) await script.CheckAsync(test, () => Task.FromResult(environment));
    }

    private static HttpClient NewClient(RecorderProcess recorder, ServerProcess server)
    {
        var client = new HttpClient { BaseAddress = new Uri(recorder.Url) };
        client.DefaultRequestHeaders.Authorization = new("Bearer", server.Keys["ada"]);
        return client;
    }

    private static object Ask(string model, bool stream) => new { model, stream, messages = new[] { new { role = "user", content = "Hello" } } };

    private async Task<string> ReadAsync()
    {
        await using var file = new FileStream(File, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
