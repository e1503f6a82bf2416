namespace Parley.Workflows.PowerFx;

/// <summary>A formula that cannot be read, or that failed.</summary>
/// <param name="problem">What is wrong, without the place.</param>
/// <param name="position">Where it starts, in characters from the start of the formula.</param>
/// <param name="isLimit">A limit of the evaluation was reached, which no <c>IfError</c> hides.</param>
internal sealed class FxException(string problem, int position, bool isLimit = false) : Exception
{
    /// <summary>The position of an error that is of a value, and not of a place in a formula.</summary>
    public const int Nowhere = -1;

    /// <summary>What is wrong, without the place.</summary>
    public string Problem => problem;

    /// <summary>Where it starts, in characters from the start of the formula.</summary>
    public int Position => position;

    /// <summary>From 1, or 0 until <see cref="In"/> has found it.</summary>
    public int Line { get; private init; }

    /// <summary>From 1, or 0 until <see cref="In"/> has found it.</summary>
    public int Column { get; private init; }

    /// <summary>A limit of the evaluation was reached, which no <c>IfError</c> hides.</summary>
    public bool IsLimit => isLimit;

    /// <inheritdoc/>
    public override string Message => Line == 0 ? problem : $"{problem} (line {Line}, column {Column})";

    /// <summary>The same error with its line and column in this text.</summary>
    public FxException In(string source)
    {
        var before = source.AsSpan(0, Math.Clamp(position, 0, source.Length));
        return new FxException(problem, position, isLimit)
        {
            Line = before.Count('\n') + 1,
            Column = before.Length - before.LastIndexOf('\n'),
        };
    }
}
