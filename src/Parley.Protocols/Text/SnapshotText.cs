using System.Text;

namespace Parley.Protocols.Text;

/// <summary>
/// A text whose end repeats it whole, as most peers' do. It tells what of the whole was not streamed yet, so that nothing is said twice,
/// and whether the whole is another text than the one streamed.
/// </summary>
public sealed class SnapshotText
{
    private readonly StringBuilder _streamed = new();

    /// <summary>True if nothing was streamed.</summary>
    public bool IsEmpty => _streamed.Length == 0;

    /// <summary>More was streamed.</summary>
    public void Add(string delta) => _streamed.Append(delta);

    /// <summary>
    /// The text is whole. <paramref name="rest"/> is what must still be streamed, empty if nothing. The answer is the whole text if
    /// it does not continue what was streamed, and null if it does.
    /// </summary>
    public string? Close(string whole, out string rest)
    {
        rest = "";
        if (!Precedes(whole)) return whole;
        rest = whole[_streamed.Length..];
        _streamed.Append(rest);
        return null;
    }

    // Ordinal: by culture "e" would be no beginning of "é" written as two code points.
    private bool Precedes(string whole)
    {
        if (_streamed.Length > whole.Length) return false;
        var rest = whole.AsSpan();
        foreach (var chunk in _streamed.GetChunks())
        {
            if (!rest.StartsWith(chunk.Span, StringComparison.Ordinal)) return false;
            rest = rest[chunk.Length..];
        }

        return true;
    }
}
