namespace Parley.Storage;

/// <summary>A stretch of a path that lies in one branch.</summary>
/// <param name="Branch">The branch.</param>
/// <param name="First">The position of its first message on the path.</param>
/// <param name="Last">The position of its last message on the path.</param>
internal readonly record struct Piece(long Branch, long First, long Last);

/// <summary>The path from a place to the root: a short list of pieces, one a branch.</summary>
internal static class TreePath
{
    private static readonly Sql FindBranch = new("select parent, fork from branches where id = @id");

    /// <summary>The pieces from the place upwards, found as they are asked for.</summary>
    public static IEnumerable<Piece> Climb(SqlSession session, Place tip)
    {
        var (branch, last) = (tip.Branch, tip.Position);
        while (branch != 0)
        {
            var (parent, fork) = Find(session, branch);
            yield return new Piece(branch, fork + 1, last);
            (branch, last) = (parent, fork);
        }
    }

    /// <summary>Whether a place lies on the path that ends at another.</summary>
    public static bool Holds(SqlSession session, Place tip, Place place)
    {
        foreach (var piece in Climb(session, tip))
        {
            if (piece.Branch == place.Branch) return place.Position <= piece.Last;
            if (piece.First <= place.Position) return false;
        }

        return false;
    }

    private static (long Parent, long Fork) Find(SqlSession session, long branch)
    {
        using var row = session.Query(FindBranch, branch);
        // A branch without a row would be damage; the path then ends, as it does where messages have expired.
        return row.Read() ? (row.GetInt64(0), row.GetInt64(1)) : (0, 0);
    }
}
