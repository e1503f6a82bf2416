namespace Parley.Storage;

/// <summary>
/// A statement of the SQL that SQLite 3.35 and PostgreSQL share. Its parameters are <c>@name</c>s; values are given in the order in which
/// the names first occur.
/// </summary>
internal sealed class Sql(string text)
{
    public string Text { get; } = text;

    public IReadOnlyList<string> Parameters { get; } = FindParameters(text);

    // By hand: a regular expression would be the only one in the process, and cost more than all else at the start.
    private static List<string> FindParameters(string text)
    {
        var found = new List<string>();
        for (var at = text.IndexOf('@', StringComparison.Ordinal); at >= 0; at = text.IndexOf('@', at + 1))
        {
            var end = at + 1;
            while (end < text.Length && (char.IsAsciiLetterLower(text[end]) || text[end] == '_')) end++;
            var name = text[at..end];
            if (!found.Contains(name)) found.Add(name);
        }

        return found;
    }
}
