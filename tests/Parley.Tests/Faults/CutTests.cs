using System.Net;
using System.Text;
using Parley.Protocols;
using Parley.Runs;

namespace Parley.Tests.Faults;

/// <summary>The bytes of every recorded stream, cut everywhere and framed in every way.</summary>
public sealed class CutTests
{
    private const string Body = """
        {"id":"cc-40","object":"chat.completion","model":"harbour-1","choices":[{"index":0,"message":{"role":"assistant","content":"Slack \ud83d\udea2 water","tool_calls":[{"id":"call_q","type":"function","function":{"name":"buoy","arguments":"{\"n\":1}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}
        """;

    private static readonly (Protocol Protocol, string Body)[] ErrorBodies =
    [
        (Protocol.ChatCompletions, "{\"error\":{\"message\":\"No such berth 🛥\",\"type\":\"berth\",\"param\":null,\"code\":\"full\"}}"),
        (Protocol.Responses, "{\"error\":{\"message\":\"No such berth 🛥\",\"type\":\"berth\",\"param\":null,\"code\":\"full\"}}"),
        (Protocol.Tongyi, "{\"errorCode\":\"FULL\",\"errorMsg\":\"No such berth 🛥\",\"failed\":true,\"success\":false}"),
        (Protocol.Coze, "{\"code\":77,\"msg\":\"No such berth 🛥\"}"),
        (Protocol.DashScope, "{\"code\":\"Berth.Full\",\"message\":\"No such berth 🛥\",\"request_id\":\"r\"}"),
        (Protocol.DashScopeApp, "{\"code\":\"Berth.Full\",\"message\":\"No such berth 🛥\",\"request_id\":\"r\"}"),
        (Protocol.CozeWorkflowRun, "{\"code\":77,\"msg\":\"No such berth 🛥\"}"),
    ];

    private static readonly (string Name, Func<string, string> Change)[] Framings =
    [
        ("CRLF", stream => stream.Replace("\n", "\r\n", StringComparison.Ordinal)),
        ("CR", stream => stream.Replace('\n', '\r')),
        ("a byte order mark", stream => "\uFEFF" + stream),
        ("comments", stream => ": ping\n" + stream.Replace("\ndata:", "\n: \ndata:", StringComparison.Ordinal).Replace("\n\n", "\n\n:keep-alive\n\n", StringComparison.Ordinal)),
        ("ids and retries", stream => "retry: 3\n\n" + stream.Replace("data:", "id: 7\ndata:", StringComparison.Ordinal)),
        ("no space", stream => stream.Replace("data: ", "data:", StringComparison.Ordinal).Replace("event: ", "event:", StringComparison.Ordinal)),
        ("a space", stream => stream.Replace("data:{", "data: {", StringComparison.Ordinal).Replace("event:c", "event: c", StringComparison.Ordinal)),
        ("data in several lines", stream => stream.Replace("data:{", "data:{\ndata:", StringComparison.Ordinal).Replace("data: {", "data: {\ndata: ", StringComparison.Ordinal)),
        ("the data before the name", stream => string.Concat(stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(frame => string.Join('\n', frame.Split('\n').Reverse()) + "\n\n"))),
        ("no blank line at the end", stream => stream.TrimEnd('\n')),
        ("blank lines everywhere", stream => "\n\n\n" + stream.Replace("\n\n", "\n\n\n\n", StringComparison.Ordinal)),
    ];

