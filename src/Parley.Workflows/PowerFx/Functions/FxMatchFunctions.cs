using System.Text.RegularExpressions;

namespace Parley.Workflows.PowerFx;

/// <summary>Patterns. They are matched in time linear to the text, which rules out look-around and back references.</summary>
internal static class FxMatchFunctions
{
    public const string Complete = "f";
    public const string Contains = "c";
    public const string BeginsWith = "b";
    public const string EndsWith = "e";
    public const string IgnoreCase = "i";
    public const string Multiline = "m";
    public const string FreeSpacing = "x";
    public const string DotAll = "s";

    private const int MaxPatternLength = 2000;
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(1);

    public static FxFunction[] All { get; } =
    [
        new("IsMatch", 2, 3, a => FxBoolean.Of(Matched(a, Complete, (regex, text) => regex.IsMatch(text)))),
        new("Match", 2, 3, Match),
        new("MatchAll", 2, 3, MatchAll),
    ];

    private static FxValue Match(FxArguments a) => Matched<FxValue>(a, Contains, (regex, text) =>
    {
        SpendOnGroups(a, regex, text);
        return regex.Match(text) is { Success: true } match ? Row(a, regex, match) : FxBlank.Value;
    });

    private static FxTable MatchAll(FxArguments a) => Matched(a, Contains, (regex, text) =>
    {
        SpendOnGroups(a, regex, text);
        var rows = new List<FxRecord>();
        for (var match = regex.Match(text); match.Success; match = match.NextMatch())
        {
            // Each search is linear, and may have to look at all the rest of the text.
            a.Spend(10 + (text.Length - match.Index) / 256);
            rows.Add(Row(a, regex, match));
        }
        return a.NewTable(rows);
    });

    private static T Matched<T>(FxArguments a, string defaultOptions, Func<Regex, string, T> match)
    {
        var text = a.Text(0);
        var pattern = a.Text(1);
        var options = a.Text(2, "");
        if (options.IndexOfAny(['f', 'c', 'b', 'e']) < 0) options += defaultOptions;
        a.Spend(10 + text.Length / 16);
        try
        {
            var patterns = a.Evaluation.Patterns;
            if (!patterns.TryGetValue((pattern, options), out var regex))
            {
                a.Spend(2000);
                patterns.Add((pattern, options), regex = Compile(a, pattern, options));
            }
            return match(regex, text);
        }
        catch (RegexMatchTimeoutException)
        {
            throw new FxException("the pattern takes too long", a.At(1), isLimit: true);
        }
    }

    private static Regex Compile(FxArguments a, string pattern, string options)
    {
        if (pattern.Length > MaxPatternLength) throw a.ErrorAt(1, $"a pattern may have {MaxPatternLength} characters");
        var flags = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;
        if (options.Contains(IgnoreCase)) flags |= RegexOptions.IgnoreCase;
        if (options.Contains(Multiline)) flags |= RegexOptions.Multiline;
        if (options.Contains(DotAll)) flags |= RegexOptions.Singleline;
        if (options.Contains(FreeSpacing)) flags |= RegexOptions.IgnorePatternWhitespace;
        // The line end closes a comment at the end of a pattern with free spacing.
        var close = options.Contains(FreeSpacing) ? "\n)" : ")";
        var start = options.Contains(Complete) || options.Contains(BeginsWith) ? @"\A(?:" : "(?:";
        var end = options.Contains(Complete) || options.Contains(EndsWith) ? close + @"\z" : close;
        try
        {
            return new Regex(start + pattern + end, flags, TimeLimit);
        }
        catch (ArgumentException)
        {
            throw a.ErrorAt(1, "the pattern is not a regular expression");
        }
        catch (NotSupportedException)
        {
            throw a.ErrorAt(1, "the pattern is too large, or uses look-around or back references, which are not supported");
        }
    }

    /// <summary>To find out where groups matched takes far longer than to find that the whole did, and no time limit ends it.</summary>
    private static void SpendOnGroups(FxArguments a, Regex regex, string text) =>
        a.Spend((regex.GetGroupNumbers().Length - 1) * (long)text.Length / 2);

    private static FxRecord Row(FxArguments a, Regex regex, Match match)
    {
        a.AllowText((long)match.Groups.Count * match.Length);
        var named = new List<FxField>();
        var numbered = new List<FxValue>();
        foreach (var number in regex.GetGroupNumbers().Skip(1))
        {
            var group = match.Groups[number];
            FxValue value = group.Success ? new FxText(group.Value) : FxBlank.Value;
            var name = regex.GroupNameFromNumber(number);
            if (char.IsAsciiDigit(name[0])) numbered.Add(value);
            else named.Add(new FxField(name, value));
        }
        return new FxRecord(named.Concat(
        [
            new FxField("FullMatch", new FxText(match.Value)),
            new FxField("StartMatch", new FxNumber(match.Index + 1)),
            new FxField("SubMatches", FxTable.Of(numbered)),
        ]).DistinctBy(field => field.Name).ToValueList());
    }
}
