using Parley.Workflows.PowerFx;

namespace Parley.Tests.PowerFx;

/// <summary>A workflow's variables, and formulas evaluated among them.</summary>
internal static class Formulas
{
    private static readonly FxRecord Local = (FxRecord)Evaluated("""
        {
          Count: 3, Name: "Ann", Empty: "", Flag: true, Day: Date(2026, 11, 25),
          Orders: [{id: 1, total: 10, 'is open': true}, {id: 2, total: 25.5, note: "late"}, {id: 3, total: 4}],
          Tags: ["red", "Green", "blue"],
          Reply: {Text: "fine", Scores: [1, 2, 3]}
        }
        """, new FxScope(_ => null, new FakeTime()));

    public static FxScope Scope { get; } = ScopeOf(_ => null);

    public static FxValue Evaluated(string formula, FxScope? scope = null) => FxFormula.Parse(formula).Evaluate(scope ?? Scope);

    /// <summary>The error of a formula that is wrong or fails.</summary>
    public static FxException Fails(string formula, FxScope? scope = null) => Assert.Throws<FxException>(() => Evaluated(formula, scope));

    public static FxScope ScopeOf(Func<string, FxValue?> more) =>
        new(name => name is "Local" or "Topic" ? Local : more(name), new FakeTime());
}
