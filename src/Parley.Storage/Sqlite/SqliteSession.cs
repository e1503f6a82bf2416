using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Parley.Storage.Sqlite;

/// <summary>
/// A session whose changes bypass the provider: it looks each parameter up by name and makes a reader for every statement, which for
/// the small rows of a run costs more than SQLite's own work.
/// </summary>
internal sealed class SqliteSession(SqliteConnection connection) : SqlSession(connection)
{
    private readonly Dictionary<Sql, sqlite3_stmt> _statements = [];

    /// <inheritdoc/>
    public override int Execute(Sql sql, params ReadOnlySpan<object?> values)
    {
        var database = connection.Handle ?? throw new InvalidOperationException("The connection is closed.");
        if (!_statements.TryGetValue(sql, out var statement))
        {
            Check(raw.sqlite3_prepare_v2(database, sql.Text, out statement, out var rest), database);
            if (!string.IsNullOrWhiteSpace(rest))
            {
                // A script of several statements, such as a migration.
                statement.Dispose();
                return base.Execute(sql, values);
            }

            _statements.Add(sql, statement);
        }

        if (values.Length != sql.Parameters.Count) throw new ArgumentException($"{values.Length} values for {sql.Parameters.Count} parameters of: {sql.Text}");
        try
        {
            for (var i = 0; i < values.Length; i++) Check(Bind(statement, i + 1, values[i]), database);
            int result;
            do result = raw.sqlite3_step(statement);
            while (result == raw.SQLITE_ROW);
            if (result != raw.SQLITE_DONE) Check(result, database);
            return raw.sqlite3_changes(database);
        }
        finally
        {
            raw.sqlite3_reset(statement);
        }
    }

    /// <inheritdoc/>
    protected override void DisposeStatements()
    {
        foreach (var statement in _statements.Values) statement.Dispose();
        base.DisposeStatements();
    }

    // A parameter's number is the place where its name first occurs, as in Sql.Parameters.
    private static int Bind(sqlite3_stmt statement, int number, object? value) => value switch
    {
        long whole => raw.sqlite3_bind_int64(statement, number, whole),
        int whole => raw.sqlite3_bind_int64(statement, number, whole),
        bool flag => raw.sqlite3_bind_int64(statement, number, flag ? 1 : 0),
        string text => raw.sqlite3_bind_text(statement, number, text),
        byte[] bytes => raw.sqlite3_bind_blob(statement, number, bytes.AsSpan()),
        null => raw.sqlite3_bind_null(statement, number),
        _ => throw new ArgumentException($"A {value.GetType().Name} cannot be stored."),
    };

    private static void Check(int result, sqlite3 database)
    {
        if (result != raw.SQLITE_OK) SqliteException.ThrowExceptionForRC(result, database);
    }
}
