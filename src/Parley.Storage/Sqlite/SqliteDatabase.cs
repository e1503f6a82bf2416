using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Parley.Runs;

namespace Parley.Storage.Sqlite;

/// <summary>
/// One SQLite file: a writer and pooled readers. Several processes may have it open. A write is on the disk when its task ends.
/// </summary>
public sealed partial class SqliteDatabase : IAsyncDisposable
{
    private const string FileName = "parley.db";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly SqliteWriter _writer;
    private readonly SqliteReaders _readers;
    private readonly Lazy<NodeLease> _node;

    private SqliteDatabase(SqliteConnector connector, SqlSession session, ILogger logger)
    {
        File = connector.File;
        _node = new Lazy<NodeLease>(() => NodeLease.Take(connector.File + ".node-"));
        _readers = new SqliteReaders(connector);
        _writer = new SqliteWriter(connector, session, logger);
    }

    /// <summary>The version of SQLite in use and where it comes from, such as <c>3.40.1 (system)</c>.</summary>
    public static string EngineVersion => SqliteLibrary.Version + (SqliteLibrary.IsSystem ? " (system)" : " (bundled)");

    /// <summary>The path of the database file.</summary>
    public string File { get; }

    /// <summary>A node number for <see cref="IdSource"/>, which no other process that has the database open is given.</summary>
    public int Node => _node.Value.Number;

    /// <summary>Opens the database, makes it if it is absent, and brings its schema up to date.</summary>
    /// <param name="directoryOrFile">A directory, in which the file is <c>parley.db</c>, or a file whose name ends in <c>.db</c>.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where trouble with the disk is reported.</param>
    /// <exception cref="StoreException">It cannot be opened, is damaged, or is of a newer version.</exception>
    public static SqliteDatabase Open(string directoryOrFile, TimeProvider time, ILogger logger) => Open(directoryOrFile, time, logger, Patience);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _writer.StopAsync().ConfigureAwait(false);
        _readers.Dispose();
        if (_node.IsValueCreated) _node.Value.Dispose();
    }

    internal static SqliteDatabase Open(string directoryOrFile, TimeProvider time, ILogger logger, TimeSpan patience)
    {
        if (!SqliteLibrary.IsSystem) LogBundled(logger, SqliteLibrary.Version);
        var file = Resolve(directoryOrFile);
        try
        {
            CreateFile(file);
            var connector = new SqliteConnector(file, patience);
            var session = connector.OpenWriter();
            try
            {
                SqliteMigrations.Apply(session, file, time);
                return new SqliteDatabase(connector, session, logger);
            }
            catch
            {
                session.Dispose();
                throw;
            }
        }
        catch (SqliteException failure) when (SqliteFailure.IsDamage(failure))
        {
            throw new StoreException($"{file} is damaged or not a database. Restore it from a backup, or move it away to begin with an empty one.", failure);
        }
        catch (SqliteException failure)
        {
            throw new StoreException($"{file} cannot be opened: {SqliteFailure.ToRunException(failure).Message}", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"{file} cannot be opened: {failure.Message} Choose a data directory that you may write.", failure);
        }
    }

    internal Task<T> ReadAsync<T>(Func<SqlSession, T> work, CancellationToken cancellationToken) => _readers.RunAsync(work, cancellationToken);

    internal Task<T> WriteAsync<T>(Func<SqlSession, T> work, CancellationToken cancellationToken) => _writer.RunAsync(work, cancellationToken);

    /// <summary>Whether a live process other than this one minted the id.</summary>
    internal bool IsOfAnotherProcess(Id minted) => _node.Value.IsOfAnotherProcess(minted);

    internal static RunException Closed() => new(new RunError(ErrorSide.Store, ErrorCause.Unavailable, "The store is closed."));

    private static string Resolve(string directoryOrFile)
    {
        var path = Path.GetFullPath(directoryOrFile);
        return !Directory.Exists(path) && Path.GetExtension(path) == ".db" ? path : Path.Combine(path, FileName);
    }

    // Conversations are private: nobody else may read a file that we make.
    private static void CreateFile(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        if (System.IO.File.Exists(file)) return;
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var created = new FileStream(file, options);
    }

    [LoggerMessage(3, LogLevel.Warning, "No system SQLite of version 3.37 or newer was found; the bundled {Version} is used, which gets no security fixes.")]
    private static partial void LogBundled(ILogger logger, string version);
}
