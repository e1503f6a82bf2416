using Microsoft.Extensions.Logging.Abstractions;
using Parley.Conversations;
using Parley.Runs;
using Parley.Storage;
using Parley.Storage.Sqlite;

namespace Parley.Tests.Storage;

public sealed class FileStoreTests : IAsyncLifetime
{
    private static readonly Sql CountRows = new("select (select count(*) from files) + (select count(*) from file_chunks)");
    private static readonly Sql PageCount = new("pragma page_count");
    private static readonly Sql Unlimited = new("pragma max_page_count = 1000000000");

    private readonly TempFolder _folder = new();
    private readonly FakeTime _time = new();
    private SqliteDatabase _database = null!;
    private FileStore _files = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        Open();
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(512 * 1024)]
    [InlineData(512 * 1024 + 1)]
    [InlineData(3_000_000)]
    public async Task A_file_is_read_as_it_was_written(int length)
    {
        var bytes = Bytes(length);
        var file = await SaveAsync(bytes);

        Assert.Equal(new StoredFile(file.Id, "ann", "plan.pdf", "application/pdf", length, _time.GetUtcNow()), await _files.FindAsync("ann", file.Id, Token));
        await using var opened = await _files.OpenAsync("ann", file.Id, Token);
        Assert.Equal(file, opened!.File);
        var read = new MemoryStream();
        await opened.Content.CopyToAsync(read, Token);
        Assert.True(read.ToArray().AsSpan().SequenceEqual(bytes));
    }

    [Fact]
    public async Task The_file_of_another_owner_looks_like_an_absent_one()
    {
        var file = await SaveAsync(Bytes(10));
        Assert.Null(await _files.FindAsync("bob", file.Id, Token));
        Assert.Null(await _files.OpenAsync("bob", file.Id, Token));
    }

    [Fact]
    public async Task A_file_is_seen_once_it_is_whole()
    {
        await using var upload = _files.Begin("ann", "a.txt", "text/plain");
        await upload.WriteAsync(new MemoryStream(Bytes(700_000)), 1_000_000, Token);
        Assert.Equal(0, await VisibleAsync());
        Assert.Equal(0, await _files.SweepAsync(DateTimeOffset.MaxValue, Token));

        var file = await upload.CompleteAsync(Token);
        Assert.Equal(700_000, (await _files.FindAsync("ann", file.Id, Token))!.Bytes);
    }

    [Fact]
    public async Task Of_an_upload_that_is_given_up_or_too_large_nothing_stays()
    {
        await using (var upload = _files.Begin("ann", "a.txt", "text/plain"))
        {
            Assert.False(await upload.WriteAsync(new MemoryStream(Bytes(2_000_000)), 1_999_999, Token));
            Assert.NotEqual(0, await CountAsync());
        }

        await using (var upload = _files.Begin("ann", "a.txt", "text/plain"))
            await Assert.ThrowsAsync<IOException>(() => upload.WriteAsync(new Breaking(1_200_000), long.MaxValue, Token));

        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public async Task What_a_killed_process_left_is_swept_away_and_what_is_whole_stays()
    {
        var whole = await SaveAsync(Bytes(1_000_000));
        var upload = _files.Begin("ann", "a.txt", "text/plain");
        await upload.WriteAsync(new MemoryStream(Bytes(30_000_000)), long.MaxValue, Token);

        // As after a start: nobody remembers the upload.
        await _database.DisposeAsync();
        Open();
        var steps = 0;
        while (await _files.SweepAsync(DateTimeOffset.MinValue, Token) > 0) steps++;

        Assert.True(steps > 1, "In several steps, so that others can write in between.");
        Assert.Equal(3, await CountAsync());
        Assert.NotNull(await _files.FindAsync("ann", whole.Id, Token));
    }

    [Fact]
    public async Task A_file_expires()
    {
        var old = await SaveAsync(Bytes(1_000_000));
        _time.Advance(TimeSpan.FromDays(1));
        var young = await SaveAsync(Bytes(1_000_000));
        while (await _files.SweepAsync(_time.GetUtcNow() - TimeSpan.FromHours(1), Token) > 0)
        {
        }

        Assert.Null(await _files.FindAsync("ann", old.Id, Token));
        Assert.NotNull(await _files.FindAsync("ann", young.Id, Token));
        Assert.Equal(3, await CountAsync());
    }

    [Fact]
    public async Task A_reader_is_told_when_its_file_is_removed_under_it()
    {
        var file = await SaveAsync(Bytes(1_000_000));
        await using var opened = await _files.OpenAsync("ann", file.Id, Token);
        var buffer = new byte[600_000];
        await opened!.Content.ReadExactlyAsync(buffer.AsMemory(0, 1000), Token);
        while (await _files.SweepAsync(DateTimeOffset.MaxValue, Token) > 0)
        {
        }

        var error = (await Assert.ThrowsAsync<RunException>(async () => await opened.Content.ReadExactlyAsync(buffer, Token))).Error;
        Assert.Contains("plan.pdf", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_a_full_disk_an_upload_fails_and_leaves_nothing()
    {
        var pages = await _database.WriteAsync(session => session.Number(PageCount), Token);
        await _database.WriteAsync(session => session.Number(new Sql($"pragma max_page_count = {pages + 300}")), Token);
        await using (var upload = _files.Begin("ann", "a.txt", "text/plain"))
        {
            var error = await Assert.ThrowsAsync<RunException>(() => upload.WriteAsync(new MemoryStream(Bytes(4_000_000)), long.MaxValue, Token));
            Assert.Equal(ErrorSide.Store, error.Error.Side);
        }

        await _database.WriteAsync(session => session.Number(Unlimited), Token);
        Assert.Equal(0, await CountAsync());
        await SaveAsync(Bytes(4_000_000));
    }

    private void Open()
    {
        _database = SqliteDatabase.Open(_folder.Path, _time, NullLogger.Instance);
        _files = new FileStore(_database, new IdSource(_time, _database.Node), _time);
    }

    private async Task<StoredFile> SaveAsync(byte[] bytes)
    {
        await using var upload = _files.Begin("ann", "plan.pdf", "application/pdf");
        Assert.True(await upload.WriteAsync(new MemoryStream(bytes), bytes.Length, Token));
        return await upload.CompleteAsync(Token);
    }

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    private Task<long?> CountAsync() => _database.ReadAsync(session => session.Number(CountRows), Token);

    private Task<long?> VisibleAsync() => _database.ReadAsync(session => session.Number(new Sql("select count(*) from files where complete = 1")), Token);

    // A client that goes in the middle.
    private sealed class Breaking(int length) : MemoryStream(new byte[length])
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            => Position == Length ? throw new IOException("gone") : await base.ReadAsync(buffer, cancellationToken);
    }
}
