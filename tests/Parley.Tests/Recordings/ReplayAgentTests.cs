using Parley.Agents;
using Parley.Protocols.Recordings;
using Parley.Runs;
using static Parley.Tests.Recordings.RecordingFiles;

namespace Parley.Tests.Recordings;

public sealed class ReplayAgentTests : IDisposable
{
    private static readonly Id RunId = new(16);

    private readonly string _directory = Directory.CreateTempSubdirectory("parley-replay").FullName;
    private readonly FakeTime _time = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task The_nth_request_gets_the_nth_exchange_and_then_the_first_again()
    {
        var agent = Agent(new() { Pace = TimeSpan.Zero }, [.. Chat(1, "a", (1, "one")), .. Chat(2, "b", (1, "two"))]);
        Assert.Equal(["one", "two", "one"], [await TextAsync(agent), await TextAsync(agent), await TextAsync(agent)]);
    }

    [Fact]
    public async Task Without_repeating_the_last_exchange_is_followed_by_a_refusal()
    {
        var agent = Agent(new() { Pace = TimeSpan.Zero, Repeat = false }, Chat(1, "a", (1, "one")));
        Assert.Equal("one", await TextAsync(agent));
        Assert.Equal("replay_over", (await Assert.ThrowsAsync<RunException>(() => TextAsync(agent))).Error.Code);
    }

