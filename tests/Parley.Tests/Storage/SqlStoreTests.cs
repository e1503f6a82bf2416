using Microsoft.Extensions.Logging.Abstractions;
using Parley.Conversations;
using Parley.Storage;
using Parley.Storage.Sqlite;

namespace Parley.Tests.Storage;

public sealed class SqlStoreTests : ConversationStoreTests
{
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
}
