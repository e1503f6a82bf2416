using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Parley.Runs;

namespace Parley.Storage.Sqlite;

/// <summary>
/// The one writer: a thread that takes everything that waits, executes it in one transaction, and reports success when the commit is on
/// the disk. So hundreds of writers share one wait for the disk. If an operation fails, the others are executed without it.
/// </summary>
internal sealed partial class SqliteWriter
{
    // A bound on how long the first of a batch waits for the last.
    private const int LargestBatch = 1024;

    private static readonly Sql Begin = new("begin immediate");
    private static readonly Sql Commit = new("commit");
    private static readonly Sql Rollback = new("rollback");
    private static readonly Sql Save = new("savepoint operation");
    private static readonly Sql Release = new("release operation");
    private static readonly Sql RollbackTo = new("rollback to operation");

    private readonly SqliteConnector _connector;
    private readonly ILogger _logger;
    private readonly object _gate = new();
    private readonly Queue<Operation> _waiting = [];
    private readonly List<Operation> _batch = [];
    private readonly List<Operation> _done = [];
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SqlSession? _session;
    private bool _closing;
    private bool _failing;

    public SqliteWriter(SqliteConnector connector, SqlSession session, ILogger logger)
    {
        (_connector, _session, _logger) = (connector, session, logger);
        new Thread(Work) { IsBackground = true, Name = "store writer" }.Start();
    }

    /// <summary>
    /// Executes the work in a transaction; it may run again after a failure of others. The task ends when the change is durable.
    /// </summary>
    public Task<T> RunAsync<T>(Func<SqlSession, T> work, CancellationToken cancellationToken)
    {
        var operation = new Operation<T>(work, cancellationToken);
        lock (_gate)
        {
            if (_closing) throw SqliteDatabase.Closed();
            _waiting.Enqueue(operation);
            if (_waiting.Count == 1) Monitor.Pulse(_gate);
        }

        return operation.Task;
    }

    /// <summary>Executes what waits, then ends.</summary>
    public Task StopAsync()
    {
        lock (_gate)
        {
            _closing = true;
            Monitor.Pulse(_gate);
        }

        return _stopped.Task;
    }

    private void Work()
    {
        while (Take())
        {
            try
            {
                _session ??= _connector.OpenWriter();
                if (_batch.Count == 1) ExecuteAlone(_session, _batch[0]);
                else ExecuteTogether(_session);
            }
            catch (Exception failure)
            {
                // Opening or rolling back failed: the thread must outlive whatever has become of the disk.
                CloseSession();
                foreach (var operation in _batch)
                {
                    if (!operation.HasEnded) Fail(operation, failure);
                }
            }
        }

        _session?.Dispose();
        _stopped.SetResult();
    }

    private bool Take()
    {
        _batch.Clear();
        lock (_gate)
        {
            while (_waiting.Count == 0)
            {
                if (_closing) return false;
                Monitor.Wait(_gate);
            }

            while (_batch.Count < LargestBatch && _waiting.TryDequeue(out var operation)) _batch.Add(operation);
        }

        return true;
    }

    private void ExecuteTogether(SqlSession session)
    {
        // A savepoint has every page copied that is changed after it: they are made only once something has failed.
        foreach (var apart in (ReadOnlySpan<bool>)[false, true])
        {
            try
            {
                session.Execute(Begin);
            }
            catch (Exception failure)
            {
                // Each alone would wait for the same lock.
                foreach (var operation in _batch) Fail(operation, failure);
                return;
            }

            if (TryExecuteAll(session, apart))
            {
                foreach (var operation in _done) Succeed(operation);
                return;
            }

            // The transaction is lost, and with it what had succeeded.
            if (SqliteConnector.InTransaction(session)) session.Execute(Rollback);
        }

        // Now each on its own account.
        foreach (var operation in _batch)
        {
            if (!operation.HasEnded) ExecuteAlone(_session ??= _connector.OpenWriter(), operation);
        }
    }

    private bool TryExecuteAll(SqlSession session, bool apart)
    {
        _done.Clear();
        try
        {
            foreach (var operation in _batch)
            {
                if (apart) session.Execute(Save);
                try
                {
                    operation.Execute(session);
                }
                catch (Exception failure)
                {
                    // A full or failing disk may have rolled back everything, or spoilt the connection.
                    if (!apart || !SqliteConnector.InTransaction(session) || (failure is SqliteException broken && SqliteFailure.WantsNewConnection(broken))) return false;
                    session.Execute(RollbackTo);
                    session.Execute(Release);
                    Fail(operation, failure);
                    continue;
                }

                if (apart) session.Execute(Release);
                _done.Add(operation);
            }

            session.Execute(Commit);
            return true;
        }
        catch (SqliteException)
        {
            return false;
        }
    }

    private void ExecuteAlone(SqlSession session, Operation operation)
    {
        try
        {
            session.Execute(Begin);
            operation.Execute(session);
            session.Execute(Commit);
        }
        catch (Exception failure)
        {
            try
            {
                if (SqliteConnector.InTransaction(session)) session.Execute(Rollback);
            }
            catch (SqliteException)
            {
                CloseSession();
            }

            Fail(operation, failure);
            return;
        }

        Succeed(operation);
    }

    private void Succeed(Operation operation)
    {
        if (_failing)
        {
            _failing = false;
            LogRecovered(_logger);
        }

        operation.Succeed();
    }

    private void Fail(Operation operation, Exception failure)
    {
        if (failure is SqliteException broken)
        {
            failure = SqliteFailure.ToRunException(broken);
            // A disk that is full fails each flush: one line says it.
            if (!_failing) LogFailed(_logger, failure.Message, broken);
            _failing = true;
            if (SqliteFailure.WantsNewConnection(broken)) CloseSession();
        }
        else if (failure is StoreException unusable)
        {
            failure = new RunException(new RunError(ErrorSide.Store, ErrorCause.Unavailable, unusable.Message), unusable);
        }

        operation.Fail(failure);
    }

    private void CloseSession()
    {
        _session?.Dispose();
        _session = null;
    }

    [LoggerMessage(1, LogLevel.Error, "The store cannot be written: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason, Exception failure);

    [LoggerMessage(2, LogLevel.Information, "The store can be written again.")]
    private static partial void LogRecovered(ILogger logger);

    private abstract class Operation
    {
        public bool HasEnded { get; protected set; }

        public abstract void Execute(SqlSession session);

        public abstract void Succeed();

        public abstract void Fail(Exception failure);
    }

    private sealed class Operation<T>(Func<SqlSession, T> work, CancellationToken cancellationToken) : Operation
    {
        private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T _result = default!;

        public Task<T> Task => _completion.Task;

        public override void Execute(SqlSession session)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _result = work(session);
        }

        public override void Succeed()
        {
            HasEnded = true;
            _completion.SetResult(_result);
        }

        public override void Fail(Exception failure)
        {
            HasEnded = true;
            if (failure is OperationCanceledException cancelled) _completion.SetCanceled(cancelled.CancellationToken);
            else _completion.SetException(failure);
        }
    }
}
