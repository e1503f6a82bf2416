using System.Globalization;
using System.Text;
using System.Text.Json;
using Parley.IntegrationTests.Servers;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Crowds;

/// <summary>
/// A server that is killed at random moments with dozens of runs under way, in every dialect, again and again on the same data.
/// <c>PARLEY_KILLS</c> says how often, <c>PARLEY_SEED</c> repeats a run that failed.
/// </summary>
public sealed class RandomKillTests(ITestOutputHelper output)
{
    private const int Runs = 50;
    private static readonly string Text = string.Concat(Enumerable.Range(0, 60).Select(i => $"w{i:d3} "));
    private const string Question = "What is your name?";
    private static readonly int Kills = Number("PARLEY_KILLS") ?? 20;

    private static readonly Kind Workflow = new("workflow", ClientDialect.Coze, "greeter", Question);

    private static readonly Kind[] Kinds =
    [
        new("chat", ClientDialect.Coze, "paced", Text), new("chatflow", ClientDialect.Chatflow, "paced", Text), new("completions", ClientDialect.Completions, "paced", Text),
        new("responses", ClientDialect.Responses, "paced", Text), new("background", ClientDialect.Responses, "paced", Text, IsPolled: true), Workflow,
    ];

    private readonly Random _random = new(Seed);

    private static int Seed { get; } = Number("PARLEY_SEED") ?? Environment.ProcessId;

    [Theory]
    [InlineData("relaxed")]
    [InlineData("strict")]
    public async Task After_every_kill_what_was_told_is_there_and_no_conversation_is_lost_or_busy(string durability)
    {
        output.WriteLine($"PARLEY_SEED={Seed}");
        await using var server = await ServerProcess.StartAsync(new ServerSetup
        {
            Agents = new Dictionary<string, string>
            {
                ["paced"] = $"name: paced\nkind: echo\ntext: \"{Text}\"\npieces: 60\npace: 10ms\n",
                ["echo"] = "name: echo\nkind: echo\n",
                ["greeter"] = TestAgents.Greeter,
            },
            Settings = [$"storage.durability={durability}"],
        });
        var talks = await Task.WhenAll(Enumerable.Range(0, Runs).Select(i => BeginAsync(server, i)));
        var (underWay, ended) = (0, 0);
        for (var kill = 0; kill < Kills; kill++)
        {
            // Nobody waits for a time: the moment is when the crowd has got a random number of bytes, from nothing to about all.
            var crowd = new Crowd(_random.NextInt64(Runs * 30_000L));
            var streams = talks.Select(talk => crowd.ReadAsync(server, talk)).ToArray();
            await Task.WhenAny(crowd.IsFull, Task.WhenAll(streams));
            await server.KillAsync();
            var seen = await Task.WhenAll(streams);
            await server.RestartAsync();
            await Task.WhenAll(talks.Select(async (talk, i) =>
            {
                try
                {
                    if (await CheckAsync(server, talk, seen[i], durability == "strict")) Interlocked.Increment(ref ended);
                    else Interlocked.Increment(ref underWay);
                }
                catch (Exception e)
                {
                    throw new InvalidOperationException($"Kill {kill} of PARLEY_SEED={Seed}, {talk.Kind.Name} {talk.Conversation}:\n{seen[i]}", e);
                }
            }));
        }

        // Nothing of any earlier turn was lost on the way.
        foreach (var talk in talks) Assert.Equal(talk.Count, await CountAsync(server, talk));
        output.WriteLine($"{durability}: {Kills} kills, {underWay} runs of which no end had been told, {ended} with one.");
        Assert.Equal(Kills * Runs, underWay + ended);
    }

    private static async Task<Talk> BeginAsync(ServerProcess server, int number)
    {
        var conversation = (await server.Client.PostAsync("/v1/conversations", new { })).Json.GetProperty("id").GetString()!;
        var talk = new Talk(conversation, Kinds[number % Kinds.Length]);
        Assert.Equal($"begin {number}", (await server.Client.ChatAsync("echo", $"begin {number}", talk.Digits)).Streamed);
        Assert.Equal([$"begin {number}", $"begin {number}"], await AddedAsync(server, talk));
        return talk;
    }

    // The texts that the conversation has more than it had.
    private static async Task<string[]> AddedAsync(ServerProcess server, Talk talk)
    {
        var page = (await server.Client.PostAsync($"/v1/conversation/message/list?conversation_id={talk.Digits}", new { order = "asc", after_id = talk.Last })).Json;
        Assert.False(page.GetProperty("has_more").GetBoolean());
        if (page.GetProperty("last_id").GetString() is { Length: > 0 } last) talk.Last = last;
        string[] added = [.. page.GetProperty("data").EnumerateArray().Select(message => message.GetProperty("content").GetString()!)];
        talk.Count += added.Length;
        return added;
    }

    private static async Task<int> CountAsync(ServerProcess server, Talk talk)
    {
        var (count, after) = (0, (string?)null);
        while (true)
        {
            var page = (await server.Client.PostAsync($"/v1/conversation/message/list?conversation_id={talk.Digits}", new { order = "asc", after_id = after })).Json;
            count += page.GetProperty("data").GetArrayLength();
            if (!page.GetProperty("has_more").GetBoolean()) return count;
            after = page.GetProperty("last_id").GetString();
        }
    }

