namespace Parley.Protocols.Text;

/// <summary>
/// A text whose end repeats it whole, as most peers' do. It tells what of the whole was not streamed yet, so that nothing is said twice,
/// and whether the whole is another text than the one streamed.
/// </summary>
public sealed class SnapshotText
{
    // The pieces themselves, which the events hold anyway: a copy would cost as much again.
    private readonly List<string> _pieces = [];
    private int _length;

    /// <summary>Nothing was streamed yet.</summary>
    public bool IsEmpty => _length == 0;

    /// <summary>More was streamed.</summary>
    public void Add(string delta)
    {
        _pieces.Add(delta);
        _length += delta.Length;
    }

    /// <summary>
    /// The text as it is by now, at its end or before. <paramref name="rest"/> is what must still be streamed, empty if nothing. The answer is that text
    /// if it does not continue what was streamed, and null if it does.
    /// </summary>
    public string? Close(ReadOnlySpan<char> whole, out string rest)
    {
        rest = "";
        if (!Precedes(whole)) return whole.ToString();
        rest = whole[_length..].ToString();
        if (rest.Length > 0) Add(rest);
        return null;
    }

    // Ordinal: by culture "e" would be no beginning of "é" written as two code points.
    private bool Precedes(ReadOnlySpan<char> whole)
    {
        if (_length > whole.Length) return false;
        var rest = whole;
        foreach (var piece in _pieces)
        {
            if (!rest.StartsWith(piece, StringComparison.Ordinal)) return false;
            rest = rest[piece.Length..];
        }

        return true;
    }
}