    [Fact]
    public async Task By_text_the_exchange_is_chosen_in_which_the_user_said_the_same()
    {
        var agent = Agent(
            new() { Pace = TimeSpan.Zero, Match = ReplayMatch.Text },
            [.. Chat(1, "Who?", (1, "Ada")), .. Chat(2, "When?", (1, "Now")), .. Chat(3, "Who?", (1, "Eve"))]);
        Assert.Equal(["Now", "Ada", "Eve", "Ada"], [await TextAsync(agent, "When?"), await TextAsync(agent, "Who?"), await TextAsync(agent, "Who?"), await TextAsync(agent, "Who?")]);
        var refusal = await Assert.ThrowsAsync<RunException>(() => TextAsync(agent, "Why?"));
        Assert.Equal("replay_no_match", refusal.Error.Code);
        Assert.DoesNotContain("Who", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"additional_messages":[{"role":"user","content":"Hi","content_type":"text"},{"role":"assistant","content":"no"}]}""")]
    [InlineData("""{"additional_messages":[{"role":"user","content":"[{\"type\":\"text\",\"text\":\"Hi\"},{\"type\":\"image\",\"file_url\":\"x\"}]","content_type":"object_string"}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":"first"},{"role":"user","content":[{"type":"text","text":"H"},{"type":"text","text":"i"}]}]}""")]
    [InlineData("""{"input":"Hi"}""")]
    [InlineData("""{"input":[{"role":"user","content":[{"type":"input_text","text":"Hi"}]}]}""")]
    public void What_the_user_said_is_found_in_requests_of_all_shapes(string body)
        => Assert.Equal(RecordedQuestion.Digest("Hi"), RecordedQuestion.Of(System.Text.Encoding.UTF8.GetBytes(body)));

    [Fact]
    public async Task Interleaved_exchanges_are_played_apart()
    {
        var (one, two) = (Chat(1, "a", (20, "left "), (40, "alone")).ToList(), Chat(2, "b", (30, "right "), (50, "too")).ToList());
        var agent = Agent(new() { Pace = TimeSpan.Zero }, one.Zip(two).SelectMany(pair => new[] { pair.First, pair.Second }));
        Assert.Equal(["left alone", "right too"], [await TextAsync(agent), await TextAsync(agent)]);
    }

    [Fact]
    public async Task At_the_recorded_pace_each_piece_comes_at_its_time()
    {
        var agent = Agent(new(), Chat(1, "a", (1000, "one"), (3000, "two")));
        await using var events = agent.RunAsync(Request("a"), TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var first = UntilSaidAsync(events);
        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(first.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("one", await first);
        var second = UntilSaidAsync(events);
        _time.Advance(TimeSpan.FromMilliseconds(1999));
        Assert.False(second.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("two", await second);
    }

    [Fact]
    public async Task At_a_given_pace_there_is_a_pause_between_events_and_a_cancelled_one_ends_at_once()
    {
        using var cancel = new CancellationTokenSource();
        var agent = Agent(new() { Pace = TimeSpan.FromSeconds(5) }, Chat(1, "a", (1000, "one"), (1000, "two")));
        await using var events = agent.RunAsync(Request("a"), cancel.Token).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.Equal("one", await UntilSaidAsync(events));
        var second = UntilSaidAsync(events);
        Assert.False(second.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
    }

    [Theory]
    [InlineData(ExchangeEnd.Broken)]
    [InlineData(ExchangeEnd.ClientGone)]
    [InlineData(null)]
    public async Task An_answer_that_broke_off_is_a_failed_run_after_what_there_was(ExchangeEnd? how)
    {
        var agent = Agent(new() { Pace = TimeSpan.Zero }, [Asked(1, "a"), Answered(1), Said(1, 20, "half"), .. how is { } end ? [new RecordedEnd(1, 30, end)] : Array.Empty<RecordingEntry>()]);
        var state = await FoldAsync(agent);
        Assert.Equal("half", Assert.Single(state.Items).Text);
        Assert.Equal("replay_broken", Assert.IsType<RunFailed>(state.End).Error.Code);
    }

    [Theory]
    [InlineData("/v1/chat/completions", 429, """{"error":{"message":"Slow down.","type":"rate_limit_error","code":"rate_limit_exceeded"}}""", "rate_limit_exceeded", ErrorCause.Limit)]
    [InlineData("/v3/chat", 200, """{"code":4016,"msg":"A chat is running."}""", "4016", ErrorCause.Busy)]
    [InlineData("/v3/chat", 401, """{"code":4100,"msg":"authentication is invalid"}""", "4100", ErrorCause.Unauthorised)]
    [InlineData("/v3/chat", 503, "<html>busy</html>", "replay_status", ErrorCause.Unavailable)]
    public async Task A_recorded_error_is_that_failure(string path, int status, string body, string code, ErrorCause cause)
    {
        var agent = Agent(new(), [Asked(1, "a", path), new RecordedResponse(1, 0, status, []), Piece(1, 0, body), new RecordedEnd(1, 0, ExchangeEnd.Complete)]);
        var failed = Assert.IsType<RunFailed>((await FoldAsync(agent)).End);
        Assert.Equal((ErrorSide.Agent, cause, code), (failed.Error.Side, failed.Error.Cause, failed.Error.Code));
    }

    [Fact]
    public async Task A_plain_body_is_the_whole_answer()
    {
        const string Body = """{"object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"All of it"},"finish_reason":"stop"}]}""";
        Assert.Equal("All of it", await TextAsync(Agent(new(), [Asked(1, "a"), new RecordedResponse(1, 0, 200, []), Piece(1, 0, Body), new RecordedEnd(1, 0, ExchangeEnd.Complete)])));
    }

    [Fact]
    public async Task Other_exchanges_than_answers_are_passed_over()
    {
        var agent = Agent(
            new() { Pace = TimeSpan.Zero },
            [new RecordedRequest(1, default, "GET", "/v1/models", [], default), new RecordedResponse(1, 1, 200, []), Piece(1, 1, "{}"), new RecordedEnd(1, 1, ExchangeEnd.Complete), .. Chat(2, "a", (1, "one"))]);
        Assert.Equal("one", await TextAsync(agent));
    }

    [Fact]
    public async Task A_bare_stream_is_played_and_its_protocol_is_told_from_it()
    {
        var file = Path.Combine(_directory, "bare.txt");
        await File.WriteAllTextAsync(file, string.Concat(Chat(1, "a", (1, "bare")).OfType<RecordedData>().Select(data => System.Text.Encoding.UTF8.GetString(data.Bytes.Span))), TestContext.Current.CancellationToken);
        Assert.Equal("bare", await TextAsync(new ReplayAgent(Recording.Open(file), new(), _time)));
        Assert.Throws<ArgumentException>(() => new ReplayAgent(Recording.Open(file), new() { Match = ReplayMatch.Text }, _time));
        await File.WriteAllTextAsync(file, "nothing that is known\n", TestContext.Current.CancellationToken);
        Assert.Throws<ArgumentException>(() => new ReplayAgent(Recording.Open(file), new(), _time));
    }

    [Fact]
    public async Task A_recording_that_is_gone_is_a_clear_failure()
    {
        var agent = Agent(new(), Chat(1, "a", (1, "one")));
        File.Delete(Path.Combine(_directory, "r.jsonl"));
        Assert.Equal("replay_unreadable", (await Assert.ThrowsAsync<RunException>(() => TextAsync(agent))).Error.Code);
    }

    private ReplayAgent Agent(ReplayOptions options, IEnumerable<RecordingEntry> entries)
        => new(Recording.Open(Write(Path.Combine(_directory, "r.jsonl"), entries)), options, _time);

    private static async Task<string> UntilSaidAsync(IAsyncEnumerator<RunEvent> events)
    {
        while (await events.MoveNextAsync())
            if (events.Current is PartDelta delta) return delta.Text;
        return "";
    }

    private async Task<string> TextAsync(ReplayAgent agent, string question = "a") => Assert.Single((await FoldAsync(agent, question)).Items).Text;

    private async Task<RunState> FoldAsync(ReplayAgent agent, string question = "a")
    {
        var state = new RunState();
        var running = Task.Run(async () =>
        {
            await foreach (var @event in agent.RunAsync(Request(question), TestContext.Current.CancellationToken)) state.Apply(@event, default);
        });
        while (!running.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await running;
        return state;
    }

    private static AgentRequest Request(string question) => new()
    {
        Run = new Run
        {
            Id = RunId,
            Chat = RunId,
            Owner = "local",
            Conversation = new Id(8),
            Section = new Id(8),
            Agent = new AgentRef("replay"),
            Status = RunStatus.Running,
            Dialect = Protocol.Coze,
            Request = ModelRequest.Empty,
            CreatedAt = default,
        },
        Context = [InputItem.Said(Role.User, "before").ToMessage(new Id(24), new Id(8), RunId, default), InputItem.Said(Role.User, question).ToMessage(new Id(24), new Id(8), RunId, default)],
        InputCount = 1,
    };
}
