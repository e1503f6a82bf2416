using Parley.Conversations;
using Parley.Runs;
using Parley.Storage.Sqlite;

namespace Parley.Storage;

/// <summary>The content of a file, from its beginning to its end, one piece in memory at a time. Only asynchronous: the provider of the database blocks.</summary>
internal sealed class FileContent(SqliteDatabase database, StoredFile file) : Stream
{
    private ReadOnlyMemory<byte> _rest;
    private long _read;
    private long _chunks;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => file.Bytes;

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_read == file.Bytes || buffer.IsEmpty) return 0;
        if (_rest.IsEmpty)
        {
            var number = _chunks++;
            _rest = await database.ReadAsync(session => FileRows.Chunk(session, file.Id, number), cancellationToken).ConfigureAwait(false)
                ?? throw new RunException(new RunError(ErrorSide.Store, ErrorCause.NotFound, $"The file '{file.Name}' was removed while it was read.", true));
        }

        var length = Math.Min(_rest.Length, buffer.Length);
        _rest[..length].CopyTo(buffer);
        _rest = _rest[length..];
        _read += length;
        return length;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read it asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
