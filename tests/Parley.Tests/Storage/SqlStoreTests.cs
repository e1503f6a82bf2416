using Microsoft.Extensions.Logging.Abstractions;
using Parley.Conversations;
using Parley.Storage;
using Parley.Storage.Sqlite;

namespace Parley.Tests.Storage;

public sealed class SqlStoreTests : ConversationStoreTests
{
    private static readonly Sql CountRows = new(
        "select (select count(*) from messages) + (select count(*) from branches) + (select count(*) from dropped) + (select count(*) from runs) + (select count(*) from segments)");

    private static readonly Sql AsBefore = new("update logs set ended_at = @at");
    private static readonly Sql ForgetMigration = new("delete from schema_version where version >= 7");

    private readonly TempFolder _folder = new();
    private SqliteDatabase _database = null!;

    protected override ValueTask<IConversationStore> OpenAsync(TimeProvider time)
    {
        _database = SqliteDatabase.Open(_folder.Path, time, NullLogger.Instance);
        return new(new SqlStore(_database));
    }

    protected override async ValueTask CloseAsync()
    {
        await _database.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Nothing_of_a_deleted_conversation_stays_in_the_file()
    {
        var made = await CreateAsync("a", "b");
        var branch = await StartAsync(made, "side", (await Store.ListMessagesAsync(Path(made), Token)).Items[0].Id);
        await EndAsync(branch.Run!, ["r"]);
        Assert.NotEqual(0, await CountAsync());

        await Store.DeleteConversationAsync(Owner, made.Id, Token);
        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public async Task A_huge_conversation_is_gone_at_once_and_its_rows_with_the_next_sweeps()
    {
        var made = await CreateAsync();
        for (var i = 0; i < 6; i++) await Store.AppendMessagesAsync(Owner, made.Id, [.. Enumerable.Range(0, 1000).Select(_ => Said("x"))], Token);
        await Store.DeleteConversationAsync(Owner, made.Id, Token);

        Assert.Null(await Store.FindConversationAsync(Owner, made.Id, Token));
        Assert.NotEqual(0, await CountAsync());
        while (await Store.SweepAsync(new SweepLimits(DateTimeOffset.MinValue, DateTimeOffset.MinValue), Token) > 0) Assert.Null(await Store.FindConversationAsync(Owner, made.Id, Token));
        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public async Task What_an_older_version_left_to_expire_although_it_is_needed_is_kept()
    {
        var run = NewRun(await CreateAsync(), exclusive: false) with { Detached = true };
        await Store.StartRunAsync(new RunStart(run, null, []), Token);
        await EndAsync(run, [], moveHead: false);
        await _database.WriteAsync(session => session.Execute(AsBefore, Now.UtcTicks) + session.Execute(ForgetMigration), Token);

        await using var opened = SqliteDatabase.Open(_folder.Path, TimeProvider.System, NullLogger.Instance);
        Assert.Equal(0, await new SqlStore(opened).SweepAsync(new SweepLimits(DateTimeOffset.MaxValue, DateTimeOffset.MinValue), Token));
        Assert.Single(await new SqlStore(opened).ReadSegmentsAsync(run.Id, 0, int.MaxValue, Token));
    }

    private Task<long?> CountAsync() => _database.ReadAsync(session => session.Number(CountRows), Token);
}
