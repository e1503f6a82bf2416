namespace Parley.Workflows.PowerFx;

/// <summary>A formula, compiled once and evaluated as often as needed, by several threads too.</summary>
internal sealed class FxFormula
{
    private const int MaxLength = 64 * 1024;

    private readonly FxNode _root;

    private FxFormula(string text, FxNode root) => (Text, _root) = (text, root);

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>Compiles a formula, which is written here without the leading <c>=</c>.</summary>
    /// <exception cref="FxException">It cannot be read.</exception>
    public static FxFormula Parse(string text)
    {
        try
        {
            if (text.Length > MaxLength) throw new FxException($"a formula may have {MaxLength} characters", 0);
            var parser = new FxParser(text, 0);
            var root = parser.Expression();
            parser.ExpectEnd();
            return new FxFormula(text, root);
        }
        catch (FxException exception)
        {
            throw exception.In(text);
        }
    }

    /// <exception cref="FxException">It failed, or reached a limit.</exception>
    public FxValue Evaluate(FxScope scope)
    {
        try
        {
            return _root.Evaluate(new FxEvaluation(scope));
        }
        catch (FxException exception)
        {
            throw exception.In(Text);
        }
    }
}
