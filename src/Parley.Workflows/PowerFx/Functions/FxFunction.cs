namespace Parley.Workflows.PowerFx;

/// <summary>Evaluates the arguments that it needs, in the order it likes.</summary>
internal delegate FxValue FxBody(FxArguments arguments);

/// <summary>A line of the table of functions.</summary>
/// <param name="Name">Case-sensitive.</param>
/// <param name="MinArguments">Fewer are refused when a formula is compiled.</param>
/// <param name="MaxArguments">More are too.</param>
/// <param name="Body">What it does.</param>
internal sealed record FxFunction(string Name, int MinArguments, int MaxArguments, FxBody Body)
{
    /// <summary>No limit of its own to the number of arguments.</summary>
    public const int Many = int.MaxValue;

    /// <summary>How many arguments, in words.</summary>
    public string Arity => (MinArguments, MaxArguments) switch
    {
        (0, 0) => "no arguments",
        (_, Many) => $"{MinArguments} or more arguments",
        (1, 1) => "1 argument",
        var (min, max) when min == max => $"{min} arguments",
        var (min, max) => $"{min} to {max} arguments",
    };
}
