using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Parley.Storage.Sqlite;

/// <summary>Opens connections to the file.</summary>
/// <param name="file">The database file; it exists.</param>
/// <param name="patience">How long to wait for another process's lock.</param>
internal sealed class SqliteConnector(string file, TimeSpan patience)
{
    private static readonly Sql JournalMode = new("pragma journal_mode = wal");

    public string File => file;

    /// <summary>A connection that writes. Each commit is on the disk when it returns.</summary>
    public SqlSession OpenWriter()
    {
        // Runs change the same few pages again and again: seldom moved from the write-ahead log into the file, each is moved once for many
        // changes. The log grows while readers hold it back; afterwards it need not stay so large.
        var session = Open("pragma synchronous = full; pragma cache_size = -16000; pragma wal_autocheckpoint = 8000; pragma journal_size_limit = 67108864;");
        try
        {
            using var mode = session.Query(JournalMode);
            if (!mode.Read() || mode.GetString(0) != "wal")
                throw new StoreException($"{file} lies on a file system that cannot be used by several programs at once. Choose a data directory on a local disk.");
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>A connection that only reads.</summary>
    public SqlSession OpenReader() => Open("pragma query_only = 1; pragma cache_size = -4000;");

    /// <summary>True while a transaction is open. The engine ends one by itself when the disk is full or fails.</summary>
    public static bool InTransaction(SqlSession session) => raw.sqlite3_get_autocommit(((SqliteConnection)session.Connection).Handle) == 0;

    private SqlSession Open(string pragmas)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = file,
            // Never "create": a file that somebody removed must not come back empty.
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
            // The engine's own waiting, below, is finer than the provider's, which sleeps 150 ms at a time.
            DefaultTimeout = 1,
        }.ToString());
        try
        {
            connection.Open();
            raw.sqlite3_busy_timeout(connection.Handle, (int)patience.TotalMilliseconds);
            using var command = connection.CreateCommand();
            command.CommandText = "pragma temp_store = memory; " + pragmas;
            command.ExecuteNonQuery();
            return new SqliteSession(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
