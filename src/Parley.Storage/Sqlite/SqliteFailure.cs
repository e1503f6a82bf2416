using Microsoft.Data.Sqlite;
using Parley.Runs;
using SQLitePCL;

namespace Parley.Storage.Sqlite;

/// <summary>What a failure of SQLite means.</summary>
internal static class SqliteFailure
{
    /// <summary>As the rest of the system sees it. The message is for the log; no client reads it.</summary>
    public static RunException ToRunException(SqliteException failure) => new(
        new RunError(ErrorSide.Store, IsOfTheMachine(failure) ? ErrorCause.Unavailable : ErrorCause.Rejected, Describe(failure)), failure);

    /// <summary>True if a new connection may fare better: anything but a full disk, a lock, or a statement that is wrong.</summary>
    public static bool WantsNewConnection(SqliteException failure)
        => IsOfTheMachine(failure) && failure.SqliteErrorCode is not (raw.SQLITE_FULL or raw.SQLITE_BUSY or raw.SQLITE_LOCKED);

    /// <summary>True for a file that is no database or a damaged one.</summary>
    public static bool IsDamage(SqliteException failure) => failure.SqliteErrorCode is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB;

    /// <summary>True if the data contradicts what is stored; everything else may still be well.</summary>
    public static bool IsRefusal(SqliteException failure) => failure.SqliteErrorCode == raw.SQLITE_CONSTRAINT;

    private static bool IsOfTheMachine(SqliteException failure) => failure.SqliteErrorCode is
        raw.SQLITE_FULL or raw.SQLITE_IOERR or raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY
        or raw.SQLITE_NOMEM or raw.SQLITE_PROTOCOL or raw.SQLITE_PERM or raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB;

    private static string Describe(SqliteException failure) => failure.SqliteErrorCode switch
    {
        raw.SQLITE_FULL => "The disk is full.",
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => "Another process has locked the database for too long.",
        raw.SQLITE_IOERR => $"The disk failed: {failure.Message}",
        raw.SQLITE_READONLY => "The database may not be written.",
        raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => "The database file is damaged.",
        _ => failure.Message,
    };
}
