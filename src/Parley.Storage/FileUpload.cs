using Parley.Conversations;
using Parley.Storage.Sqlite;

namespace Parley.Storage;

/// <summary>A file that is being received. For one caller at a time. Dispose it.</summary>
public sealed class FileUpload : IAsyncDisposable
{
    private readonly FileStore _store;
    private readonly SqliteDatabase _database;
    private StoredFile _file;
    private long _chunks;
    private bool _completed;

    internal FileUpload(FileStore store, SqliteDatabase database, StoredFile file) => (_store, _database, _file) = (store, database, file);

    /// <summary>How many bytes have been received.</summary>
    public long Bytes => _file.Bytes;

    /// <summary>Receives the content, once, holding one piece of it at a time; false if there is more than <paramref name="most"/> bytes of it.</summary>
    public async Task<bool> WriteAsync(Stream content, long most, CancellationToken cancellationToken = default)
    {
        var buffer = new byte[FileRows.ChunkBytes];
        int length;
        do
        {
            length = await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            if (length == 0) break;
            if (_file.Bytes + length > most) return false;
            var chunk = length == buffer.Length ? buffer : buffer[..length];
            await _database.WriteAsync(Add, cancellationToken).ConfigureAwait(false);
            _file = _file with { Bytes = _file.Bytes + length };
            _chunks++;

            bool Add(SqlSession session)
            {
                FileRows.Add(session, _file, _chunks, chunk);
                return true;
            }
        }
        while (length == buffer.Length);

        return true;
    }

    /// <summary>The file is whole: from now on it can be found.</summary>
    /// <exception cref="InvalidOperationException">Nothing was received.</exception>
    public async Task<StoredFile> CompleteAsync(CancellationToken cancellationToken = default)
    {
        if (_chunks == 0) throw new InvalidOperationException("An empty file is not kept.");
        await _database.WriteAsync(
            session =>
            {
                FileRows.Complete(session, _file);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        _completed = true;
        return _file;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_completed || _chunks == 0) _store.End(_file.Id);
        else await _store.ForgetAsync(_file.Id).ConfigureAwait(false);
    }
}
