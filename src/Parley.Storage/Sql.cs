using System.Text.RegularExpressions;

namespace Parley.Storage;

/// <summary>
/// A statement of the SQL that SQLite 3.35 and PostgreSQL share. Its parameters are <c>@name</c>s; values are given in the order in which
/// the names first occur.
/// </summary>
internal sealed partial class Sql(string text)
{
    public string Text { get; } = text;

    public IReadOnlyList<string> Parameters { get; } = [.. ParameterPattern().Matches(text).Select(match => match.Value).Distinct()];

    [GeneratedRegex("@[a-z_]+")]
    private static partial Regex ParameterPattern();
}
