namespace Parley.Workflows.PowerFx;

/// <summary>What a formula can see, and how much it may do.</summary>
/// <param name="root">The value of a name such as <c>Local</c>, or null when there is no such name.</param>
/// <param name="time">The clock of <c>Now</c> and <c>Today</c>.</param>
internal sealed class FxScope(Func<string, FxValue?> root, TimeProvider time)
{
    public Func<string, FxValue?> Root => root;

    public TimeProvider Time => time;

    /// <summary>Operations of one evaluation; an operation on a long text counts as several.</summary>
    public int MaxSteps { get; init; } = 1_000_000;

    /// <summary>Characters of any text that is made.</summary>
    public int MaxTextLength { get; init; } = 1 << 20;

    /// <summary>Rows of any table that is made.</summary>
    public int MaxRows { get; init; } = 100_000;

    /// <summary>Ends an evaluation.</summary>
    public CancellationToken CancellationToken { get; init; }
}
