using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Parley.IntegrationTests.Servers;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Sdk;

/// <summary>The official Coze SDK; what it saw is checked byte by byte afterwards.</summary>
public abstract partial class CozeSdkTests(Cluster cluster, SdkRuns runs, string file, bool remote, bool overCoze = false) : SdkTests(cluster, runs, file, remote, overCoze: overCoze)
{
    [Fact]
    public async Task Every_stream_is_framed_as_the_strictest_SDK_demands()
    {
        // A stream that was picked up has no beginning.
        var streams = (await ExchangesAsync()).Where(exchange => exchange.ContentType.StartsWith("text/event-stream", StringComparison.Ordinal)
            && !exchange.Path.StartsWith("/parley/", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(streams);
        foreach (var stream in streams)
        {
            var framing = stream.Path == "/v1/workflows/chat" ? CozeFraming.WorkflowChat : CozeFraming.Chat;
            CozeStreamCheck.Read(stream.Answer.Body, framing, stream.Answer.IsComplete);
            Assert.Equal("no-cache", stream.Answer.Headers["cache-control"]);
            Assert.Equal("no", stream.Answer.Headers["x-accel-buffering"]);
        }
    }

    [Fact]
    public async Task Every_answer_carries_its_log_id()
    {
        foreach (var exchange in await ExchangesAsync())
        {
            Assert.Matches(LogId(), exchange.Answer.Headers.GetValueOrDefault("x-tt-logid", "none"));
            if (!exchange.ContentType.StartsWith("application/json", StringComparison.Ordinal)) continue;
            using var body = JsonDocument.Parse(exchange.Answer.Body);
            Assert.Equal(exchange.Answer.Headers["x-tt-logid"], body.RootElement.GetProperty("detail").GetProperty("logid").GetString());
        }
    }

    [Fact]
    public async Task Every_plain_answer_is_compact_JSON_without_a_newline()
    {
        foreach (var exchange in await ExchangesAsync())
        {
            if (!exchange.ContentType.StartsWith("application/json", StringComparison.Ordinal)) continue;
            Assert.False(Encoding.UTF8.GetString(exchange.Answer.Body).Contains('\n'), exchange.ToString());
            using var body = JsonDocument.Parse(exchange.Answer.Body);
            Assert.Equal(JsonValueKind.Number, body.RootElement.GetProperty("code").ValueKind);
            Assert.Equal(JsonValueKind.String, body.RootElement.GetProperty("msg").ValueKind);
        }
    }

    [Fact]
    public async Task Only_a_wrong_key_has_another_status_than_200()
    {
        foreach (var exchange in await ExchangesAsync())
            Assert.True(exchange.Status == (exchange.Request.Headers["authorization"] == "Bearer pat_wrong" ? 401 : 200), exchange.ToString());
    }

    [GeneratedRegex("^20[0-9]{12}[0-9A-F]{20}$")]
    private static partial Regex LogId();
}

/// <summary>Chats with echo agents.</summary>
public sealed class CozeChatSdkTests(Cluster cluster, SdkRuns runs) : CozeSdkTests(cluster, runs, Script, remote: false)
{
    private const string Script = "coze-chat.test.mjs";

    public static TheoryData<string> Tests => TestsOf(Script);

    [Theory, MemberData(nameof(Tests))]
    public Task With_echo_agents(string test) => CheckAsync(test);
}

/// <summary>Chats with agents that are at a second Parley.</summary>
public sealed class CozeChatRemoteSdkTests(Cluster cluster, SdkRuns runs) : CozeSdkTests(cluster, runs, Script, remote: true)
{
    private const string Script = "coze-chat.test.mjs";

    public static TheoryData<string> Tests => TestsOf(Script);

    [Theory, MemberData(nameof(Tests))]
    public Task Through_a_second_Parley(string test) => CheckAsync(test);
}

/// <summary>Chats with agents behind two more Parleys, each asked in Coze's protocol: nothing at all is lost.</summary>
public sealed class CozeChatChainSdkTests(Cluster cluster, SdkRuns runs) : CozeSdkTests(cluster, runs, Script, remote: false, overCoze: true)
{
    private const string Script = "coze-chat.test.mjs";

    public static TheoryData<string> Tests => TestsOf(Script);

    [Theory, MemberData(nameof(Tests))]
    public Task Through_two_more_Parleys(string test) => CheckAsync(test);
}

/// <summary>Conversations, messages and bots.</summary>
public sealed class CozeStoreSdkTests(Cluster cluster, SdkRuns runs) : CozeSdkTests(cluster, runs, Script, remote: false)
{
    private const string Script = "coze-store.test.mjs";

    public static TheoryData<string> Tests => TestsOf(Script);

    [Theory, MemberData(nameof(Tests))]
    public Task With_echo_agents(string test) => CheckAsync(test);
}

/// <summary>Conversations, messages and bots of a Parley whose agents are at a second one.</summary>
public sealed class CozeStoreRemoteSdkTests(Cluster cluster, SdkRuns runs) : CozeSdkTests(cluster, runs, Script, remote: true)
{
    private const string Script = "coze-store.test.mjs";

    public static TheoryData<string> Tests => TestsOf(Script);

    [Theory, MemberData(nameof(Tests))]
    public Task Through_a_second_Parley(string test) => CheckAsync(test);
}

/// <summary>Files, feedback, users and variables.</summary>
public sealed class CozeFileSdkTests(Cluster cluster, SdkRuns runs) : CozeSdkTests(cluster, runs, Script, remote: false)
{
    private const string Script = "coze-files.test.mjs";

    public static TheoryData<string> Tests => TestsOf(Script);

    [Theory, MemberData(nameof(Tests))]
    public Task With_echo_agents(string test) => CheckAsync(test);
}

/// <summary>Files, feedback, users and variables of a Parley whose agents are at a second one.</summary>
public sealed class CozeFileRemoteSdkTests(Cluster cluster, SdkRuns runs) : CozeSdkTests(cluster, runs, Script, remote: true)
{
    private const string Script = "coze-files.test.mjs";

    public static TheoryData<string> Tests => TestsOf(Script);

    [Theory, MemberData(nameof(Tests))]
    public Task Through_a_second_Parley(string test) => CheckAsync(test);
}
