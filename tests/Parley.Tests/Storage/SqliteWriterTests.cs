using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Parley.Runs;
using Parley.Storage;
using Parley.Storage.Sqlite;

namespace Parley.Tests.Storage;

public sealed class SqliteWriterTests : IAsyncLifetime
{
    private static readonly Sql Create = new("create table t (x integer primary key, y blob)");
    private static readonly Sql Insert = new("insert into t (x) values (@x)");
    private static readonly Sql InsertMuch = new("insert into t (x, y) values (@x, zeroblob(1000000))");
    private static readonly Sql Count = new("select count(*) from t");
    private static readonly Sql PageCount = new("pragma page_count");
    private static readonly Sql Unlimited = new("pragma max_page_count = 1000000000");

    private readonly TempFolder _folder = new();
    private readonly Recorder _log = new();
    private SqliteDatabase _database = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = SqliteDatabase.Open(_folder.Path, TimeProvider.System, _log, TimeSpan.FromMilliseconds(50));
        await _database.WriteAsync(session => session.Execute(Create), Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Of_operations_in_one_batch_one_that_fails_hurts_no_other()
    {
        var tasks = await WhileBlockedAsync(() => Enumerable.Range(0, 50).Select(i => _database.WriteAsync(
            session =>
            {
                session.Execute(Insert, (long)i);
                if (i % 10 == 3) throw new InvalidOperationException("mine");
                if (i % 10 == 7) session.Execute(Insert, (long)i);
                return i;
            },
            Token)).ToList());

        for (var i = 0; i < tasks.Count; i++)
        {
            if (i % 10 == 3) Assert.Equal("mine", (await Assert.ThrowsAsync<InvalidOperationException>(() => tasks[i])).Message);
            else if (i % 10 == 7) Assert.Equal(ErrorSide.Store, (await Assert.ThrowsAsync<RunException>(() => tasks[i])).Error.Side);
            else Assert.Equal(i, await tasks[i]);
        }

        Assert.Equal(40, await CountAsync());
    }

    [Fact]
    public async Task What_waits_is_committed_together()
    {
        var seen = new List<long?>();
        var tasks = await WhileBlockedAsync(() => Enumerable.Range(0, 10).Select(i => _database.WriteAsync(
            session =>
            {
                session.Execute(Insert, (long)i);
                seen.Add(i == 9 ? OutsideCount() : null);
                return true;
            },
            Token)).ToList());
        await Task.WhenAll(tasks);

        // When the last was executed, nothing of the first was to be seen from outside.
        Assert.Equal(0, seen[^1]);
        Assert.Equal(10, await CountAsync());
    }

    [Fact]
    public async Task A_full_disk_fails_what_does_not_fit_and_the_writer_works_again_when_there_is_room()
    {
        var limit = new Sql($"pragma max_page_count = {await _database.WriteAsync(session => session.Number(PageCount), Token) + 2}");
        await _database.WriteAsync(session => session.Number(limit), Token);

        var tasks = await WhileBlockedAsync(() => new[]
        {
            _database.WriteAsync(session => session.Execute(Insert, 1L), Token),
            _database.WriteAsync(session => session.Execute(InsertMuch, 2L), Token),
            _database.WriteAsync(session => session.Execute(Insert, 3L), Token),
        }.ToList());
        await tasks[0];
        var error = (await Assert.ThrowsAsync<RunException>(() => tasks[1])).Error;
        await tasks[2];
        Assert.Equal((ErrorSide.Store, ErrorCause.Unavailable), (error.Side, error.Cause));
        Assert.Equal("The store is not available.", error.PublicMessage);
        Assert.Equal(2, await CountAsync());

        await _database.WriteAsync(session => session.Number(Unlimited), Token);
        await _database.WriteAsync(session => session.Execute(InsertMuch, 2L), Token);
        Assert.Equal(3, await CountAsync());
        Assert.Contains(_log.Lines, line => line.Contains("The disk is full", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_lock_held_too_long_by_another_process_is_unavailable_until_it_is_released()
    {
        await using var other = await LockAsync();
        var tasks = Enumerable.Range(0, 5).Select(i => _database.WriteAsync(session => session.Execute(Insert, (long)i), Token)).ToList();
        foreach (var task in tasks) Assert.Equal(ErrorCause.Unavailable, (await Assert.ThrowsAsync<RunException>(() => task)).Error.Cause);
        await other.DisposeAsync();

        await _database.WriteAsync(session => session.Execute(Insert, 1L), Token);
        Assert.Equal(1, await CountAsync());
        Assert.Contains(_log.Lines, line => line.Contains("can be written again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reading_goes_on_while_writing_is_blocked()
    {
        await _database.WriteAsync(session => session.Execute(Insert, 1L), Token);
        await using var other = await LockAsync();
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task What_is_cancelled_before_its_turn_is_not_done()
    {
        using var source = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var tasks = await WhileBlockedAsync(() =>
        {
            var waiting = _database.WriteAsync(session => session.Execute(Insert, 1L), source.Token);
            source.Cancel();
            return new List<Task<int>> { waiting };
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => tasks[0]);
        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public async Task Closing_finishes_what_was_begun_and_refuses_the_rest()
    {
        var tasks = Enumerable.Range(0, 100).Select(i => _database.WriteAsync(session => session.Execute(Insert, (long)i), Token)).ToList();
        await _database.DisposeAsync();

        await Task.WhenAll(tasks);
        var write = await Assert.ThrowsAsync<RunException>(() => _database.WriteAsync(session => session.Execute(Insert, 1000L), Token));
        var read = await Assert.ThrowsAsync<RunException>(CountAsync);
        Assert.Equal((ErrorSide.Store, ErrorSide.Store), (write.Error.Side, read.Error.Side));
    }

    [Fact]
    public async Task A_read_sees_one_state_of_the_data()
    {
        using var begun = new ManualResetEventSlim();
        using var written = new ManualResetEventSlim();
        var reading = _database.ReadAsync(
            session =>
            {
                var before = session.Number(Count);
                begun.Set();
                written.Wait(Token);
                return (before, session.Number(Count));
            },
            Token);
        begun.Wait(Token);
        await _database.WriteAsync(session => session.Execute(Insert, 1L), Token);
        written.Set();

        Assert.Equal((0, 0), await reading);
        Assert.Equal(1, await CountAsync());
    }

    private Task<long?> CountAsync() => _database.ReadAsync(session => session.Number(Count), Token);

    // Lets what the function enqueues meet in one batch.
    private async Task<List<Task<T>>> WhileBlockedAsync<T>(Func<List<Task<T>>> enqueue)
    {
        using var blocked = new ManualResetEventSlim();
        var blocker = _database.WriteAsync(
            _ =>
            {
                blocked.Wait(Token);
                return true;
            },
            Token);
        var tasks = enqueue();
        blocked.Set();
        await blocker;
        return tasks;
    }

    private long? OutsideCount()
    {
        using var connection = new SqliteConnection($"Data Source={_database.File};Pooling=False");
        connection.Open();
        using var session = new SqlSession(connection);
        return session.Number(Count);
    }

    private async Task<SqliteConnection> LockAsync()
    {
        var connection = new SqliteConnection($"Data Source={_database.File};Pooling=False");
        await connection.OpenAsync(Token);
        using var command = connection.CreateCommand();
        command.CommandText = "begin immediate";
        await command.ExecuteNonQueryAsync(Token);
        return connection;
    }

    private sealed class Recorder : ILogger
    {
        private readonly List<string> _lines = [];

        public IReadOnlyList<string> Lines
        {
            get
            {
                lock (_lines) return [.. _lines];
            }
        }

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lines) _lines.Add(formatter(state, exception));
        }
    }
}
