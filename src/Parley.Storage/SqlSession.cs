using System.Data.Common;

namespace Parley.Storage;

/// <summary>A connection with the statements that were used on it, prepared once. For one thread at a time.</summary>
internal class SqlSession(DbConnection connection) : IDisposable
{
    private readonly Dictionary<Sql, DbCommand> _commands = [];

    public DbConnection Connection => connection;

    /// <summary>Runs a statement; returns how many rows it changed.</summary>
    public virtual int Execute(Sql sql, params ReadOnlySpan<object?> values) => Bind(sql, values).ExecuteNonQuery();

    /// <summary>The rows of a query. Close the reader before the same statement runs again.</summary>
    public DbDataReader Query(Sql sql, params ReadOnlySpan<object?> values) => Bind(sql, values).ExecuteReader();

    /// <summary>The whole number in the first column of the first row; null if there is no row or no value.</summary>
    public virtual long? Number(Sql sql, params ReadOnlySpan<object?> values) => Bind(sql, values).ExecuteScalar() as long?;

    /// <summary>The first row; null if there is none.</summary>
    public T? One<T>(Sql sql, Func<DbDataReader, T> read, params ReadOnlySpan<object?> values) where T : class
    {
        using var rows = Query(sql, values);
        return rows.Read() ? read(rows) : null;
    }

    /// <summary>All rows.</summary>
    public List<T> All<T>(Sql sql, Func<DbDataReader, T> read, params ReadOnlySpan<object?> values)
    {
        using var rows = Query(sql, values);
        var all = new List<T>();
        while (rows.Read()) all.Add(read(rows));
        return all;
    }

    public void Dispose()
    {
        DisposeStatements();
        connection.Dispose();
    }

    protected virtual void DisposeStatements()
    {
        foreach (var command in _commands.Values) command.Dispose();
    }

    private DbCommand Bind(Sql sql, ReadOnlySpan<object?> values)
    {
        if (!_commands.TryGetValue(sql, out var command)) command = Prepare(sql);
        if (values.Length != command.Parameters.Count) throw new ArgumentException($"{values.Length} values for {command.Parameters.Count} parameters of: {sql.Text}");
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i] ?? DBNull.Value;
        return command;
    }

    private DbCommand Prepare(Sql sql)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql.Text;
        foreach (var name in sql.Parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            command.Parameters.Add(parameter);
        }

        _commands.Add(sql, command);
        return command;
    }
}
