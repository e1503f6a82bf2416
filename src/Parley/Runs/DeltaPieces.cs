namespace Parley.Runs;

/// <summary>
/// Cuts a long delta into events of a size that a slow reader can hold: whatever the log gives it is in memory until it is sent.
/// </summary>
internal static class DeltaPieces
{
    /// <summary>So many characters at most; a multiple of four, so that pieces of base64 are base64 too.</summary>
    public const int Longest = 4096;

    public static IEnumerable<PartDelta> Of(PartDelta delta)
    {
        var text = delta.Text;
        for (var at = 0; text.Length - at > Longest;)
        {
            // A surrogate pair stays together.
            var length = char.IsHighSurrogate(text[at + Longest - 1]) ? Longest - 1 : Longest;
            yield return new PartDelta(delta.Item, delta.Part, text.Substring(at, length));
            at += length;
            if (text.Length - at <= Longest) delta = delta with { Text = text[at..] };
        }

        yield return delta;
    }
}
