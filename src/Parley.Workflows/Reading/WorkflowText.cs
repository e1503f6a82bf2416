using System.Text;

namespace Parley.Workflows.Reading;

/// <summary>
/// Makes YAML of a workflow as it is really written. Formulas, and texts with formulas in braces, stand there as plain values which YAML takes for
/// something else, or refuses: <c>value: =[{id: 3}]</c>, <c>activity: {Local.X}</c>, <c>prompt: Name: {Local.X}</c>. They are quoted; lines keep their numbers.
/// </summary>
internal static class WorkflowText
{
    public static string ToYaml(string text)
    {
        if (text.StartsWith('\uFEFF')) text = text[1..];
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i];
            if (!TrySplit(line, out var indent, out var at)) continue;
            var value = line[at..].Trim();
            if (value.Length == 0) continue;
            if (IsBlock(value))
            {
                // What stands below is text as it is.
                while (i + 1 < lines.Length && (lines[i + 1].Trim().Length == 0 || IndentOf(lines[i + 1]) > indent)) i++;
                continue;
            }

            if (value.StartsWith('='))
            {
                var whole = new StringBuilder(WithoutComment(value));

                // A plain value goes on in deeper lines.
                while (i + 1 < lines.Length && lines[i + 1].Trim().Length > 0 && IndentOf(lines[i + 1]) > indent)
                {
                    whole.Append('\n').Append(WithoutComment(lines[i + 1].Trim()));
                    lines[++i] = "";
                }

                var first = i - whole.ToString().AsSpan().Count('\n');
                lines[first] = line[..at] + Quote(whole.ToString());
            }
            else if (IsTemplate(value))
            {
                lines[i] = line[..at] + Quote(WithoutComment(value));
            }
        }

        return string.Join('\n', lines);
    }

    // Where the value of "key: value", "- key: value" or "- value" begins. The indent is that of the key, as deeper lines belong to it.
    private static bool TrySplit(string line, out int indent, out int at)
    {
        indent = IndentOf(line);
        at = 0;
        var start = indent;
        while (start + 1 < line.Length && line[start] == '-' && line[start + 1] == ' ')
        {
            start += 2;
            while (start < line.Length && line[start] == ' ') start++;
        }

        if (start >= line.Length || line[start] == '#') return false;
        var hasDash = start > indent;
        var end = start;
        while (end < line.Length && (char.IsLetterOrDigit(line[end]) || line[end] is '_' or '-' or '.')) end++;
        if (end > start && end + 1 < line.Length && line[end] == ':' && line[end + 1] == ' ')
        {
            (at, indent) = (end + 2, hasDash ? start : indent);
            while (at < line.Length && line[at] == ' ') at++;
            return at < line.Length;
        }

        at = start;
        return hasDash && line[start] is '=' or '{';
    }

    private static bool IsBlock(string value) => value.Length > 0 && value[0] is '|' or '>' && value.AsSpan(1).TrimEnd().IndexOfAnyExcept("+-0123456789") < 0;

    // {Local.X} and what follows it; not {kind: Message} nor {}. A plain text with ": " in it is no YAML either.
    private static bool IsTemplate(string value)
    {
        if (value[0] is '"' or '\'' or '[' or '|' or '>' or '&' or '*' or '#' or '!') return false;
        if (value[0] != '{') return value.Contains(": ", StringComparison.Ordinal) && value.Contains('{', StringComparison.Ordinal);
        var key = value[1..].TrimStart();
        if (key.StartsWith('}')) return false;
        var quoted = key.Length > 0 && key[0] is '"' or '\'';
        var name = 0;
        if (quoted)
        {
            name = key.IndexOf(key[0], 1) + 1;
            if (name <= 0) return true;
        }
        else
        {
            while (name < key.Length && (char.IsLetterOrDigit(key[name]) || key[name] is '_' or '-')) name++;
        }

        return name == 0 || !key[name..].TrimStart().StartsWith(':');
    }

    // "#" begins a comment after a space, but not within a text.
    private static string WithoutComment(string value)
    {
        var quote = '\0';
        for (var i = 0; i < value.Length; i++)
        {
            if (quote != '\0') quote = value[i] == quote ? '\0' : quote;
            else if (value[i] is '"') quote = value[i];
            else if (value[i] == '#' && i > 0 && value[i - 1] == ' ') return value[..i].TrimEnd();
        }

        return value;
    }

    private static string Quote(string value)
        => "\"" + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal) + "\"";

    private static int IndentOf(string line)
    {
        var indent = 0;
        while (indent < line.Length && line[indent] == ' ') indent++;
        return indent;
    }
}
