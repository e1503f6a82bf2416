using System.Collections.Concurrent;
using Parley.Conversations;
using Parley.Runs;
using Parley.Storage.Sqlite;

namespace Parley.Storage;

/// <summary>
/// The files that clients upload, in pieces in the database. What belongs to another owner is reported as absent. Failures of the store
/// are <see cref="RunException"/>s.
/// </summary>
public sealed class FileStore(SqliteDatabase database, IdSource ids, TimeProvider time)
{
    private readonly ConcurrentDictionary<Id, bool> _underWay = new();

    /// <summary>Begins to receive a file. Nobody sees it before <see cref="FileUpload.CompleteAsync"/>; disposed without that, nothing of it stays.</summary>
    /// <param name="owner">Whose it is.</param>
    /// <param name="name">What it is called, without a path.</param>
    /// <param name="mediaType">Such as <c>image/png</c>.</param>
    public FileUpload Begin(string owner, string name, string mediaType)
    {
        var file = new StoredFile(ids.Next(), owner, name, mediaType, 0, time.GetUtcNow());
        _underWay[file.Id] = true;
        return new FileUpload(this, database, file);
    }

    /// <summary>What is known of a file; null if it is absent.</summary>
    public Task<StoredFile?> FindAsync(string owner, Id file, CancellationToken cancellationToken = default)
        => database.ReadAsync(session => FileRows.Find(session, owner, file), cancellationToken);

    /// <summary>A file with its content, which is read piece by piece; null if it is absent.</summary>
    public async ValueTask<OpenedFile?> OpenAsync(string owner, Id file, CancellationToken cancellationToken = default)
        => await FindAsync(owner, file, cancellationToken).ConfigureAwait(false) is { } found ? new OpenedFile(found, new FileContent(database, found)) : null;

    /// <summary>
    /// Removes files from before a time, and what uploads that broke off have left, a bounded amount a step; returns how many rows went,
    /// zero when nothing is left to do.
    /// </summary>
    public async Task<int> SweepAsync(DateTimeOffset before, CancellationToken cancellationToken = default)
        => await database.WriteAsync(
            session =>
            {
                var cleared = FileRows.Clear(session, FileRows.ListIncomplete(session).Where(IsAbandoned));
                return cleared > 0 ? cleared : FileRows.Expire(session, before);
            },
            cancellationToken).ConfigureAwait(false);

    // An upload that came to nothing. Where even that fails, as on a full disk, the sweep does it later.
    internal async ValueTask ForgetAsync(Id file)
    {
        try
        {
            while (await database.WriteAsync(session => FileRows.Clear(session, [file]), CancellationToken.None).ConfigureAwait(false) > 0)
            {
                // Step by step, so that others can write in between.
            }
        }
        catch (RunException)
        {
            // The writer has logged it.
        }

        End(file);
    }

    internal void End(Id file) => _underWay.TryRemove(file, out _);

    private bool IsAbandoned(Id file) => !_underWay.ContainsKey(file) && !database.IsOfAnotherProcess(file);
}
