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
    private static readonly int Kills = Number("PARLEY_KILLS") ?? 20;

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
                    throw new InvalidOperationException($"Kill {kill} of PARLEY_SEED={Seed}, {talk.Dialect} {talk.Conversation}:\n{seen[i]}", e);
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
        var talk = new Talk((await server.Client.ChatAsync("echo", $"begin {number}")).Conversation, (number % 5) switch { 0 => "completions", 1 => "chatflow", _ => "chat" });
        Assert.Equal([$"begin {number}", $"begin {number}"], await AddedAsync(server, talk));
        return talk;
    }

    // The texts that the conversation has more than it had.
    private static async Task<string[]> AddedAsync(ServerProcess server, Talk talk)
    {
        var page = (await server.Client.PostAsync($"/v1/conversation/message/list?conversation_id={talk.Conversation}", new { order = "asc", after_id = talk.Last })).Json;
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
            var page = (await server.Client.PostAsync($"/v1/conversation/message/list?conversation_id={talk.Conversation}", new { order = "asc", after_id = after })).Json;
            count += page.GetProperty("data").GetArrayLength();
            if (!page.GetProperty("has_more").GetBoolean()) return count;
            after = page.GetProperty("last_id").GetString();
        }
    }

    // True if the client had been told an end.
    private static async Task<bool> CheckAsync(ServerProcess server, Talk talk, string bytes, bool isStrict)
    {
        var told = talk.Dialect == "completions" ? ReadCompletion(bytes) : ReadCoze(bytes, talk.Dialect == "chatflow" ? CozeFraming.WorkflowChat : CozeFraming.Chat);

        // A request that had not arrived left nothing; one that had left its question, and perhaps the beginning of its answer.
        var added = await AddedAsync(server, talk);
        if (told.Began) Assert.NotEmpty(added);
        if (added.Length > 0) Assert.Equal("go", added[0]);
        Assert.InRange(added.Length, 0, 2);
        var kept = added.Length == 2 ? added[1] : "";

        // What is kept is a beginning of what was sent, and what was received is one too; what was told as complete is kept whole.
        Assert.StartsWith(kept, Text, StringComparison.Ordinal);
        Assert.StartsWith(told.Text, Text, StringComparison.Ordinal);
        if (told.ItemEnded || told.Ended) Assert.Equal(Text, kept);
        if (isStrict) Assert.StartsWith(told.Text, kept, StringComparison.Ordinal);
        if (told.Chat is { } id)
        {
            var data = (await server.Client.GetPlainAsync($"/v3/chat/retrieve?conversation_id={talk.Conversation}&chat_id={id}")).Json.GetProperty("data");
            var status = data.GetProperty("status").GetString();
            if (told.Ended) Assert.Equal("completed", status);
            else Assert.Contains(status, new[] { "failed", "completed" });
            if (status == "completed") Assert.Equal(Text, kept);
        }

        // It is not busy.
        Assert.Equal("still here?", (await server.Client.ChatAsync("echo", "still here?", talk.Conversation)).Streamed);
        Assert.Equal(["still here?", "still here?"], await AddedAsync(server, talk));
        return told.Ended;
    }

    private static Told ReadCoze(string bytes, CozeFraming framing)
    {
        if (HttpTape.Read(Encoding.UTF8.GetBytes(bytes)) is not [{ Body.Length: > 0 } tape]) return new Told();
        var events = CozeStreamCheck.Read(tape.Body, framing, isComplete: false);
        if (events.Count == 0) return new Told();
        var stream = new CozeStream(tape.Body, events);
        return new Told(true, stream.ChatId, stream.Streamed, events.Any(e => e.Name == "conversation.message.completed"), stream.Terminal is not null);
    }

    private static Told ReadCompletion(string bytes)
    {
        if (HttpTape.Read(Encoding.UTF8.GetBytes(bytes)) is not [{ Body.Length: > 0 } tape]) return new Told();
        var text = new StringBuilder();
        var ended = false;
        var frames = Encoding.UTF8.GetString(tape.Body).Split("\n\n")[..^1];
        foreach (var frame in frames)
        {
            var data = frame["data: ".Length..];
            if (data == "[DONE]") continue;
            var choice = JsonSerializer.Deserialize<JsonElement>(data).GetProperty("choices")[0];
            if (choice.GetProperty("delta").TryGetProperty("content", out var content)) text.Append(content.GetString());
            ended |= choice.GetProperty("finish_reason").ValueKind == JsonValueKind.String;
        }

        return new Told(frames.Length > 0, null, text.ToString(), ended, ended);
    }

    private static int? Number(string variable)
        => int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>A conversation that lives through all kills, and what is known to be in it.</summary>
    private sealed class Talk(string conversation, string dialect)
    {
        public string Conversation => conversation;

        public string Dialect => dialect;

        public string? Last { get; set; }

        public int Count { get; set; }
    }

    /// <summary>What a client had been told when its server died.</summary>
    private sealed record Told(bool Began = false, string? Chat = null, string Text = "", bool ItemEnded = false, bool Ended = false);

    /// <summary>Streams that are read at once, until together they have got so many bytes.</summary>
    private sealed class Crowd(long bytes)
    {
        private readonly TaskCompletionSource _full = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _left = bytes;

        public Task IsFull => _full.Task;

        public async Task<string> ReadAsync(ServerProcess server, Talk talk)
        {
            using var connection = await RawConnection.OpenAsync(server.EndPoint);
            var (path, headers, body) = RequestOf(talk);
            await connection.SendAsync($"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}Content-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");
            return await connection.ReadToEndAsync(count =>
            {
                if (Interlocked.Add(ref _left, -count) <= 0) _full.TrySetResult();
            });
        }

        private static (string Path, string Headers, string Body) RequestOf(Talk talk) => talk.Dialect switch
        {
            "completions" => ("/v1/chat/completions", $"parley-conversation: {talk.Conversation}\r\n",
                """{"model":"paced","stream":true,"messages":[{"role":"user","content":"go"}]}"""),
            "chatflow" => ("/v1/workflows/chat", "",
                $$"""{"workflow_id":"paced","conversation_id":"{{talk.Conversation}}","parameters":{},"additional_messages":[{"role":"user","content":"go","content_type":"text"}]}"""),
            _ => ($"/v3/chat?conversation_id={talk.Conversation}", "",
                """{"bot_id":"paced","user_id":"u","stream":true,"additional_messages":[{"role":"user","content":"go","content_type":"text"}]}"""),
        };
    }
}
