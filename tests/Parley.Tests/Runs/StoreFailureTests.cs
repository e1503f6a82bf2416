using Microsoft.Extensions.Logging.Abstractions;
using Parley.Agents;
using Parley.Runs;
using Parley.Storage;
using Parley.Storage.Sqlite;

namespace Parley.Tests.Runs;

/// <summary>What a run's readers are told when the store stops taking writes, and what becomes of the run when it takes them again.</summary>
public sealed class StoreFailureTests : IAsyncDisposable
{
    private static readonly Sql PageCount = new("pragma page_count");

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("parley-");
    private readonly SqliteDatabase _database;
    private readonly SqlStore _store;
    private readonly ScriptedAgent _script = new();
    private readonly Runner _runner;

    public StoreFailureTests()
    {
        _database = SqliteDatabase.Open(_directory.FullName, TimeProvider.System, NullLogger.Instance);
        _store = new SqlStore(_database);
        _runner = new Runner(_store, new IdSource(TimeProvider.System), TimeProvider.System, NullLogger<Runner>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await _runner.DisposeAsync();
        await _database.DisposeAsync();
        _directory.Delete(true);
    }

    [Fact]
    public async Task Readers_are_told_of_one_failure_and_the_conversation_is_free_again_when_the_store_is()
    {
        var request = new RunRequest { Owner = "o", Agent = new Agent("a", _script), Dialect = Protocol.Coze, Input = [InputItem.Said(Role.User, "1")] };
        var first = await (await _runner.StartAsync(Answered(request, "one"), CancellationToken.None)).Completion;
        var live = await _runner.StartAsync(request with { Conversation = first.Conversation }, CancellationToken.None);
        using var reader = live.Read();
        await LimitAsync(await _database.WriteAsync(session => session.Number(PageCount), CancellationToken.None) ?? 0);
        _script.Answers(new string('x', 500_000));
        var events = await ReadAllAsync(reader);
        Assert.Equal(ErrorSide.Store, Assert.IsType<RunFailed>(events[^1]).Error.Side);
        Assert.DoesNotContain(events, e => e is RunCompleted);
        Assert.Equal(RunStatus.Failed, (await live.Completion).Status);
        await LimitAsync(1_000_000_000);

        // The failure is saved as soon as there is room: until then the conversation is busy.
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await _store.FindRunAsync("o", live.Header.Id, deadline.Token))!.Status != RunStatus.Failed) await Task.Delay(20, deadline.Token);
        var third = await (await _runner.StartAsync(Answered(request with { Conversation = first.Conversation }, "three"), CancellationToken.None)).Completion;
        Assert.Equal(RunStatus.Completed, third.Status);
    }

    // A limit on the file's pages is what a full disk is to SQLite, and can be lifted.
    private Task<int> LimitAsync(long pages) => _database.WriteAsync(session => session.Execute(new Sql($"pragma max_page_count = {pages}")), CancellationToken.None);

    private RunRequest Answered(RunRequest request, string text)
    {
        _script.Answers(text);
        return request;
    }

    private static async Task<List<RunEvent>> ReadAllAsync(RunLogReader reader)
    {
        var events = new List<RunEvent>();
        while (await reader.WaitAsync(CancellationToken.None))
            while (reader.TryRead(out var logged)) events.Add(logged.Event);
        return events;
    }
}
