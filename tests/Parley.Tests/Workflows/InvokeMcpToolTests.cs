using Parley.Runs;
using Parley.Tests.Upstream;

namespace Parley.Tests.Workflows;

public sealed class InvokeMcpToolTests
{
    private const string Hello = """{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-03-26","capabilities":{},"serverInfo":{"name":"s","version":"1"}}}""";

    private static readonly string Accepted = ScriptedPeer.Answer("202 Accepted", "");

    [Fact]
    public async Task A_tool_is_called_in_a_session_and_its_JSON_is_a_value()
    {
        await using var peer = ScriptedPeer.Answering(
            Json(Hello, "Mcp-Session-Id: s-1\r\n"), Accepted,
            Json("""{"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"{\"hits\":3}"},{"type":"text","text":"more"}]}}"""),
            ScriptedPeer.Answer("405 Method Not Allowed", ""));
        await using var bench = Bench(peer, "{First(Local.R).hits} {Last(Local.R).Value}");
        Assert.Equal("3 more", ActionBench.SaidIn(await bench.SayAsync("cats")));
        Assert.Equal(4, peer.Requests.Count);
        Assert.Contains("\"method\":\"initialize\"", peer.Requests[0], StringComparison.Ordinal);
        Assert.Contains("\"method\":\"notifications/initialized\"", peer.Requests[1], StringComparison.Ordinal);
        Assert.EndsWith("""{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"search","arguments":{"query":"cats"}}}""", peer.Requests[2], StringComparison.Ordinal);
        Assert.StartsWith("DELETE ", peer.Requests[3], StringComparison.Ordinal);
        foreach (var request in peer.Requests) Assert.Contains("Authorization: Bearer t\r\n", request, StringComparison.Ordinal);
        foreach (var request in peer.Requests.Skip(1))
        {
            Assert.Contains("Mcp-Session-Id: s-1\r\n", request, StringComparison.Ordinal);
            Assert.Contains("MCP-Protocol-Version: 2025-03-26\r\n", request, StringComparison.Ordinal);
        }

        Assert.Contains("Idempotency-Key: ", peer.Requests[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_answer_is_found_among_the_events_of_a_stream_that_stays_open()
    {
        await using var peer = new ScriptedPeer(
            Answering(Json(Hello)), Answering(Accepted),
            async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.SendAsync(ScriptedPeer.StreamHead + "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{}}\n\n");
                await connection.SendAsync("data: {\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"}\n\ndata: {\"jsonrpc\":\"2.0\",\"id\":2,\n");
                await connection.SendAsync("data: \"result\":{\"content\":[{\"type\":\"text\",\"text\":\"found\"}]}}\n\n");
                await connection.UntilClosedAsync();
            });
        await using var bench = Bench(peer, "{First(Local.R).Value}");
        Assert.Equal("found", ActionBench.SaidIn(await bench.SayAsync("cats")));
    }

    [Fact]
    public async Task The_tools_are_listed_over_all_pages()
    {
        await using var peer = ScriptedPeer.Answering(
            Json(Hello), Accepted,
            Json("""{"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"a","inputSchema":{}},{"name":"big","maximum":1e308}],"nextCursor":"p2"}}"""),
            Json("""{"jsonrpc":"2.0","id":3,"result":{"tools":[{"name":"b","inputSchema":{}}]}}"""));
        await using var bench = Bench(peer, "{Concat(Local.R, name & Value, \\\",\\\")}", "tools/list");
        Assert.Equal("""a,{"name":"big","maximum":1e308},b""", ActionBench.SaidIn(await bench.SayAsync("cats")));
        Assert.Contains("\"cursor\":\"p2\"", peer.Requests[3], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":2,"result":{"isError":true,"content":[{"type":"text","text":"no such city"}]}}""", "Error: no such city")]
    [InlineData("""{"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"Unknown tool"}}""", "Error: Unknown tool")]
    public async Task What_the_tool_says_went_wrong_is_its_result(string answer, string expected)
    {
        await using var peer = ScriptedPeer.Answering(Json(Hello), Accepted, Json(answer));
        await using var bench = Bench(peer, "{Local.R}");
        Assert.Equal(expected, ActionBench.SaidIn(await bench.SayAsync("cats")));
    }

    [Theory]
    [InlineData("<html>", "no answer to initialize")]
    [InlineData("""{"jsonrpc":"2.0","id":9,"result":{}}""", "no answer to initialize")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"too old"}}""", "too old")]
    public async Task A_server_that_does_not_speak_MCP_fails_the_action(string hello, string reason)
    {
        await using var peer = ScriptedPeer.Answering(Json(hello));
        await using var bench = Bench(peer, "{Local.R}");
        var error = ActionBench.FailureOf(await bench.SayAsync("cats"));
        Assert.Equal("mcp_failed", error.Code);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_leave_the_server_is_called_and_not_before()
    {
        await using var peer = ScriptedPeer.Answering(Json(Hello), Accepted, Json("""{"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"found"}]}}"""));
        await using var bench = Bench(peer, "{First(Local.R).Value}", approval: "true");
        var asked = await bench.SayAsync("cats");
        var item = asked.Items[Assert.IsType<Approve>(Assert.Single(Assert.IsType<RunSuspended>(asked.End).Required)).Item];
        Assert.Equal((new ApprovalRequestItem("search", "docs"), """{"query":"cats"}"""), (item.Head, item.Input));
        Assert.Equal((item.Head, item.Input), Assert.Single((await bench.SayAsync("which?")).Items.Where(again => again.Head is ApprovalRequestItem).Select(again => (again.Head, again.Input))));
        Assert.Equal(0, peer.Connections);
        Assert.Equal("found", ActionBench.SaidIn(await bench.SayAsync("yes")));
        Assert.Contains("cats", peer.Requests[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_leave_the_server_is_not_called()
    {
        await using var peer = ScriptedPeer.Answering(Json(Hello));
        await using var bench = Bench(peer, "{Local.R}", approval: "true");
        var asked = await bench.SayAsync("cats");
        var request = asked.Items.Single(item => item.Head is ApprovalRequestItem).Id;
        Assert.Equal("Error: MCP tool invocation was not approved by user.", ActionBench.SaidIn(await bench.SendAsync(new InputItem(new ApprovalReplyItem(request, false), default))));
        Assert.Equal(0, peer.Connections);
    }

    private static ActionBench Bench(ScriptedPeer peer, string shown, string tool = "search", string approval = "false") => new ActionBench(peer.Url.Authority).With($$"""
        - kind: InvokeMcpTool
          id: ask
          serverUrl: {{peer.Url}}
          serverLabel: docs
          toolName: {{tool}}
          requireApproval: {{approval}}
          headers:
            Authorization: Bearer t
          arguments:
            query: =System.LastMessage.Text
          output:
            result: Local.R
        - kind: SendActivity
          id: show
          activity: "{{shown}}"
        """);

    private static string Json(string body, string headers = "") => ScriptedPeer.Answer("200 OK", body, "Content-Type: application/json\r\n" + headers);

    private static Func<PeerConnection, Task> Answering(string response) => async connection =>
    {
        await connection.ReadRequestAsync();
        await connection.SendAsync(response);
    };
}
