using System.Text;
using Parley.Runs;

namespace Parley.Protocols.Text;

/// <summary>What an agent is told before the messages: its own standing instructions, then those of the request.</summary>
internal static class Instructions
{
    /// <summary>Both, the agent's with the values of the request's variables in them; empty if there are none.</summary>
    public static string Of(string own, ModelRequest request)
    {
        var filled = Fill(own, request.Variables);
        return string.IsNullOrEmpty(request.Instructions) ? filled : filled.Length == 0 ? request.Instructions : $"{filled}\n\n{request.Instructions}";
    }

    /// <summary>Puts the values of variables for <c>{{name}}</c>. A name without a value stays as it is.</summary>
    public static string Fill(string text, ValueList<KeyValuePair<string, string>> variables)
    {
        if (variables.Count == 0 || !text.Contains("{{", StringComparison.Ordinal)) return text;
        var filled = new StringBuilder(text.Length);
        var rest = text.AsSpan();
        while (true)
        {
            // One pass, so that a value with braces in it is not filled again.
            var open = rest.IndexOf("{{");
            var close = open < 0 ? -1 : rest[(open + 2)..].IndexOf("}}");
            if (close < 0) return filled.Append(rest).ToString();
            var name = rest.Slice(open + 2, close).Trim();
            var value = ValueOf(name, variables);
            if (value is null)
            {
                filled.Append(rest[..(open + 2)]);
                rest = rest[(open + 2)..];
                continue;
            }

            filled.Append(rest[..open]).Append(value);
            rest = rest[(open + close + 4)..];
        }
    }

    private static string? ValueOf(ReadOnlySpan<char> name, ValueList<KeyValuePair<string, string>> variables)
    {
        foreach (var (key, value) in variables)
            if (name.SequenceEqual(key)) return value;
        return null;
    }
}
