using Parley.Workflows.PowerFx;

namespace Parley.Workflows.Engine;

/// <summary>Where a value is put: a scope, a variable, and perhaps members within it.</summary>
internal sealed record VariablePath(string Scope, ValueList<string> Members)
{
    /// <summary>Nowhere.</summary>
    public static VariablePath None { get; } = new("", default);

    /// <summary>Reads <c>Local.Name</c>, also with <c>init:</c> before it, and with quotes around names that are no words.</summary>
    public static bool TryParse(string text, out VariablePath path, out string why)
    {
        path = None;
        text = text.Trim();
        if (text.StartsWith('=')) text = text[1..].Trim();
        if (text.StartsWith("init:", StringComparison.Ordinal)) text = text[5..];
        var names = new List<string>();
        var at = 0;
        while (at < text.Length)
        {
            if (text[at] == '\'')
            {
                var end = text.IndexOf('\'', at + 1);
                if (end < 0) break;
                names.Add(text[(at + 1)..end]);
                at = end + 1;
            }
            else
            {
                var end = at;
                while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] is '_' or '-')) end++;
                if (end == at) break;
                names.Add(text[at..end]);
                at = end;
            }

            if (at < text.Length && text[at] == '.') at++;
            else break;
        }

        if (at < text.Length || names.Count == 0 || text.EndsWith('.'))
        {
            why = $"must be the place of a variable, such as Local.Name, not \"{text}\"";
            return false;
        }

        var scope = ScopeOf(names[0]);
        (path, why) = (new VariablePath(scope ?? "", names.Skip(1).ToValueList()), "");
        if (scope is null) why = $"the scope {names[0]} is unknown; there are Local, Topic, Global, System and Env";
        else if (scope is "System" or "Env") why = $"{names[0]} cannot be written to";
        else if (path.Members.Count > FxRecord.MaxDepth) why = $"has {path.Members.Count} names; records may be {FxRecord.MaxDepth} deep inside one another";
        else if (names.Count < 2) why = $"must name a variable, such as {names[0]}.Name";
        return why.Length == 0;
    }

    /// <summary>The scope that a name means; null if there is none. Topic is an older word for Local.</summary>
    public static string? ScopeOf(string name) => name switch
    {
        "Local" or "Topic" => "Local",
        "Global" => "Global",
        "System" => "System",
        "Env" => "Env",
        _ => null,
    };

    /// <inheritdoc/>
    public override string ToString() => string.Join('.', Members.Prepend(Scope));
}
