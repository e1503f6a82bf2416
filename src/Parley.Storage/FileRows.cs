using System.Data.Common;
using Parley.Conversations;

namespace Parley.Storage;

/// <summary>The tables of files and their contents.</summary>
internal static class FileRows
{
    /// <summary>The size of a piece of a file's content. Each is a write of its own, so that others can write between them.</summary>
    public const int ChunkBytes = 512 * 1024;

    /// <summary>What a step of removing may cost, in bytes: some milliseconds of the one writer's time.</summary>
    private const long StepCost = 8 * 1024 * 1024;

    /// <summary>What a row costs beside its bytes: a step removes at most 256 of them.</summary>
    private const long RowCost = 32 * 1024;

    private static readonly Sql InsertRow = new(
        "insert into files (id, owner, name, media_type, bytes, complete, created_at) values (@id, @owner, @name, @type, 0, 0, @created)");

    private static readonly Sql InsertChunk = new("insert into file_chunks (file, number, data) values (@file, @number, @data)");
    private static readonly Sql CompleteRow = new("update files set complete = 1, bytes = @bytes where id = @id");
    private static readonly Sql FindRow = new("select id, owner, name, media_type, bytes, created_at from files where id = @id and owner = @owner and complete = 1");
    private static readonly Sql FindChunk = new("select data from file_chunks where file = @file and number = @number");
    private static readonly Sql ListIncompleteRows = new("select id from files where complete = 0 order by id");
    private static readonly Sql FirstChunk = new("select number, length(data) from file_chunks where file = @file order by number limit 1");
    private static readonly Sql DeleteChunk = new("delete from file_chunks where file = @file and number = @number");
    private static readonly Sql DeleteRow = new("delete from files where id = @id");

    private static readonly Sql ExpireRows = new(
        "update files set complete = 0 where id in (select id from files where complete = 1 and created_at < @before order by created_at limit 100)");

    /// <summary>Adds a piece; with the first one the file, which nobody sees yet.</summary>
    public static void Add(SqlSession session, StoredFile file, long number, byte[] chunk)
    {
        if (number == 0) session.Execute(InsertRow, file.Id.Value, file.Owner, file.Name, file.MediaType, file.CreatedAt.UtcTicks);
        session.Execute(InsertChunk, file.Id.Value, number, chunk);
    }

    /// <summary>Lets the file be seen.</summary>
    public static void Complete(SqlSession session, StoredFile file) => session.Execute(CompleteRow, file.Bytes, file.Id.Value);

    public static StoredFile? Find(SqlSession session, string owner, Id file) => session.One(FindRow, Read, file.Value, owner);

    /// <summary>A piece of a content; null if it is gone.</summary>
    public static byte[]? Chunk(SqlSession session, Id file, long number)
        => session.One(FindChunk, row => row.GetFieldValue<byte[]>(0), file.Value, number);

    public static List<Id> ListIncomplete(SqlSession session) => session.All(ListIncompleteRows, row => new Id(row.GetInt64(0)));

    /// <summary>Takes old files out of sight; returns how many.</summary>
    public static int Expire(SqlSession session, DateTimeOffset before) => session.Execute(ExpireRows, before.UtcTicks);

    /// <summary>Removes files of which nobody knows, as many as one step may; returns how many rows went, zero if none was left.</summary>
    public static int Clear(SqlSession session, IEnumerable<Id> files)
    {
        var removed = 0;
        var left = StepCost;
        foreach (var file in files)
        {
            while (left > 0 && First(session, file) is var (number, length))
            {
                session.Execute(DeleteChunk, file.Value, number);
                removed++;
                left -= length + RowCost;
            }

            if (left <= 0) break;
            removed += session.Execute(DeleteRow, file.Value);
            left -= RowCost;
        }

        return removed;
    }

    private static (long Number, long Length)? First(SqlSession session, Id file)
    {
        using var row = session.Query(FirstChunk, file.Value);
        return row.Read() ? (row.GetInt64(0), row.GetInt64(1)) : null;
    }

    private static StoredFile Read(DbDataReader row) => new(
        new Id(row.GetInt64(0)), row.GetString(1), row.GetString(2), row.GetString(3), row.GetInt64(4), new DateTimeOffset(row.GetInt64(5), TimeSpan.Zero));
}
