using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Parley.Conversations;
using Parley.Runs;
using Parley.Storage;
using Parley.Storage.Sqlite;

namespace Parley.Tests.Storage;

public sealed class SqliteDatabaseTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FakeTime _time = new();
    private readonly IdSource _ids;

    public SqliteDatabaseTests() => _ids = new IdSource(_time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_was_stored_is_there_after_reopening()
    {
        var conversation = NewConversation();
        await using (var first = Open()) await new SqlStore(first).CreateConversationAsync(conversation, [], Token);

        await using var second = Open();
        Assert.Equal(conversation, await new SqlStore(second).FindConversationAsync("local", conversation.Id, Token));
    }

    [Fact]
    public async Task What_was_acknowledged_is_there_although_the_process_was_killed()
    {
        await using var killed = Open();
        var conversation = NewConversation();
        await new SqlStore(killed).CreateConversationAsync(conversation, [], Token);

        // The files as a killed process leaves them: nothing was closed, nothing checkpointed.
        Directory.CreateDirectory(_folder.File("after"));
        foreach (var name in new[] { "parley.db", "parley.db-wal" }) File.Copy(_folder.File(name), Path.Combine(_folder.File("after"), name));
        await using var reopened = Open(_folder.File("after"));
        Assert.NotNull(await new SqlStore(reopened).FindConversationAsync("local", conversation.Id, Token));
    }

    [Fact]
    public async Task Two_open_databases_on_one_file_see_each_others_writes()
    {
        await using var one = Open();
        await using var two = Open();
        var conversations = Enumerable.Range(0, 40).Select(_ => NewConversation()).ToList();
        await Task.WhenAll(conversations.Select((conversation, i) =>
            new SqlStore(i % 2 == 0 ? one : two).CreateConversationAsync(conversation, [], Token).AsTask()));

        foreach (var conversation in conversations)
        {
            Assert.NotNull(await new SqlStore(one).FindConversationAsync("local", conversation.Id, Token));
            Assert.NotNull(await new SqlStore(two).FindConversationAsync("local", conversation.Id, Token));
        }
    }

    [Fact]
    public async Task Processes_have_different_node_numbers_and_a_number_is_free_again_afterwards()
    {
        await using var one = Open();
        await using (var two = Open()) Assert.Equal((0, 1), (one.Node, two.Node));
        await using var three = Open();
        Assert.Equal(1, three.Node);
    }

    [Fact]
    public async Task Runs_of_another_live_process_are_not_left_by_a_dead_one()
    {
        await using var server = Open();
        var other = Open();
        Assert.Equal(0, server.Node);
        var mine = await StartAsync(server, new IdSource(_time, server.Node));
        var theirs = await StartAsync(other, new IdSource(_time, other.Node));

        Assert.Equal([mine], (await new SqlStore(server).ListActiveRunsAsync(Token)).Select(run => run.Id));
        Assert.Equal([theirs], (await new SqlStore(other).ListActiveRunsAsync(Token)).Select(run => run.Id));
        await other.DisposeAsync();
        Assert.Equal([mine, theirs], (await new SqlStore(server).ListActiveRunsAsync(Token)).Select(run => run.Id));
    }

    [Fact]
    public async Task An_older_schema_is_brought_up_to_date()
    {
        // Version 0: the file exists, and nothing but the table of versions is in it.
        await File.WriteAllBytesAsync(_folder.File("parley.db"), [], Token);
        await ExecuteAsync("create table schema_version (version int not null primary key, name text not null, applied_at bigint not null)");
        await using var database = Open();
        var conversation = NewConversation();
        await new SqlStore(database).CreateConversationAsync(conversation, [], Token);
        Assert.NotNull(await new SqlStore(database).FindConversationAsync("local", conversation.Id, Token));
    }

    [Fact]
    public async Task A_newer_schema_is_refused_and_left_alone()
    {
        await using (Open())
        {
        }

        await ExecuteAsync("insert into schema_version values (999, 'x', 0)");
        var refused = Assert.Throws<StoreException>(() => Open());
        Assert.Contains("newer version of Parley", refused.Message, StringComparison.Ordinal);
        Assert.Contains("999", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_database_of_another_program_is_refused()
    {
        await File.WriteAllBytesAsync(_folder.File("parley.db"), [], Token);
        await ExecuteAsync("create table photos (id integer)");
        Assert.Contains("another program", Assert.Throws<StoreException>(() => Open()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_file_is_refused_with_advice()
    {
        await File.WriteAllTextAsync(_folder.File("parley.db"), new string('x', 10_000), Token);
        var refused = Assert.Throws<StoreException>(() => Open());
        Assert.Contains("Restore it from a backup", refused.Message, StringComparison.Ordinal);
        Assert.Contains(_folder.File("parley.db"), refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_that_cannot_be_made_is_refused()
    {
        await File.WriteAllTextAsync(_folder.File("file"), "", Token);
        Assert.Throws<StoreException>(() => Open(_folder.File("file/below")));
    }

    [Fact]
    public async Task A_file_can_be_named_instead_of_a_directory()
    {
        await using var database = Open(_folder.File("mine.db"));
        Assert.Equal(_folder.File("mine.db"), database.File);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(database.File));
    }

    [Fact]
    public void The_engine_is_new_enough_for_the_sql()
        => Assert.True(Version.Parse(SqliteDatabase.EngineVersion.Split(' ')[0]) >= new Version(3, 35, 5), SqliteDatabase.EngineVersion);

    private SqliteDatabase Open(string? path = null) => SqliteDatabase.Open(path ?? _folder.Path, _time, NullLogger.Instance);

    private Conversation NewConversation()
    {
        var id = _ids.Next();
        return new Conversation { Id = id, Owner = "local", Section = id, CreatedAt = _time.GetUtcNow(), UpdatedAt = _time.GetUtcNow() };
    }

    private async Task<Id> StartAsync(SqliteDatabase database, IdSource ids)
    {
        var id = ids.Next();
        var run = new Run
        {
            Id = id,
            Owner = "local",
            Conversation = id,
            Section = id,
            Chat = id,
            Detached = true,
            Agent = new AgentRef("echo"),
            Status = RunStatus.Running,
            Dialect = Protocol.Coze,
            Request = ModelRequest.Empty,
            CreatedAt = _time.GetUtcNow(),
        };
        await new SqlStore(database).StartRunAsync(new RunStart(run, null, []), Token);
        return id;
    }

    private async Task ExecuteAsync(string sql)
    {
        // As another program would, without this one's code.
        _ = SqliteDatabase.EngineVersion;
        await using var connection = new SqliteConnection($"Data Source={_folder.File("parley.db")};Pooling=False");
        await connection.OpenAsync(Token);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Token);
    }
}