    // True if the client had been told an end.
    private static async Task<bool> CheckAsync(ServerProcess server, Talk talk, string bytes, bool isStrict)
    {
        var (kind, text) = (talk.Kind, talk.Kind.Text);
        var told = kind.IsPolled ? ReadPolled(bytes) : kind.Client.ReadWire(bytes);

        // A request that had not arrived left nothing; one that had left its question, and perhaps the beginning of its answer.
        var added = await AddedAsync(server, talk);
        var isKnown = told.Events > 0 || kind.IsPolled && told.Run is not null;
        if (isKnown) Assert.NotEmpty(added);
        if (added.Length > 0) Assert.Equal("go", added[0]);
        Assert.InRange(added.Length, 0, 2);
        var kept = added.Length == 2 ? added[1] : "";

        // What is kept is a beginning of what was sent, and what was received is one too; what was told as complete is kept whole.
        Assert.StartsWith(kept, text, StringComparison.Ordinal);
        Assert.StartsWith(told.Text, text, StringComparison.Ordinal);
        if (told.HasItem || told.End is not null) Assert.Equal(text, kept);
        if (isStrict) Assert.StartsWith(told.Text, kept, StringComparison.Ordinal);
        if (isKnown) await CheckRunAsync(server, talk, told, kept);

        // A question that was told waits for its answer, and whoever is asked anew is not busy.
        if (kind == Workflow) await AnswerAsync(server, talk, told.End is not null);
        Assert.Equal("still here?", (await server.Client.ChatAsync("echo", "still here?", talk.Digits)).Streamed);
        Assert.Equal(["still here?", "still here?"], await AddedAsync(server, talk));
        return told.End is not null;
    }

    private static async Task CheckRunAsync(ServerProcess server, Talk talk, Told told, string kept)
    {
        var id = told.Run!;
        var run = (await server.Client.GetPlainAsync($"/parley/runs/{id}")).Json;
        var status = run.GetProperty("status").GetString();
        var ended = talk.Kind == Workflow ? "suspended" : "completed";
        if (told.End is not null) Assert.Equal(ended, status);
        else Assert.Contains(status, new[] { "failed", ended });
        if (status == ended) Assert.Equal(talk.Kind.Text, kept);
        if (talk.Kind.Client == ClientDialect.Coze)
        {
            var chat = (await server.Client.GetPlainAsync($"/v3/chat/retrieve?conversation_id={talk.Digits}&chat_id={id}")).Json.GetProperty("data");
            Assert.Equal(status == "suspended" ? "requires_action" : status, chat.GetProperty("status").GetString());
        }

        if (talk.Kind.Client != ClientDialect.Responses) return;
        Assert.Equal(status, (await server.Client.GetPlainAsync($"/v1/responses/{id}")).Json.GetProperty("status").GetString());

        // The client goes on after the last event that it got: the numbers go on without a gap, up to one end.
        var after = told.Events > 0 ? $"&starting_after={told.Events - 1}" : "";
        var stream = await server.Client.GetByteArrayAsync($"/v1/responses/{id}?stream=true{after}", TestContext.Current.CancellationToken);
        var rest = ResponsesStreamCheck.Read(stream, isComplete: true, told.Events);
        if (told.End is not null) Assert.Equal(0, rest.Events);
        else Assert.Equal(status, rest.End);
        Assert.Equal(kept.Length > told.Text.Length ? kept : told.Text, told.Text + rest.Text);
    }

    private static async Task AnswerAsync(ServerProcess server, Talk talk, bool isWaiting)
    {
        var answer = (await server.Client.ChatAsync("greeter", "Ada", talk.Digits)).Streamed;
        if (isWaiting) Assert.Equal("Hello, Ada!", answer);
        Assert.Equal(["Ada", answer], await AddedAsync(server, talk));

        // One of which no end was told may have been asked anew.
        if (answer == "Hello, Ada!") return;
        Assert.Equal(Question, answer);
        Assert.Equal("Hello, Bob!", (await server.Client.ChatAsync("greeter", "Bob", talk.Digits)).Streamed);
        Assert.Equal(["Bob", "Hello, Bob!"], await AddedAsync(server, talk));
    }

    // A response in the background is told of at once, and then it is asked for.
    private static Told ReadPolled(string bytes)
        => HttpTape.Read(Encoding.UTF8.GetBytes(bytes)) is [{ IsComplete: true } answer] ? new Told { Run = JsonSerializer.Deserialize<JsonElement>(answer.Body).GetProperty("id").GetString() } : new Told();

    private static int? Number(string variable)
        => int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>A way in which a client asks, whom, and what the whole answer is.</summary>
    private sealed record Kind(string Name, ClientDialect Client, string Agent, string Text, bool IsPolled = false);

    /// <summary>A conversation that lives through all kills, and what is known to be in it.</summary>
    private sealed class Talk(string conversation, Kind kind)
    {
        public string Conversation => conversation;

        public string Digits { get; } = Wire.Digits.Of(conversation);

        public Kind Kind => kind;

        public string? Last { get; set; }

        public int Count { get; set; }
    }

    /// <summary>Streams that are read at once, until together they have got so many bytes.</summary>
    private sealed class Crowd(long bytes)
    {
        private readonly TaskCompletionSource _full = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _left = bytes;

        public Task IsFull => _full.Task;

        public async Task<string> ReadAsync(ServerProcess server, Talk talk)
        {
            using var connection = await RawConnection.OpenAsync(server.EndPoint);
            await connection.SendAsync(RequestOf(talk));
            return await connection.ReadToEndAsync(count =>
            {
                if (Interlocked.Add(ref _left, -count) <= 0) _full.TrySetResult();
            });
        }

        private static string RequestOf(Talk talk)
        {
            var (agent, conversation) = (talk.Kind.Agent, talk.Kind.Client == ClientDialect.Responses ? talk.Conversation : talk.Digits);
            var client = talk.Kind.IsPolled ? talk.Kind.Client with { Ask = (_, _, _) => ("/v1/responses", "", new { model = agent, input = "go", conversation, background = true }) } : talk.Kind.Client;
            return client.RequestOf(agent, "go", conversation, "Connection: close\r\n");
        }
    }
}
