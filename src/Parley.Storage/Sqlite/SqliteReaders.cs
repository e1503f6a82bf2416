using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Parley.Runs;

namespace Parley.Storage.Sqlite;

/// <summary>
/// Pooled connections for reading, each read in one snapshot. The provider blocks, and handlers may run on the threads that serve
/// sockets, so that reads always go to the thread pool.
/// </summary>
internal sealed class SqliteReaders(SqliteConnector connector) : IDisposable
{
    private static readonly Sql Begin = new("begin");
    private static readonly Sql Commit = new("commit");
    private static readonly Sql Rollback = new("rollback");

    private readonly ConcurrentBag<SqlSession> _idle = [];
    private readonly SemaphoreSlim _free = new(Math.Max(4, Environment.ProcessorCount * 2));
    private volatile bool _closed;

    public async Task<T> RunAsync<T>(Func<SqlSession, T> work, CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => Read(work), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _free.Release();
        }
    }

    public void Dispose()
    {
        _closed = true;
        while (_idle.TryTake(out var session)) session.Dispose();
    }

    private T Read<T>(Func<SqlSession, T> work)
    {
        if (_closed) throw SqliteDatabase.Closed();
        SqlSession? session = null;
        try
        {
            if (!_idle.TryTake(out session)) session = connector.OpenReader();
            session.Execute(Begin);
            var result = work(session);
            session.Execute(Commit);
            GiveBack(session);
            return result;
        }
        catch (SqliteException failure)
        {
            // Not worth telling apart which failures a connection survives.
            session?.Dispose();
            throw SqliteFailure.ToRunException(failure);
        }
        catch (RunException) when (session is not null)
        {
            session.Execute(Rollback);
            GiveBack(session);
            throw;
        }
        catch
        {
            session?.Dispose();
            throw;
        }
    }

    private void GiveBack(SqlSession session)
    {
        _idle.Add(session);
        if (_closed) Dispose();
    }
}
