namespace Parley.Workflows.PowerFx;

/// <summary>What a formula can see, and how much it may do.</summary>
/// <param name="root">The value of a name such as <c>Local</c>, or null when there is no such name.</param>
/// <param name="time">The clock of <c>Now</c> and <c>Today</c>.</param>
internal sealed class FxScope(Func<string, FxValue?> root, TimeProvider time)
{
    /// <summary>Operations of one evaluation; an operation on a long text counts as several.</summary>
    public const int MaxSteps = 1_000_000;

    /// <summary>Characters of any text that is made.</summary>
    public const int MaxTextLength = 1 << 20;

    /// <summary>Rows of any table.</summary>
    public const int MaxRows = 100_000;

    public Func<string, FxValue?> Root => root;

    /// <summary>The name of the scope in which there is nothing but what there is: another name there is a mistake, and not blank.</summary>
    public string? Closed { get; init; }

    public TimeProvider Time => time;

    /// <summary>Ends an evaluation.</summary>
    public CancellationToken CancellationToken { get; init; }
}
