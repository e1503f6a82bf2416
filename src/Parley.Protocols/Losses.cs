using System.Numerics;
using System.Text;
using Parley.Runs;

namespace Parley.Protocols;

/// <summary>What is lost between a client and an agent, by name, as the formats of both declare it.</summary>
public static class Losses
{
    private static readonly string[] Words = [.. Enumerable.Range(0, BitOperations.PopCount((uint)RunFeatures.All)).Select(bit => WordOf(((RunFeatures)(1 << bit)).ToString()))];

    /// <summary>What clients of a dialect never get of an agent: what its peer's protocol has no word for, null for an agent that asks nobody, and what the dialect has none for.</summary>
    public static RunFeatures OfPair(Protocol dialect, Protocol? peer)
    {
        var (to, from) = (StreamFormat.Of(dialect), peer is { } named ? StreamFormat.Of(named) : null);
        var lost = to.CannotWrite | (from?.CannotRead ?? RunFeatures.None);
        return from is null || from.Own == to.Own ? lost : lost | RunFeatures.Opaque;
    }

    /// <summary>What a run had that its dialect has no word for, whether its client asked for it or not.</summary>
    public static RunFeatures OfRun(Run run, RunState state)
    {
        var format = StreamFormat.Of(run.Dialect);
        return FeaturesOfRun.Of(state, format.Own) & (format.CannotWrite | RunFeatures.Opaque);
    }

    /// <summary>The words for features, in the order of the list, such as <c>reasoning-summary</c>.</summary>
    public static IEnumerable<string> NamesOf(RunFeatures features)
    {
        for (var bit = 0; bit < Words.Length; bit++)
            if (features.HasFlag((RunFeatures)(1 << bit))) yield return Words[bit];
    }

    private static string WordOf(string name)
    {
        var word = new StringBuilder();
        foreach (var letter in name)
        {
            if (char.IsAsciiLetterUpper(letter) && word.Length > 0) word.Append('-');
            word.Append(char.ToLowerInvariant(letter));
        }

        return word.ToString();
    }
}