    public static TheoryData<string> Recordings => FaultMatrixTests.Recordings;

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task Where_the_bytes_are_cut_does_not_matter(string name)
    {
        var recording = Find(name);
        await using var bench = new FaultBench();
        var whole = await bench.CallAsync(recording.Format, new Answer([recording.Bytes]));
        for (var at = 1; at < recording.Bytes.Length; at++)
            AssertSame(whole, await bench.CallAsync(recording.Format, new Answer([recording.Bytes.AsMemory(0, at), recording.Bytes.AsMemory(at)])), $"{name}, cut at {at}");
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task How_it_is_framed_does_not_matter(string name)
    {
        var recording = Find(name);
        await using var bench = new FaultBench();
        var whole = await bench.CallAsync(recording.Format, new Answer([recording.Bytes]));
        foreach (var (framing, change) in Framings)
        {
            var bytes = Encoding.UTF8.GetBytes(change(Encoding.UTF8.GetString(recording.Bytes)));
            AssertSame(whole, await bench.CallAsync(recording.Format, new Answer([bytes])), $"{name}, {framing}");
            AssertSame(whole, await bench.CallAsync(recording.Format, new Answer(bytes.Select((_, at) => (ReadOnlyMemory<byte>)bytes.AsMemory(at, 1)))), $"{name}, {framing}, byte by byte");
        }
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task A_stream_that_ends_anywhere_has_told_the_beginning(string name)
    {
        var recording = Find(name);
        await using var bench = new FaultBench();
        var whole = await bench.PlayAsync(recording.Format, new Answer([recording.Bytes]), name);
        List<RunEvent> before = [];
        for (var at = 0; at < recording.Bytes.Length; at++)
        {
            var what = $"{name}, ends at {at}";
            var events = await bench.CallAsync(recording.Format, new Answer([recording.Bytes.AsMemory(0, at)]));
            Assert.True(events.Count(one => one is RunEnded) == 1 && events[^1] is RunEnded, what);

            // All that follows is a function of the events: what is the same as a byte before has been there already.
            if (events.SequenceEqual(before)) continue;
            before = events;
            var outcome = await bench.PlayAsync(recording.Format, new Answer([recording.Bytes.AsMemory(0, at)]), what);
            outcome.AssertBeginningOf(whole, what);
        }
    }

    [Fact]
    public async Task A_plain_body_that_ends_anywhere_but_at_its_end_is_a_failure_that_says_nothing()
    {
        var format = StreamFormat.Of(Protocol.ChatCompletions);
        await using var bench = new FaultBench();
        var bytes = Encoding.UTF8.GetBytes(Body);
        var whole = await bench.PlayAsync(format, new Answer([bytes]), "plain body");
        Assert.Equal("Slack 🚢 water", whole.Text);
        Assert.IsType<RunSuspended>(whole.State.End);
        for (var at = 0; at < bytes.Length; at++)
        {
            foreach (var ending in (Ending[])[Ending.Close, Ending.Reset])
            {
                var what = $"plain body, {ending} at {at}";
                var outcome = await bench.PlayAsync(format, new Answer([bytes.AsMemory(0, at)], ending), what);
                Assert.True(outcome.State.End is RunFailed { Error.Side: ErrorSide.Agent }, what);
                Assert.True(outcome.Text.Length == 0, what);
            }
        }
    }

    [Theory]
    [InlineData(HttpStatusCode.BadRequest, ErrorCause.Rejected)]
    [InlineData(HttpStatusCode.Unauthorized, ErrorCause.Unauthorised)]
    [InlineData(HttpStatusCode.TooManyRequests, ErrorCause.Limit)]
    [InlineData(HttpStatusCode.BadGateway, ErrorCause.Unavailable)]
    public async Task The_body_of_an_error_may_end_anywhere_and_the_status_tells_the_cause(HttpStatusCode status, ErrorCause cause)
    {
        await using var bench = new FaultBench();
        foreach (var (protocol, body) in ErrorBodies)
        {
            var bytes = Encoding.UTF8.GetBytes(body);
            for (var at = 0; at <= bytes.Length; at++)
            {
                foreach (var ending in (Ending[])[Ending.Close, Ending.Reset])
                {
                    var what = $"{protocol}, {status}, {ending} at {at}";
                    var outcome = await bench.PlayAsync(StreamFormat.Of(protocol), new Answer([bytes.AsMemory(0, at)], ending, status), what);
                    outcome.AssertNoErrorInside(what);
                    Assert.True(outcome.State.End is RunFailed failed && failed.Error.Cause == cause, $"{what}: {outcome.State.End}");
                }
            }
        }
    }

    [Theory]
    [InlineData(64 << 10)]
    [InlineData(1 << 20)]
    [InlineData(16 << 20)]
    public async Task A_long_line_is_a_line(int length)
    {
        await using var bench = new FaultBench();
        foreach (var (format, stream) in LongLines(length))
        {
            var events = await bench.CallAsync(format, new Answer(stream));
            Assert.True(events[^1] is RunCompleted, $"{format.Protocol}: {events[^1]}");
            Assert.Equal(length, events.OfType<PartDelta>().Sum(delta => delta.Text.Length));
        }
    }

    [Fact]
    public async Task A_line_over_the_limit_fails_the_run_and_leaves_what_was_said()
    {
        await using var bench = new FaultBench();
        foreach (var (format, stream) in LongLines(17 << 20, "Before."))
        {
            var outcome = await bench.PlayAsync(format, new Answer(stream), format.Protocol.Name);
            Assert.Equal("Before.", outcome.Text);
            Assert.True(outcome.State.End is RunFailed { Error.Code: "upstream_too_large" }, $"{format.Protocol}: {outcome.State.End}");
            outcome.AssertNoErrorInside(format.Protocol.Name);
        }
    }

    private static IEnumerable<(StreamFormat Format, string Stream)> LongLines(int length, string before = "")
    {
        var text = new string('x', length);
        yield return (StreamFormat.Of(Protocol.Coze),
            (before.Length > 0 ? Delta(before) : "") + Delta(text) + "event:conversation.chat.completed\ndata:{\"id\":\"1\"}\n\nevent:done\ndata:\"[DONE]\"\n\n");
        yield return (StreamFormat.Of(Protocol.CozeWorkflowRun),
            (before.Length > 0 ? Node(before, 0) : "") + Node(text, 1) + "event: Message\ndata: {\"content\":\"{\\\"ok\\\":1,\\\"n\\\":2}\",\"node_title\":\"\",\"node_seq_id\":\"0\",\"node_is_finish\":true}\n\nevent: Done\ndata: {}\n\n");
        yield return (StreamFormat.Of(Protocol.ChatCompletions),
            (before.Length > 0 ? Chunk(before) : "") + Chunk(text) + "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
        yield return (StreamFormat.Of(Protocol.Responses),
            (before.Length > 0 ? TextDelta(before) : "") + TextDelta(text) + "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\",\"status\":\"completed\",\"output\":[]}}\n\n");

        yield return (StreamFormat.Of(Protocol.Tongyi),
            (before.Length > 0 ? Piece(before, 2) : "") + Piece(text, 3) + "data: {\"msgId\":\"1\",\"msgStatus\":\"finished\"}\n\ndata: [DONE]\n\n");

        static string Piece(string text, int package) => $"data: {{\"msgId\":\"1\",\"sessionId\":\"2\",\"pkgId\":{package},\"incremental\":true,\"contents\":[{{\"content\":\"{text}\",\"contentType\":\"text\",\"id\":\"1_0\"}}]}}\n\n";
        yield return (StreamFormat.Of(Protocol.DashScope),
            (before.Length > 0 ? Frame(before) : "") + Frame(text) + "id:9\nevent:result\n:HTTP_STATUS/200\ndata:{\"output\":{\"choices\":[{\"message\":{\"content\":\"\"},\"finish_reason\":\"stop\"}]}}\n\n");

        static string Frame(string text) => $"id:1\nevent:result\n:HTTP_STATUS/200\ndata:{{\"output\":{{\"choices\":[{{\"message\":{{\"content\":\"{text}\"}},\"finish_reason\":\"null\"}}]}}}}\n\n";
        static string TextDelta(string text) => $"event: response.output_text.delta\ndata: {{\"type\":\"response.output_text.delta\",\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\"{text}\"}}\n\n";
        static string Delta(string text) => $"event:conversation.message.delta\ndata:{{\"id\":\"2\",\"type\":\"answer\",\"content\":\"{text}\"}}\n\n";
        static string Node(string text, int sequence) => $"event: Message\ndata: {{\"content\":\"{text}\",\"node_title\":\"n\",\"node_seq_id\":\"{sequence}\",\"node_is_finish\":false}}\n\n";
        static string Chunk(string text) => $"data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n";
    }

    private static Recording Find(string name) => Recording.All.First(recording => recording.Name == name);

    private static void AssertSame(List<RunEvent> whole, List<RunEvent> events, string what)
    {
        // In a place of its own, so that a failure tells which of thousands it was.
        if (!whole.SequenceEqual(events)) Assert.Fail($"{what}: {string.Join('\n', events)}");
    }
}
