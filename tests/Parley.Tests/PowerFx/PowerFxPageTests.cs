using System.Text.RegularExpressions;
using Parley.Workflows.PowerFx;

namespace Parley.Tests.PowerFx;

/// <summary>The page docs/power-fx.md and the table of functions say the same.</summary>
public sealed partial class PowerFxPageTests
{
    public static TheoryData<string, string, string> Examples
    {
        get
        {
            var examples = new TheoryData<string, string, string>();
            foreach (Match row in Row().Matches(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "power-fx.md"))))
                examples.Add(row.Groups["name"].Value, row.Groups["example"].Value, row.Groups["result"].Value);
            return examples;
        }
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_gives_what_the_page_says(string function, string example, string result)
    {
        Assert.Contains($"{function}(", example, StringComparison.Ordinal);
        Assert.Equal(Formulas.Evaluated(result), Formulas.Evaluated(example));
    }

    [Fact]
    public void Every_function_is_on_the_page_once() =>
        Assert.Equal(
            FxFunctions.All.Keys.Order(StringComparer.Ordinal),
            Examples.Select(example => example.Data.Item1).Order(StringComparer.Ordinal));

    [GeneratedRegex(@"^\| `(?<name>\w+)\(.* \| `(?<example>.*)` \| `(?<result>.*)` \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
