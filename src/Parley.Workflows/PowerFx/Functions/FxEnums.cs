namespace Parley.Workflows.PowerFx;

/// <summary>The named options of functions. Each is a text, so that options are combined with <c>&amp;</c>.</summary>
internal static class FxEnums
{
    private static readonly string[] TimeUnits = ["Milliseconds", "Seconds", "Minutes", "Hours", "Days", "Months", "Quarters", "Years"];

    private static readonly Dictionary<string, Dictionary<string, string>> Sets = new()
    {
        ["TimeUnit"] = TimeUnits.ToDictionary(unit => unit),
        ["SortOrder"] = new() { ["Ascending"] = "Ascending", ["Descending"] = "Descending" },
        ["JSONFormat"] = new()
        {
            ["Compact"] = "",
            ["IndentFour"] = "4",
            ["FlattenValueTables"] = "V",
            ["IgnoreBinaryData"] = "",
            ["IgnoreUnsupportedTypes"] = "",
            ["IncludeBinaryData"] = "",
        },
        ["DateTimeFormat"] = new[]
        {
            "ShortDate", "LongDate", "ShortTime", "LongTime", "ShortTime24", "LongTime24", "ShortDateTime", "LongDateTime", "ShortDateTime24",
            "LongDateTime24", "UTC",
        }.ToDictionary(name => name),
        ["MatchOptions"] = new()
        {
            ["Complete"] = FxMatchFunctions.Complete,
            ["Contains"] = FxMatchFunctions.Contains,
            ["BeginsWith"] = FxMatchFunctions.BeginsWith,
            ["EndsWith"] = FxMatchFunctions.EndsWith,
            ["IgnoreCase"] = FxMatchFunctions.IgnoreCase,
            ["Multiline"] = FxMatchFunctions.Multiline,
            ["FreeSpacing"] = FxMatchFunctions.FreeSpacing,
            ["DotAll"] = FxMatchFunctions.DotAll,
            ["NumberedSubMatches"] = "",
        },
        ["Match"] = new()
        {
            ["Any"] = ".",
            ["Comma"] = ",",
            ["Digit"] = @"\d",
            ["Email"] = @"[^\s@]+@[^\s@]+\.[^\s@.]{2,}",
            ["Hyphen"] = "-",
            ["LeftParen"] = @"\(",
            ["Letter"] = @"\p{L}",
            ["MultipleDigits"] = @"\d+",
            ["MultipleLetters"] = @"\p{L}+",
            ["MultipleNonSpaces"] = @"\S+",
            ["MultipleSpaces"] = @"\s+",
            ["NonSpace"] = @"\S",
            ["OptionalDigits"] = @"\d*",
            ["OptionalLetters"] = @"\p{L}*",
            ["OptionalNonSpaces"] = @"\S*",
            ["OptionalSpaces"] = @"\s*",
            ["Period"] = @"\.",
            ["RightParen"] = @"\)",
            ["Space"] = @"\s",
            ["Tab"] = @"\t",
        },
    };

    /// <summary>The option, or null when the set is unknown or has none of this name.</summary>
    public static FxText? Find(string set, string name) =>
        Sets.TryGetValue(set, out var options) && options.TryGetValue(name, out var value) ? new FxText(value) : null;
}
