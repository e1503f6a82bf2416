using System.Data.Common;
using System.Runtime.InteropServices;
using Parley.Runs;

namespace Parley.Storage;

/// <summary>The table of the stretches of logs.</summary>
internal static class Segments
{
    // The hottest statement of all, hundreds of times a commit. One for a run that has ended or is gone is passed over; one that
    // was written before, by a commit which seemed to fail, is replaced.
    private static readonly Sql InsertRow = new(
        """
        insert into segments (run, first, last, format, data)
        select @run, @first, @last, @format, @data where exists (select 1 from runs where id = @run and status < 2)
        on conflict (run, first) do update set last = excluded.last, format = excluded.format, data = excluded.data
        """);

    private static readonly Sql ReadRows = new(
        """
        select first, last, format, data from segments
        where run = @run and first >= coalesce((select max(first) from segments where run = @run and first <= @from), 0) and last >= @from order by first
        """);

    private static readonly Sql DeleteRows = new("delete from segments where run = @run");
    private static readonly Sql DeleteSomeRows = new("delete from segments where id in (select id from segments where run = @run limit @take)");

    /// <summary>False if it was passed over.</summary>
    public static bool Write(SqlSession session, in RunSegment segment)
        => session.Execute(InsertRow, segment.Run.Value, segment.First, segment.Last, (long)segment.Format, ToArray(segment.Data)) > 0;

    public static List<RunSegment> Read(SqlSession session, Id run, long from, int maxBytes)
    {
        var found = new List<RunSegment>();
        var bytes = 0L;
        using var rows = session.Query(ReadRows, run.Value, from);
        while ((found.Count == 0 || bytes < maxBytes) && rows.Read())
        {
            var segment = Read(rows, run);
            if (found.Count > 0 && bytes + segment.Data.Length > maxBytes) break;
            bytes += segment.Data.Length;
            found.Add(segment);
        }

        return found;
    }

    public static int Remove(SqlSession session, Id run) => session.Execute(DeleteRows, run.Value);

    public static int RemoveSome(SqlSession session, Id run, int take) => session.Execute(DeleteSomeRows, run.Value, (long)take);

    private static RunSegment Read(DbDataReader row, Id run) => new(run, row.GetInt64(0), row.GetInt64(1), (int)row.GetInt64(2), row.GetFieldValue<byte[]>(3));

    private static byte[] ToArray(ReadOnlyMemory<byte> data)
        => MemoryMarshal.TryGetArray(data, out var array) && array.Offset == 0 && array.Count == array.Array!.Length ? array.Array : data.ToArray();
}
