using System.Text.RegularExpressions;

namespace Parley.Workflows.PowerFx;

/// <summary>One evaluation of a formula: the rows it is in, and what it has used of its limits.</summary>
internal sealed class FxEvaluation(FxScope scope)
{
    private const int StepsBetweenLooks = 1024;

    private int _steps;
    private int _nextLook = StepsBetweenLooks;
    private Dictionary<(string, string), Regex>? _patterns;

    public FxScope Scope => scope;

    /// <summary>Patterns that were compiled, by pattern and options: in a loop it is mostly the same one.</summary>
    public Dictionary<(string Pattern, string Options), Regex> Patterns => _patterns ??= [];

    /// <summary>The innermost row whose columns are names, or null outside of all.</summary>
    public FxFrame? Frame { get; set; }

    /// <summary>Counts work, so that no formula goes on for ever.</summary>
    public void Spend(long steps, int position)
    {
        var spent = _steps + steps;
        if (spent > FxScope.MaxSteps) throw new FxException($"the formula takes more than {FxScope.MaxSteps} steps", position, isLimit: true);
        _steps = (int)spent;
        if (_steps < _nextLook) return;
        _nextLook = _steps + StepsBetweenLooks;
        scope.CancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Refuses a text of this length before it is made.</summary>
    public static void AllowText(long length, int position)
    {
        if (length > FxScope.MaxTextLength)
            throw new FxException($"a text may have {FxScope.MaxTextLength} characters", position, isLimit: true);
    }

    /// <summary>Refuses a table of this length before it is made.</summary>
    public static void AllowRows(long count, int position)
    {
        if (count > FxScope.MaxRows) throw FxTable.TooManyRows(position);
    }

    /// <summary>The value of a name: a column of the rows around, innermost first, or a name of the scope.</summary>
    public FxValue Resolve(string name, int position) => Find(name) ?? throw new FxException($"'{name}' is not known here", position);

    /// <summary>The same, null if there is none.</summary>
    public FxValue? Find(string name)
    {
        for (var frame = Frame; frame is not null; frame = frame.Outer)
        {
            if (frame.Find(name) is { } value) return value;
        }
        return scope.Root(name);
    }
}
