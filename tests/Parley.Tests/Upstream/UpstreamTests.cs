using System.Net;
using System.Net.Sockets;
using System.Text;
using Parley.Protocols.ChatCompletions;
using Parley.Protocols.OpenAi;
using Parley.Protocols.Upstream;
using Parley.Runs;
using static Parley.Tests.ChatCompletions.ChatWire;

namespace Parley.Tests.Upstream;

public sealed class UpstreamTests
{
    private static readonly string[] Frames = [.. Chunks(["""{"content":"a"}""", """{"content":"b"}""", """{"content":"c"}"""]).Select(one => $"data: {one}\n\n")];
    private static readonly UpstreamTimeouts Patient = new() { Connect = TimeSpan.FromHours(1), FirstEvent = TimeSpan.FromHours(2), Idle = TimeSpan.FromHours(2) };

    [Fact]
    public async Task A_request_says_what_it_wants_and_who_asks()
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.StreamHead + string.Concat(Frames));
        using var client = new UpstreamClient(TimeProvider.System);
        Assert.Equal("abc", TextOf(await CollectAsync(client, CallTo(peer) with { Key = "sk-1", Headers = [new("X-Own", "1")] })));
        var request = Assert.Single(peer.Requests);
        Assert.StartsWith("POST /v1 HTTP/1.1\r\n", request, StringComparison.Ordinal);
        foreach (var line in (string[])["Accept: text/event-stream", "User-Agent: parley/0.1.0", "Authorization: Bearer sk-1", "X-Own: 1", "Content-Type: application/json"])
            Assert.Contains(line + "\r\n", request, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n{}", request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_serves_a_later_call_though_the_end_of_the_body_comes_late()
    {
        var read = new TaskCompletionSource();
        var served = 0;
        var body = string.Concat(Frames);
        var chunk = $"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n{body.Length:x}\r\n{body}\r\n";
        await using var peer = new ScriptedPeer(
            async connection =>
            {
                for (; await connection.ReadRequestAsync() is not null; served++)
                {
                    await connection.SendAsync(chunk);
                    await read.Task;
                    await connection.SendAsync("0\r\n\r\n");
                }
            },
            async connection =>
            {
                // Each of these serves once, so that the first is the only one that can be kept.
                await connection.ReadRequestAsync();
                await connection.SendAsync(chunk.Replace("Content-Type", "Connection: close\r\nContent-Type", StringComparison.Ordinal) + "0\r\n\r\n");
            });
        using var client = new UpstreamClient(TimeProvider.System);
        Assert.Equal("abc", TextOf(await CollectAsync(client, CallTo(peer))));
        read.SetResult();

        // The end arrives when it arrives; from then on the first connection is one to call by.
        for (var calls = 0; served < 2 && calls < 1000; calls++) Assert.Equal("abc", TextOf(await CollectAsync(client, CallTo(peer))));
        Assert.True(served >= 2);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_reset_after_any_event_is_one_failure_after_what_was_said(int frames)
    {
        var arrived = new TaskCompletionSource();
        await using var peer = new ScriptedPeer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(ScriptedPeer.StreamHead);
            foreach (var frame in Frames.Take(frames)) await connection.SendAsync(frame);
            await arrived.Task;
            connection.Reset();
        });
        using var client = new UpstreamClient(TimeProvider.System);
        var events = client.CallAsync(CallTo(peer) with { Retries = 0 }, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var read = new List<RunEvent>();
        while (read.OfType<PartDelta>().Count() < frames && await events.MoveNextAsync()) read.Add(events.Current);
        arrived.SetResult();
        while (await events.MoveNextAsync()) read.Add(events.Current);
        Assert.Equal("abc"[..frames], string.Concat(read.OfType<PartDelta>().Select(delta => delta.Text)));
        Assert.Single(read.OfType<RunEnded>());
        Assert.Equal((ErrorSide.Agent, ErrorCause.Unavailable, "upstream_closed"), ErrorOf(read));
    }

    [Theory]
    [InlineData(0, "upstream_closed")]
    [InlineData(1, "upstream_closed")]
    [InlineData(3, "upstream_closed")]
    public async Task A_chunked_body_that_breaks_off_is_a_broken_connection(int frames, string code)
    {
        await using var peer = ScriptedPeer.Answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + string.Concat(Frames.Take(frames).Select(InChunk)) + "40\r\ndata: {\"half");
        using var client = new UpstreamClient(new HurriedTime());
        var events = await CollectAsync(client, CallTo(peer));
        Assert.Equal((ErrorSide.Agent, ErrorCause.Unavailable, code), ErrorOf(events));
        Assert.Equal("abc"[..frames], string.Concat(events.OfType<PartDelta>().Select(delta => delta.Text)));
        Assert.Equal(frames == 0 ? 3 : 1, peer.Connections);
    }

    [Fact]
    public async Task A_connection_that_breaks_after_the_peer_said_that_it_had_finished_costs_nothing()
    {
        await using var peer = ScriptedPeer.Answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + string.Concat(Frames.Take(4).Select(InChunk)) + "40\r\ndata:");
        using var client = new UpstreamClient(TimeProvider.System);
        Assert.Equal("abc", TextOf(await CollectAsync(client, CallTo(peer))));
    }

    [Theory]
    [InlineData("data: {\"choices\":[{\"delta\":{\"content\":\"x", "upstream_malformed")]
    [InlineData("data: {\"choices\":\n\n", "upstream_malformed")]
    [InlineData("\u0000\u0001garbage", "upstream_incomplete")]
    [InlineData("", "upstream_incomplete")]
    [InlineData("<html>Bad Gateway</html>", "upstream_incomplete")]
    [InlineData("{\"choices\":[{", "upstream_malformed")]
    public async Task Half_an_event_and_garbage_are_one_malformed_answer(string body, string code)
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.StreamHead + body);
        using var client = new UpstreamClient(TimeProvider.System);
        Assert.Equal((ErrorSide.Agent, ErrorCause.Malformed, code), ErrorOf(Assert.Single(await CollectAsync(client, CallTo(peer)))));
    }

    [Fact]
    public async Task What_is_not_http_is_malformed()
    {
        await using var peer = ScriptedPeer.Answering("SSH-2.0-OpenSSH_9.2\r\n\r\n");
        using var client = new UpstreamClient(TimeProvider.System);
        Assert.Equal((ErrorSide.Agent, ErrorCause.Malformed, "upstream_malformed"), ErrorOf(Assert.Single(await CollectAsync(client, CallTo(peer)))));
    }

    [Theory]
    [InlineData("Content-Type: text/event-stream\r\n")]
    [InlineData("Content-Type: application/json\r\n")]
    [InlineData("")]
    public async Task A_stream_and_a_plain_body_are_told_apart_whatever_the_content_type(string type)
    {
        const string Body = """
            {"id":"x","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"abc"},"finish_reason":"stop"}]}
            """;
        await using var peer = ScriptedPeer.Answering($"HTTP/1.1 200 OK\r\n{type}Connection: close\r\n\r\n" + string.Concat(Frames), $"HTTP/1.1 200 OK\r\n{type}Connection: close\r\n\r\n\r\n" + Body);
        using var client = new UpstreamClient(TimeProvider.System);
        Assert.Equal("abc", TextOf(await CollectAsync(client, CallTo(peer))));
        Assert.Equal("abc", TextOf(await CollectAsync(client, CallTo(peer))));
    }

    [Theory]
    [InlineData(64 << 10)]
    [InlineData(1 << 20)]
    [InlineData(16 << 20)]
    public async Task A_large_event_is_an_event(int size)
    {
        var text = new string('x', size);
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.StreamHead + string.Concat(Chunks([$$"""{"content":"{{text}}"}"""]).Select(one => $"data: {one}\n\n")));
        using var client = new UpstreamClient(TimeProvider.System);
        Assert.Equal(text, TextOf(await CollectAsync(client, CallTo(peer))));
    }

    [Theory]
    [InlineData("data: ")]
    [InlineData("{\"x\":\"")]
    public async Task A_larger_one_is_a_failure(string begin)
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.StreamHead + begin + new string('x', 100_000));
        using var client = new UpstreamClient(TimeProvider.System);
        Assert.Equal((ErrorSide.Agent, ErrorCause.Malformed, "upstream_too_large"), ErrorOf(Assert.Single(await CollectAsync(client, CallTo(peer) with { Limit = 50_000 }))));
    }

    [Fact]
    public async Task A_peer_that_stops_in_the_middle_is_given_up_after_the_idle_time()
    {
        var time = new FakeTime();
        await using var peer = new ScriptedPeer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(ScriptedPeer.StreamHead + Frames[0]);
            await connection.UntilClosedAsync();
        });
        using var client = new UpstreamClient(time);
        await using var events = client.CallAsync(CallTo(peer) with { Timeouts = new UpstreamTimeouts { Idle = TimeSpan.FromSeconds(20) } }, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        while (events.Current is not PartDelta) Assert.True(await events.MoveNextAsync());
        var next = events.MoveNextAsync();
        time.Advance(TimeSpan.FromSeconds(19));
        Assert.False(next.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        while (await next && events.Current is not RunEnded) next = events.MoveNextAsync();
        Assert.Equal((ErrorSide.Agent, ErrorCause.TimedOut, "upstream_stalled"), ErrorOf(events.Current));
    }

    [Fact]
    public async Task The_peers_time_does_not_run_while_its_events_are_not_taken()
    {
        var time = new FakeTime();
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.StreamHead + string.Concat(Frames));
        using var client = new UpstreamClient(time);
        var events = new List<RunEvent>();
        await foreach (var one in client.CallAsync(CallTo(peer) with { Timeouts = new UpstreamTimeouts { Idle = TimeSpan.FromSeconds(20) } }, TestContext.Current.CancellationToken))
        {
            time.Advance(TimeSpan.FromSeconds(90));
            events.Add(one);
        }

        Assert.Equal("abc", TextOf(events));
    }

    [Fact]
    public async Task The_agents_own_headers_stand_above_ours_and_wrong_ones_do_no_harm()
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.StreamHead + string.Concat(Frames));
        using var client = new UpstreamClient(TimeProvider.System);
        var call = CallTo(peer) with { Key = "sk-1", Headers = [new("authorization", "Basic x"), new("User-Agent", "mine"), new("Content-Type", "text/plain"), new("no name", "x"), new("X-Line", "a\r\nX-Evil: 1")] };
        Assert.Equal("abc", TextOf(await CollectAsync(client, call)));
        var request = Assert.Single(peer.Requests);
        Assert.Contains("authorization: Basic x\r\n", request, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("User-Agent: mine\r\n", request, StringComparison.Ordinal);
        Assert.Contains("Content-Type: application/json\r\n", request, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-1", request, StringComparison.Ordinal);
        Assert.DoesNotContain("\nX-Evil", request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_peer_that_never_begins_is_given_up_after_the_first_events_time()
    {
        var time = new FakeTime();
        var asked = new TaskCompletionSource();
        await using var peer = new ScriptedPeer(async connection =>
        {
            await connection.ReadRequestAsync();
            asked.SetResult();
            await connection.UntilClosedAsync();
        });
        using var client = new UpstreamClient(time);
        await using var events = client.CallAsync(CallTo(peer) with { Timeouts = new UpstreamTimeouts { FirstEvent = TimeSpan.FromSeconds(30) } }, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var next = events.MoveNextAsync();
        await asked.Task;
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.True(await next);
        Assert.Equal((ErrorSide.Agent, ErrorCause.TimedOut, "upstream_timeout"), ErrorOf(events.Current));
        Assert.Equal(1, peer.Connections);
    }

    [Fact]
    public async Task Cancelling_breaks_the_connection()
    {
        var closed = new TaskCompletionSource();
        await using var peer = new ScriptedPeer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(ScriptedPeer.StreamHead + Frames[0]);
            await connection.UntilClosedAsync();
            closed.SetResult();
        });
        using var client = new UpstreamClient(TimeProvider.System);
        using var cancel = new CancellationTokenSource();
        await using var events = client.CallAsync(CallTo(peer), cancel.Token).GetAsyncEnumerator(CancellationToken.None);
        while (events.Current is not PartDelta) Assert.True(await events.MoveNextAsync());
        var next = events.MoveNextAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
        await closed.Task.WaitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Who_stops_listening_breaks_the_connection_too()
    {
        var closed = new TaskCompletionSource();
        await using var peer = new ScriptedPeer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(ScriptedPeer.StreamHead + Frames[0]);
            await connection.UntilClosedAsync();
            closed.SetResult();
        });
        using var client = new UpstreamClient(TimeProvider.System);
        await foreach (var one in client.CallAsync(CallTo(peer), TestContext.Current.CancellationToken))
            if (one is PartDelta) break;
        await closed.Task.WaitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_peer_that_cannot_be_reached_is_tried_three_times()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = new Uri($"http://{listener.LocalEndpoint}/");
        listener.Stop();
        var time = new HurriedTime();
        using var client = new UpstreamClient(time);
        await using var peer = ScriptedPeer.Answering("");
        var events = await CollectAsync(client, CallTo(peer) with { Url = url });
        Assert.Equal((ErrorSide.Agent, ErrorCause.Unavailable, "upstream_unreachable"), ErrorOf(Assert.Single(events)));
        Assert.Equal(2, time.Waits.Count);
        Assert.InRange(time.Waits[0].TotalSeconds, 0.375, 0.625);
        Assert.InRange(time.Waits[1].TotalSeconds, 0.75, 1.25);
    }

    [Theory]
    [InlineData("429 Too Many Requests", "Retry-After: 7\r\n", 7)]
    [InlineData("503 Service Unavailable", "Retry-After: Fri, 20 Nov 2026 13:00:09 GMT\r\n", 9)]
    [InlineData("502 Bad Gateway", "Retry-After: Fri, 20 Nov 2026 12:00:00 GMT\r\n", 0)]
    [InlineData("504 Gateway Timeout", "Retry-After: 0\r\n", 0)]
    public async Task A_busy_peer_is_asked_again_when_it_says(string status, string header, int seconds)
    {
        var time = new HurriedTime();
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.Answer(status, "{}", header), ScriptedPeer.StreamHead + string.Concat(Frames));
        using var client = new UpstreamClient(time);
        Assert.Equal("abc", TextOf(await CollectAsync(client, CallTo(peer))));
        Assert.Equal(2, peer.Connections);
        // A wait of nothing needs no timer.
        Assert.Equal(seconds == 0 ? [] : [TimeSpan.FromSeconds(seconds)], time.Waits);
    }

    [Theory]
    [InlineData("429 Too Many Requests", "Retry-After: 31\r\n", ErrorCause.Limit, "upstream_rate_limited", 1)]
    [InlineData("429 Too Many Requests", "", ErrorCause.Limit, "upstream_rate_limited", 3)]
    [InlineData("503 Service Unavailable", "", ErrorCause.Unavailable, "upstream_error", 3)]
    [InlineData("500 Internal Server Error", "", ErrorCause.Unavailable, "upstream_error", 1)]
    [InlineData("401 Unauthorized", "", ErrorCause.Unauthorised, "upstream_unauthorized", 1)]
    [InlineData("403 Forbidden", "", ErrorCause.Unauthorised, "upstream_unauthorized", 1)]
    [InlineData("404 Not Found", "", ErrorCause.NotFound, "upstream_not_found", 1)]
    [InlineData("400 Bad Request", "", ErrorCause.Rejected, "upstream_rejected", 1)]
    [InlineData("307 Temporary Redirect", "Location: http://127.0.0.1:1/\r\n", ErrorCause.Unavailable, "upstream_redirected", 1)]
    public async Task A_status_that_is_no_success_is_one_failure_of_the_agent(string status, string header, ErrorCause cause, string code, int connections)
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.Answer(status, "<html>no</html>", header));
        using var client = new UpstreamClient(new HurriedTime());
        Assert.Equal((ErrorSide.Agent, cause, code), ErrorOf(Assert.Single(await CollectAsync(client, CallTo(peer)))));
        Assert.Equal(connections, peer.Connections);
    }

    [Fact]
    public async Task What_a_peer_says_about_the_request_is_passed_on()
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.Answer("400 Bad Request", """{"error":{"message":"Too many tokens.","type":"invalid_request_error","code":"context_length_exceeded"}}"""));
        using var client = new UpstreamClient(TimeProvider.System);
        Assert.Equal(new RunError(ErrorSide.Agent, ErrorCause.Rejected, "Too many tokens.", true, "context_length_exceeded"), ((RunFailed)(await CollectAsync(client, CallTo(peer)))[0]).Error);
    }

    [Fact]
    public async Task An_endless_error_is_not_read_to_its_end()
    {
        await using var peer = new ScriptedPeer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 500 Oh\r\n\r\n");
            while (true) await connection.SendAsync(new string('x', 4096));
        });
        using var client = new UpstreamClient(TimeProvider.System);
        Assert.Equal((ErrorSide.Agent, ErrorCause.Unavailable, "upstream_error"), ErrorOf(Assert.Single(await CollectAsync(client, CallTo(peer)))));
    }

    [Fact]
    public async Task All_events_of_one_read_come_without_waiting()
    {
        var one = string.Concat(Frames.Take(3));
        await using var peer = new ScriptedPeer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(ScriptedPeer.StreamHead + one);
            await connection.UntilClosedAsync();
        });
        using var client = new UpstreamClient(TimeProvider.System);
        await using var events = client.CallAsync(CallTo(peer), TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await events.MoveNextAsync());
        for (var more = 0; more < 5; more++)
        {
            var next = events.MoveNextAsync();
            Assert.True(next.IsCompletedSuccessfully && await next);
        }

        Assert.Equal("c", Assert.IsType<PartDelta>(events.Current).Text);
    }

    private static UpstreamCall CallTo(ScriptedPeer peer) => new()
    {
        Url = peer.Url,
        Body = "{}"u8.ToArray(),
        Timeouts = Patient,
        NewReader = () => new ChatCompletionsReader(),
        ReadBody = ChatCompletionsReader.ReadBody,
        ReadError = (status, body) => OpenAiErrors.Read(status, body),
    };

    private static async Task<List<RunEvent>> CollectAsync(UpstreamClient client, UpstreamCall call)
    {
        var events = new List<RunEvent>();
        await foreach (var one in client.CallAsync(call, TestContext.Current.CancellationToken)) events.Add(one);
        Assert.Single(events.OfType<RunEnded>());
        Assert.IsAssignableFrom<RunEnded>(events[^1]);
        return events;
    }

    private static string TextOf(List<RunEvent> events)
    {
        Assert.IsType<RunCompleted>(events[^1]);
        return Fold(events).Items.Single().Text;
    }

    private static (ErrorSide Side, ErrorCause Cause, string? Code) ErrorOf(List<RunEvent> events) => ErrorOf(events[^1]);

    private static (ErrorSide Side, ErrorCause Cause, string? Code) ErrorOf(RunEvent last)
    {
        var error = Assert.IsType<RunFailed>(last).Error;
        return (error.Side, error.Cause, error.Code);
    }

    private static string InChunk(string text) => $"{Encoding.UTF8.GetByteCount(text):x}\r\n{text}\r\n";
}
