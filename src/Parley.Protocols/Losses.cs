using System.Numerics;
using System.Text;
using Parley.Runs;

namespace Parley.Protocols;

/// <summary>What is lost between a client and an agent, by name, as the formats of both declare it.</summary>
public static class Losses
{
    private static readonly string[] Words = [.. Enumerable.Range(0, BitOperations.PopCount((uint)RunFeatures.All)).Select(bit => WordOf(((RunFeatures)(1 << bit)).ToString()))];

    /// <summary>What clients of a dialect never get of an agent: what its peer's protocol has no word for, and what the dialect has none for.</summary>
    /// <param name="dialect">The client's protocol.</param>
    /// <param name="peer">The protocol in which the agent asks another server; null if it asks none.</param>
    /// <param name="isStreamed">Whether the client is answered by a stream.</param>
    public static RunFeatures OfPair(Protocol dialect, Protocol? peer, bool isStreamed = true)
    {
        var to = StreamFormat.Find(dialect);
        var lost = to is null ? RunFeatures.None : isStreamed ? to.CannotWrite : to.CannotWriteWhole ?? to.CannotWrite;
        if (peer is not { } named || StreamFormat.Find(named) is not { } from) return lost;
        return from.Own is null || from.Own == to?.Own ? (lost & ~from.OwnTells) | from.CannotRead : lost | from.CannotRead | RunFeatures.Opaque;
    }

    /// <summary>What a run had that its dialect has no word for. One without a wire, as on the terminal, loses nothing.</summary>
    public static RunFeatures OfRun(Run run, RunState state)
        => StreamFormat.Find(run.Dialect) is { } format ? FeaturesOfRun.Of(state, format.Own) & (format.CannotWrite | RunFeatures.Opaque) : RunFeatures.None;

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
