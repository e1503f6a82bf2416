using System.Collections.Frozen;

namespace Parley.Workflows.PowerFx;

/// <summary>All functions by name.</summary>
internal static class FxFunctions
{
    public static FrozenDictionary<string, FxFunction> All { get; } = new[]
    {
        FxLogicFunctions.All,
        FxMathFunctions.All,
        FxTextFunctions.All,
        FxConversionFunctions.All,
        FxDateFunctions.All,
        FxTableFunctions.All,
        FxShapeFunctions.All,
        FxAggregateFunctions.All,
        FxMatchFunctions.All,
        FxMessageFunctions.All,
    }.SelectMany(family => family).ToFrozenDictionary(function => function.Name);
}
