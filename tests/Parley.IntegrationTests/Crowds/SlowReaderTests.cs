using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Parley.IntegrationTests.Peers;
using Parley.IntegrationTests.Servers;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Crowds;

/// <summary>
/// Clients that take a long answer a kilobyte at a time, as slowly as other clients chat, or not at all: they cost little memory, and no chat waits for them.
/// </summary>
[Collection<Timed>]
public sealed class SlowReaderTests(ITestOutputHelper output)
{
    private const int Readers = 200;
    private const int Pieces = 2_500;
    private const int Chats = 20;

    /// <summary>What a slow reader may cost, far less than the answer: the guard is on, as in all tests, and the collector takes its time.</summary>
    private const long BytesEach = 1 << 20;

    /// <summary>What the server may need besides, whoever reads: a few copies of the answer.</summary>
    private const long BytesOnce = 100 << 20;

    /// <summary>By so much a chat beside the slow readers may be slower than the slowest without them: far less than if it waited for one.</summary>
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(2);

    // Ten megabytes.
    private static readonly byte[] Answer = Join([Chat.StreamHead, .. Enumerable.Range(0, Pieces).Select(i => Chat.Piece(string.Concat(Enumerable.Repeat($"{i:d5} a \"word\" of it. ", 190))))]);

    [Fact]
    public async Task Two_hundred_slow_readers_of_ten_megabytes_cost_little_memory_and_delay_no_chat_by_two_seconds()
    {
        using var peer = new ScriptedPeer();
        peer.On("long", new Send(Answer), new Send(Chat.Finish));
        await using var server = await ServerProcess.StartAsync(Setup(peer));
        var (run, whole) = await ReadAsync(server);
        var alone = await ChatAsync(server, () => Task.CompletedTask);
        var before = server.ResidentBytes;

        // At the start, in the middle, and where the answer is repeated whole.
        var deltas = Encoding.UTF8.GetString(whole).Split("event:conversation.message.delta").Length - 1;
        var readers = await Task.WhenAll(Enumerable.Range(0, Readers).Select(i => OpenAsync(server, run, i % 3 * deltas / 2 + i % 3)));
        var most = 0L;

        // The work of bringing them all to their places is done before others are timed.
        await ReadOnAsync();
        var beside = await ChatAsync(server, ReadOnAsync);
        output.WriteLine($"{(most - before) >> 20} MB for {Readers} readers beside {before >> 20} MB; a chat took {Median(alone):F0} ms without them and {Median(beside):F0} ms beside them, the slowest {alone[^1].TotalMilliseconds:F0} and {beside[^1].TotalMilliseconds:F0} ms.");
        Assert.True(beside[^1] < alone[^1] + Delay, $"A chat took {beside[^1]} beside {Readers} slow readers, and {alone[^1]} without them.");
        Assert.True(most - before < Readers * BytesEach + BytesOnce, $"{Readers} slow readers cost {(most - before) >> 20} MB.");

        // What is put together piece by piece is what the first reader got.
        foreach (var reader in readers) reader.Reset();
        var rest = await server.Client.GetByteArrayAsync($"/parley/runs/{run}/stream?after={deltas + 2}", TestContext.Current.CancellationToken);
        Assert.True(whole.AsSpan().EndsWith(rest) && rest.Length > 10_000_000, $"{rest.Length} bytes are not the end of the {whole.Length}.");

        // Some never read.
        async Task ReadOnAsync()
        {
            await Task.WhenAll(readers.Skip(Readers / 10).Select(reader => reader.TakeAsync(1000)));
            most = Math.Max(most, server.ResidentBytes);
        }
    }

    [Fact]
    public async Task A_client_that_takes_nothing_for_too_long_has_left_also_where_nothing_is_kept()
    {
        using var peer = new ScriptedPeer();
        peer.On("long", new Send(Answer), new Stall());
        await using var server = await ServerProcess.StartAsync(Setup(peer, "limits.unread=500ms"));
        using var connection = await RawConnection.OpenAsync(server.EndPoint);
        var body = JsonSerializer.Serialize(new { bot_id = "peer", user_id = "u", stream = true, auto_save_history = false, additional_messages = new[] { new { role = "user", content = "long", content_type = "text" } } });
        await connection.SendAsync($"POST /v3/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nparley-on-disconnect: cancel\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");

        await Patience.UntilAsync(() => peer.LeftDuring("long") == 1, () => "The run of a client that reads nothing goes on.");
        Assert.DoesNotContain("[DONE]", await connection.ReadToEndAsync(), StringComparison.Ordinal);
    }

    private static ServerSetup Setup(ScriptedPeer peer, params string[] settings) => new()
    {
        Agents = new Dictionary<string, string>
        {
            ["echo"] = "name: echo\nkind: echo\n",
            ["peer"] = $"name: peer\n{TestAgents.Remote(peer.Url, "m")}",
        },
        Settings = settings,
    };

    private static byte[] Join(List<byte[]> parts)
    {
        using var all = new MemoryStream();
        foreach (var part in parts) all.Write(part);
        return all.ToArray();
    }

    private static async Task<(string Run, byte[] Body)> ReadAsync(ServerProcess server)
    {
        using var content = new StringContent(JsonSerializer.Serialize(CozeCalls.Body("peer", "long")), Encoding.UTF8, "application/json");
        using var response = await server.Client.PostAsync("/v3/chat", content, TestContext.Current.CancellationToken);
        return (response.Headers.GetValues("parley-run").Single(), await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    private static async Task<RawConnection> OpenAsync(ServerProcess server, string run, int after)
    {
        var connection = await RawConnection.OpenAsync(server.EndPoint);
        await connection.SendAsync($"GET /parley/runs/{run}/stream?after={after.ToString(CultureInfo.InvariantCulture)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        return connection;
    }

    private static double Median(List<TimeSpan> times) => times[times.Count / 2].TotalMilliseconds;

    // How long chats of another client take, the shortest first; between them something else happens.
    private static async Task<List<TimeSpan>> ChatAsync(ServerProcess server, Func<Task> between)
    {
        var times = new List<TimeSpan>();
        for (var i = 0; i < Chats; i++)
        {
            var watch = Stopwatch.StartNew();
            Assert.Equal($"chat {i}", (await server.Client.ChatAsync("echo", $"chat {i}")).Streamed);
            times.Add(watch.Elapsed);
            await between();
        }

        times.Sort();
        return times;
    }
}
