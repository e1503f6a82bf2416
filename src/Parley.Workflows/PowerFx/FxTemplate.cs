using System.Text;

namespace Parley.Workflows.PowerFx;

/// <summary>Text with formulas in braces: <c>Hello {Local.Name}</c>. Doubled braces and an empty pair are text.</summary>
internal sealed class FxTemplate
{
    private readonly FxNode[] _parts;

    private FxTemplate(string text, FxNode[] parts) => (Text, _parts) = (text, parts);

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>Compiles a template.</summary>
    /// <exception cref="FxException">A formula in it cannot be read; the place is that in the template.</exception>
    public static FxTemplate Parse(string text)
    {
        try
        {
            return new FxTemplate(text, Parts(text));
        }
        catch (FxException exception)
        {
            throw exception.In(text);
        }
    }

    /// <exception cref="FxException">A formula failed, or a limit was reached.</exception>
    public string Render(FxScope scope)
    {
        if (_parts is [FxLiteral { Value: FxText whole }]) return whole.Value;
        var evaluation = new FxEvaluation(scope);
        var text = new StringBuilder();
        try
        {
            foreach (var part in _parts)
            {
                var value = part.Evaluate(evaluation);
                FxEvaluation.AllowText(value.Weight / 2, part.Position);
                var shown = FxFormat.Template(value);
                FxEvaluation.AllowText(text.Length + (long)shown.Length, part.Position);
                evaluation.Spend(shown.Length / 64, part.Position);
                text.Append(shown);
            }
        }
        catch (FxException exception)
        {
            throw exception.In(Text);
        }
        return text.ToString();
    }

    private static FxNode[] Parts(string text)
    {
        var parts = new List<FxNode>();
        var literal = new StringBuilder();
        for (var at = 0; at < text.Length;)
        {
            var next = at + 1 < text.Length ? text[at + 1] : '\0';
            if (text[at] is '{' or '}' && next == text[at])
            {
                literal.Append(text[at]);
                at += 2;
            }
            else if (text[at] == '{' && next != '}')
            {
                AddLiteral();
                var parser = new FxParser(text, at + 1);
                parts.Add(parser.Expression());
                at = parser.ExpectClosingBrace();
            }
            else literal.Append(text[at++]);
        }
        AddLiteral();
        return [.. parts];

        void AddLiteral()
        {
            if (literal.Length > 0) parts.Add(new FxLiteral(new FxText(literal.ToString()), 0));
            literal.Clear();
        }
    }
}
