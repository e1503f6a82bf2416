using System.Text;

namespace Parley.AspNetCore.Configuration.Yaml;

/// <summary>Replaces <c>${env:NAME}</c> in texts, so that secrets need not stand in files.</summary>
internal static class Variables
{
    private const string Opening = "${env:";

    /// <summary>The text with its variables filled in. What they hold is not looked into again.</summary>
    public static string Fill(string text, Func<string, string?> find, Func<string, Exception> unset)
    {
        var opening = text.IndexOf(Opening, StringComparison.Ordinal);
        if (opening < 0) return text;
        var filled = new StringBuilder(text.Length);
        var from = 0;
        for (; opening >= 0; opening = text.IndexOf(Opening, from, StringComparison.Ordinal))
        {
            var start = opening + Opening.Length;
            var end = text.IndexOf('}', start);
            if (end < 0) break;
            var name = text[start..end];
            filled.Append(text, from, opening - from).Append(find(name) ?? throw unset(name));
            from = end + 1;
        }

        return filled.Append(text, from, text.Length - from).ToString();
    }
}
