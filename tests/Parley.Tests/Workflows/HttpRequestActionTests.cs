using Parley.Tests.Upstream;
using Parley.Workflows;

namespace Parley.Tests.Workflows;

public sealed class HttpRequestActionTests
{
    [Fact]
    public async Task A_server_is_asked_and_its_JSON_is_a_record()
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.Answer("200 OK", """{"name":"Ida","tags":["a","b"]}""", "Content-Type: application/json\r\nX-Two: 1\r\nX-Two: 2\r\n"));
        await using var bench = new ActionBench(peer.Url.Authority).With($$"""
            - kind: HttpRequestAction
              id: call
              url: ="{{peer.Url}}/people?x=1"
              headers:
                X-Who: =System.LastMessage.Text
                X-Empty: =Blank()
              queryParameters:
                q: =System.LastMessage.Text
                full: true
                none: =Blank()
              response: Local.R
              responseHeaders: Local.H
            - kind: SendActivity
              id: show
              activity: "{Local.R.name} {CountRows(Local.R.tags)} {Local.H.'X-Two'}"
            """);
        Assert.Equal("Ida 2 1,2", ActionBench.SaidIn(await bench.SayAsync("Ida & co")));
        var request = Assert.Single(peer.Requests);
        Assert.StartsWith("GET /v1/people?x=1&q=Ida%20%26%20co&full=true HTTP/1.1", request, StringComparison.Ordinal);
        Assert.Contains("X-Who: Ida & co\r\n", request, StringComparison.Ordinal);
        Assert.DoesNotContain("X-Empty", request, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ kind: JsonRequestContent, content: \"={a: System.LastMessage.Text, b: [1, 2]}\" }", "application/json", "{\"a\":\"hello\",\"b\":[1,2]}")]
    [InlineData("{ kind: JsonRequestContent, content: '{\"a\": 1}' }", "application/json", "{\"a\": 1}")]
    [InlineData("{ kind: RawRequestContent, content: =System.LastMessage.Text, contentType: text/csv }", "text/csv", "hello")]
    [InlineData("{ kind: RawRequestContent, content: =System.LastMessage.Text }", "text/plain; charset=utf-8", "hello")]
    public async Task A_body_is_sent_as_its_kind_says(string body, string type, string sent)
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.Answer("200 OK", "done"));
        await using var bench = Bench(peer, $"method: post\n  body: {body}");
        Assert.Equal("done", ActionBench.SaidIn(await bench.SayAsync("hello")));
        var request = Assert.Single(peer.Requests);
        Assert.StartsWith("POST ", request, StringComparison.Ordinal);
        Assert.Contains($"Content-Type: {type}\r\n", request, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n" + sent, request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_call_of_a_run_has_a_key_of_its_own()
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.Answer("200 OK", "done"));
        await using var bench = new ActionBench(peer.Url.Authority).With($$"""
            - kind: Foreach
              id: loop
              items: =[1, 2]
              value: Local.N
              actions:
                - kind: HttpRequestAction
                  id: call
                  url: {{peer.Url}}
            - kind: HttpRequestAction
              id: own
              url: {{peer.Url}}
              headers:
                Idempotency-Key: mine
            """);
        ActionBench.SaidIn(await bench.SayAsync("hello"));
        var keys = peer.Requests.Select(request => request.Split("Idempotency-Key: ")[1].Split("\r\n")[0]).ToList();
        Assert.Equal(3, keys.Distinct().Count());
        Assert.Equal("mine", keys[2]);
    }

    [Fact]
    public async Task An_answer_that_says_no_fails_the_action_with_the_beginning_of_what_it_says()
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.Answer("404 Not Found", new string('x', 300)));
        await using var bench = Bench(peer, "");
        var error = ActionBench.FailureOf(await bench.SayAsync("hello"));
        Assert.Equal("http_status", error.Code);
        Assert.Contains("Action call (HttpRequestAction", error.Message, StringComparison.Ordinal);
        Assert.EndsWith($"404: {new string('x', 256)}…", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_with_a_number_of_too_many_digits_is_a_text()
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.Answer("200 OK", """{"n":1e99}"""));
        await using var bench = Bench(peer, "");
        Assert.Equal("""{"n":1e99}""", ActionBench.SaidIn(await bench.SayAsync("hello")));
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var other = ScriptedPeer.Answering(ScriptedPeer.Answer("200 OK", "secret"));
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.Answer("302 Found", "", $"Location: {other.Url}\r\n"));
        await using var bench = Bench(peer, "");
        Assert.Contains("302", ActionBench.FailureOf(await bench.SayAsync("hello")).Message, StringComparison.Ordinal);
        Assert.Equal(0, other.Connections);
    }

    [Fact]
    public async Task An_answer_that_is_too_large_fails_the_action()
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.Answer("200 OK", new string('x', (1 << 20) + 1)));
        await using var bench = Bench(peer, "");
        Assert.Contains("larger than 1024 KB", ActionBench.FailureOf(await bench.SayAsync("hello")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_in_time_fails_the_action()
    {
        await using var peer = new ScriptedPeer(connection => connection.UntilClosedAsync());
        await using var bench = Bench(peer, "requestTimeoutInMilliseconds: 50");
        Assert.Equal("http_timeout", ActionBench.FailureOf(await bench.SayAsync("hello")).Code);
    }

    [Fact]
    public async Task A_server_that_breaks_off_fails_the_action()
    {
        await using var peer = new ScriptedPeer(async connection =>
        {
            await connection.ReadRequestAsync();
            connection.Reset();
        });
        await using var bench = Bench(peer, "");
        Assert.Equal("http_failed", ActionBench.FailureOf(await bench.SayAsync("hello")).Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("other.example")]
    [InlineData("*:PORT")]
    public async Task A_host_that_is_not_listed_is_not_called(string hosts)
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.Answer("200 OK", "done"));
        var listed = hosts.Length == 0 ? Array.Empty<string>() : [hosts.Replace("PORT", $"{peer.Url.Port}", StringComparison.Ordinal)];
        await using var bench = new ActionBench(listed).With($"- kind: HttpRequestAction\n  id: call\n  url: {peer.Url}");
        Assert.Equal("host_not_allowed", ActionBench.FailureOf(await bench.SayAsync("hello")).Code);
        Assert.Equal(0, peer.Connections);
    }

    [Theory]
    [InlineData("url: =Local.Nothing", "http_url")]
    [InlineData("url: ftp://files.example", "http_url")]
    [InlineData("url: https://me:secret@api.example", "http_url")]
    [InlineData("url: https://api.example\n  method: CONNECT", "http_method")]
    [InlineData("url: https://api.example\n  requestTimeoutInMilliseconds: -1", "http_timeout")]
    [InlineData("url: https://api.example\n  headers: { X-Bad: \"=\\\"a\\\" & Char(10) & \\\"b\\\"\" }", "http_header")]
    public async Task What_cannot_be_sent_fails_the_action_and_gives_nothing_away(string properties, string code)
    {
        await using var bench = new ActionBench("api.example").With("- kind: HttpRequestAction\n  id: call\n  " + properties);
        var error = ActionBench.FailureOf(await bench.SayAsync("hello"));
        Assert.Equal(code, error.Code);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("url: https://a.example\n  body: { kind: XmlRequestContent, content: x }", "body.kind", FindingSeverity.Error)]
    [InlineData("url: https://a.example\n  body: { kind: JsonRequestContent }", "body.content", FindingSeverity.Error)]
    [InlineData("url: https://a.example\n  headers: { host: b.example }", "headers", FindingSeverity.Error)]
    [InlineData("url: https://a.example\n  connection: { name: store }", "connection", FindingSeverity.Warning)]
    [InlineData("method: GET", "url", FindingSeverity.Error)]
    public void What_is_wrong_in_the_text_is_found_before_it_runs(string properties, string path, FindingSeverity severity)
        => Assert.Contains(ActionBench.Findings("- kind: HttpRequestAction\n  id: call\n  " + properties), finding => finding.Path == "trigger.actions[0]." + path && finding.Severity == severity);

    private static ActionBench Bench(ScriptedPeer peer, string properties)
        => new ActionBench(peer.Url.Authority).With($"- kind: HttpRequestAction\n  id: call\n  url: {peer.Url}\n  response: Local.R\n  {properties}\n- kind: SendActivity\n  id: show\n  activity: \"{{Local.R}}\"");
}
