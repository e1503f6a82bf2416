using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using Parley.Conversations;
using Parley.Runs;
using Parley.Storage;
using Parley.Storage.Sqlite;

namespace Parley.Benchmarks;

/// <summary>A page of 50 messages from the store: the newest, and one from the middle.</summary>
public class PageBenchmarks
{
    private readonly string _data = Directory.CreateTempSubdirectory("parley-bench-").FullName;
    private readonly IdSource _ids = new(TimeProvider.System);
    private SqliteDatabase _database = null!;
    private SqlStore _store = null!;
    private MessageQuery _newest = null!;
    private MessageQuery _middle = null!;

    /// <summary>How many messages the conversation has.</summary>
    [Params(100, 10_000, 1_000_000)]
    public int Messages { get; set; }

    /// <summary>Fills the store.</summary>
    [GlobalSetup]
    public void Setup() => SetupAsync().GetAwaiter().GetResult();

    /// <summary>Removes the data.</summary>
    [GlobalCleanup]
    public void Cleanup() => CleanupAsync().GetAwaiter().GetResult();

    /// <summary>The newest page.</summary>
    [Benchmark]
    public Task<int> Newest() => ReadAsync(_newest);

    /// <summary>A page from the middle.</summary>
    [Benchmark]
    public Task<int> Middle() => ReadAsync(_middle);

    private async Task<int> ReadAsync(MessageQuery query)
    {
        var page = await _store.ListMessagesAsync(query, CancellationToken.None);
        return page.Items.Count == 50 || Messages < 150 ? page.Items.Count : throw new InvalidOperationException($"{page.Items.Count} messages.");
    }

    private async Task SetupAsync()
    {
        _database = SqliteDatabase.Open(_data, TimeProvider.System, NullLogger<SqliteDatabase>.Instance);
        _store = new SqlStore(_database);
        var (id, now) = (_ids.Next(), TimeProvider.System.GetUtcNow());
        await _store.CreateConversationAsync(new Conversation { Id = id, Owner = "bench", Section = id, CreatedAt = now, UpdatedAt = now }, [], CancellationToken.None);
        Id middle = default;
        for (var at = 0; at < Messages; at += 10_000)
        {
            var messages = Enumerable.Range(at, Math.Min(10_000, Messages - at))
                .Select(i => InputItem.Said(i % 2 == 0 ? Role.User : Role.Assistant, $"Message {i} of the conversation.").ToMessage(_ids.Next(), id, default, now)).ToList();
            if (at <= Messages / 2) middle = messages[Math.Min(Messages / 2 - at, messages.Count - 1)].Id;
            await _store.AppendMessagesAsync("bench", id, messages, CancellationToken.None);
        }

        _newest = new MessageQuery { Owner = "bench", Conversation = id };
        _middle = _newest with { After = middle };
    }

    private async Task CleanupAsync()
    {
        await _database.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }
}
