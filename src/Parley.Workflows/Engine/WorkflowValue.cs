using Parley.Workflows.PowerFx;

namespace Parley.Workflows.Engine;

/// <summary>The value of a property: a literal, a formula, or a formula that cannot be read and fails where it is reached.</summary>
internal sealed class WorkflowValue
{
    private readonly FxValue? _literal;
    private readonly FxFormula? _formula;
    private readonly FxException? _broken;

    public WorkflowValue(FxValue literal) => _literal = literal;

    public WorkflowValue(FxFormula formula) => _formula = formula;

    public WorkflowValue(FxException broken) => _broken = broken;

    public static WorkflowValue Blank { get; } = new(FxBlank.Value);

    /// <exception cref="FxException">The formula cannot be read, or fails.</exception>
    public FxValue Evaluate(FxScope scope) => _literal ?? _formula?.Evaluate(scope) ?? throw _broken!;
}

/// <summary>A text with formulas in it, or a formula whose value is shown as text, or lines of such.</summary>
internal sealed class WorkflowTemplate
{
    private readonly FxTemplate? _template;
    private readonly WorkflowValue? _value;
    private readonly WorkflowTemplate[] _lines = [];

    public WorkflowTemplate(FxTemplate template) => _template = template;

    public WorkflowTemplate(WorkflowValue value) => _value = value;

    public WorkflowTemplate(WorkflowTemplate[] lines) => _lines = lines;

    public static WorkflowTemplate Empty { get; } = new([]);

    /// <exception cref="FxException">A formula cannot be read, or fails.</exception>
    public string Render(FxScope scope)
        => _template?.Render(scope) ?? (_value is not null ? FxFormat.Template(_value.Evaluate(scope)) : string.Join('\n', _lines.Select(line => line.Render(scope))));
}
