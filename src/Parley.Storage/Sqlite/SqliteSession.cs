using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Parley.Storage.Sqlite;

/// <summary>
/// A session whose changes bypass the provider: it looks each parameter up by name and makes a reader for every statement, which for
/// the small rows of a run costs more than SQLite's own work. So do the queries for one number.
/// </summary>
internal sealed class SqliteSession(SqliteConnection connection) : SqlSession(connection)
{
    private readonly Dictionary<Sql, sqlite3_stmt> _statements = [];

    private sqlite3 Database => connection.Handle ?? throw new InvalidOperationException("The connection is closed.");

    /// <inheritdoc/>
    public override int Execute(Sql sql, params ReadOnlySpan<object?> values)
    {
        if (Prepare(sql) is not { } statement) return base.Execute(sql, values);
        try
        {
            Bind(statement, sql, values);
            while (Step(statement)) { }
            return raw.sqlite3_changes(Database);
        }
        finally
        {
            raw.sqlite3_reset(statement);
        }
    }

    /// <inheritdoc/>
    public override long? Number(Sql sql, params ReadOnlySpan<object?> values)
    {
        var statement = Prepare(sql)!;
        try
        {
            Bind(statement, sql, values);
            long? number = Step(statement) && raw.sqlite3_column_type(statement, 0) != raw.SQLITE_NULL ? raw.sqlite3_column_int64(statement, 0) : null;

            // To its end: it may be one that inserts, and returns what it inserted.
            while (Step(statement)) { }
            return number;
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

    // Null for a script of several statements, such as a migration.
    private sqlite3_stmt? Prepare(Sql sql)
    {
        if (_statements.TryGetValue(sql, out var statement)) return statement;
        Check(raw.sqlite3_prepare_v2(Database, sql.Text, out statement, out var rest));
        if (!string.IsNullOrWhiteSpace(rest))
        {
            statement.Dispose();
            return null;
        }

        _statements.Add(sql, statement);
        return statement;
    }

    // A parameter's number is the place where its name first occurs, as in Sql.Parameters.
    private void Bind(sqlite3_stmt statement, Sql sql, ReadOnlySpan<object?> values)
    {
        if (values.Length != sql.Parameters.Count) throw new ArgumentException($"{values.Length} values for {sql.Parameters.Count} parameters of: {sql.Text}");
        for (var i = 0; i < values.Length; i++) Check(Bind(statement, i + 1, values[i]));
    }

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

    private bool Step(sqlite3_stmt statement)
    {
        var result = raw.sqlite3_step(statement);
        if (result is not (raw.SQLITE_ROW or raw.SQLITE_DONE)) Check(result);
        return result == raw.SQLITE_ROW;
    }

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK) SqliteException.ThrowExceptionForRC(result, Database);
    }
}
