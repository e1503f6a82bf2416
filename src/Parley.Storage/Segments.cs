using System.Runtime.InteropServices;
using Parley.Runs;

namespace Parley.Storage;

/// <summary>The tables of logs and their stretches. A log is a chain from its last segment to its first.</summary>
internal static class Segments
{
    private static readonly Sql OpenLog = new("insert into logs (run, tail, ended_at) values (@run, 0, null)");
    private static readonly Sql CloseLog = new("update logs set ended_at = @at where run = @run");

    // The hottest statement of all, hundreds of times a commit. For a run that has ended or is gone there is no open log, and nothing
    // is inserted. A trigger makes the row the log's tail.
    private static readonly Sql InsertRow = new(
        """
        insert into segments (run, first, last, format, previous, data)
        select @run, @first, @last, @format, tail, @data from logs where run = @run and ended_at is null
        """);

    private static readonly Sql WalkBack = new(
        """
        with recursive log (id, first, last, previous) as (
          select s.id, s.first, s.last, s.previous from logs l join segments s on s.id = l.tail where l.run = @run
          union all
          select s.id, s.first, s.last, s.previous from log join segments s on s.id = log.previous where log.first > @from
        )
        select id, first, last from log
        """);

    private static readonly Sql FindRow = new("select format, data from segments where id = @id");
    private static readonly Sql FindTail = new("select tail from logs where run = @run");
    private static readonly Sql FindPrevious = new("select previous from segments where id = @id");
    private static readonly Sql DeleteRow = new("delete from segments where id = @id");
    private static readonly Sql MoveTail = new("update logs set tail = @tail where run = @run");
    private static readonly Sql DeleteLog = new("delete from logs where run = @run");
    private static readonly Sql OldLogs = new("select run from logs where ended_at < @before order by ended_at limit @take");

    /// <summary>When a log ends that does not expire by itself, but goes with its run.</summary>
    public static DateTimeOffset Never => DateTimeOffset.MaxValue;

    public static void Open(SqlSession session, Id run) => session.Execute(OpenLog, run.Value);

    public static void Close(SqlSession session, Id run, DateTimeOffset at) => session.Execute(CloseLog, at.UtcTicks, run.Value);

    public static void Write(SqlSession session, in RunSegment segment)
        => session.Execute(InsertRow, segment.Run.Value, segment.First, segment.Last, (long)segment.Format, ToArray(segment.Data));

    public static List<RunSegment> Read(SqlSession session, Id run, long from, int maxBytes)
    {
        var found = new List<RunSegment>();
        var bytes = 0L;
        foreach (var (id, first, last) in Find(session, run, from))
        {
            using var row = session.Query(FindRow, id);
            row.Read();
            var data = row.GetFieldValue<byte[]>(1);
            bytes += data.Length;
            if (found.Count > 0 && bytes > maxBytes) break;
            found.Add(new RunSegment(run, first, last, (int)row.GetInt64(0), data));
        }

        return found;
    }

    /// <summary>The runs whose logs ended before a time, oldest first.</summary>
    public static List<Id> Old(SqlSession session, DateTimeOffset before, int take)
        => session.All(OldLogs, row => new Id(row.GetInt64(0)), before.UtcTicks, (long)take);

    /// <summary>Removes segments from the end of a log, and the log when none is left; returns how many segments went: fewer than asked for only then.</summary>
    public static int Remove(SqlSession session, Id run, int take)
    {
        var tail = session.Number(FindTail, run.Value) ?? 0;
        var removed = 0;
        for (; removed < take && tail != 0; removed++)
        {
            var previous = session.Number(FindPrevious, tail) ?? 0;
            session.Execute(DeleteRow, tail);
            tail = previous;
        }

        if (removed < take) session.Execute(DeleteLog, run.Value);
        else session.Execute(MoveTail, tail, run.Value);
        return removed;
    }

    private static List<(long Id, long First, long Last)> Find(SqlSession session, Id run, long from)
    {
        var rows = session.All(WalkBack, row => (Id: row.GetInt64(0), First: row.GetInt64(1), Last: row.GetInt64(2)), run.Value, from);
        rows.Sort((one, other) => other.Id.CompareTo(one.Id));
        var found = new List<(long Id, long First, long Last)>();
        var covered = long.MaxValue;
        foreach (var row in rows)
        {
            // Written before by a commit that seemed to fail, and then again.
            if (row.First >= covered) continue;
            covered = row.First;
            if (row.Last >= from) found.Add(row);
        }

        found.Reverse();
        return found;
    }

    private static byte[] ToArray(ReadOnlyMemory<byte> data)
        => MemoryMarshal.TryGetArray(data, out var array) && array.Offset == 0 && array.Count == array.Array!.Length ? array.Array : data.ToArray();
}
