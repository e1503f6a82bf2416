using System.Text.Json;
using Parley.Workflows.PowerFx;

namespace Parley.Tests.PowerFx;

public sealed class FxLimitTests
{
    public static TheoryData<string> Nested =>
    [
        new string('(', 60_000),
        new string('-', 60_000) + "1",
        new string('!', 60_000) + "true",
        string.Concat(Enumerable.Repeat("[", 50_000)),
        string.Concat(Enumerable.Repeat("Not(", 10_000)),
        string.Concat(Enumerable.Repeat("{a:", 20_000)),
        string.Concat(Enumerable.Repeat("$\"{", 20_000)),
        string.Concat(Enumerable.Repeat("2^", 20_000)) + "1",
        string.Concat(Enumerable.Repeat("1+", 20_000)) + "1",
        "a" + string.Concat(Enumerable.Repeat(".a", 20_000)),
        "1" + new string('%', 20_000),
    ];

    [Theory]
    [MemberData(nameof(Nested))]
    public void Deep_nesting_is_refused(string formula) =>
        Assert.Equal("the formula is nested too deeply", Assert.Throws<FxException>(() => FxFormula.Parse(formula)).Problem);

    [Fact]
    public void A_long_formula_is_refused_and_a_long_chain_of_texts_is_not()
    {
        Assert.Equal("a formula may have 65536 characters", Formulas.Fails(new string(' ', 70_000)).Problem);
        Assert.Equal(new FxNumber(10_001), Formulas.Evaluated("Len(\"a\"" + string.Concat(Enumerable.Repeat("&\"b\"", 10_000)) + ")"));
    }

    [Theory]
    [InlineData("ForAll(Sequence(1000), ForAll(Sequence(1000), ForAll(Sequence(1000), 1)))", "the formula takes more than 1000000 steps")]
    [InlineData("ForAll(Sequence(100000), IfError(1 / 0, 0))", "the formula takes more than 1000000 steps")]
    [InlineData("Sequence(1000000)", "a table may have 100000 rows")]
    [InlineData("With({t: Sequence(60000)}, Table(t, t))", "a table may have 100000 rows")]
    [InlineData("Concat(Sequence(100000), \"0123456789012345\")", "a text may have 1048576 characters")]
    [InlineData("With({a: Concat(Sequence(1000), \"xxxxxxxxxxx\")}, Substitute(a, \"x\", a))", "a text may have 1048576 characters")]
    [InlineData("With({a: Concat(Sequence(1000), \"xxxxxxxxxx\")}, ForAll(Sequence(1000), a))",
        "a value may have 8000000 characters and parts altogether")]
    [InlineData("With({a: Concat(Sequence(10000), \"xxxxxxxxxx\")}, Concat(Sequence(1000), Left(Upper(a), 1)))",
        "the formula takes more than 1000000 steps")]
    [InlineData("ForAll(Sequence(100000), IsMatch(\"a\", Text(Value)))", "the formula takes more than 1000000 steps")]
    [InlineData("Match(Concat(Sequence(100000), \"aaaaa\"), \"((((((a+))))))\")", "the formula takes more than 1000000 steps")]
    [InlineData("MatchAll(Concat(Sequence(100000), \"aaaaa\"), \".*b|a\")", "the formula takes more than 1000000 steps")]
    [InlineData("Split(Concat(Sequence(50000), \"a,b,\"), \",\") & \"\"", "a table may have 100000 rows")]
    public void A_formula_that_would_take_all_there_is_is_stopped(string formula, string problem)
    {
        var error = Formulas.Fails(formula);
        Assert.Equal(problem, error.Problem);
        Assert.Equal(problem, Formulas.Fails($"IfError({formula}, \"hidden\")").Problem);
    }

    [Theory]
    [InlineData("IsMatch(Concat(Sequence(10000), \"a\") & \"!\", \"(a+)+b\")")]
    [InlineData("IsMatch(Concat(Sequence(10000), \"a\"), \"(a|aa)+$b\")")]
    [InlineData("IsMatch(Concat(Sequence(10000), \"a\"), \"(.*)*x\")")]
    public void A_pattern_that_goes_back_and_forth_elsewhere_is_quick(string formula) =>
        Assert.Equal(FxBoolean.False, Formulas.Evaluated(formula));

    [Theory]
    [InlineData("IsMatch(\"aa\", \"(a)\\1\")")]
    [InlineData("IsMatch(\"aa\", \"a(?=a)\")")]
    [InlineData("IsMatch(\"aa\", \"((a{1000}){1000}){1000}\")")]
    public void A_pattern_that_cannot_be_quick_is_refused(string formula) =>
        Assert.StartsWith("the pattern is too large, or uses", Formulas.Fails(formula).Problem, StringComparison.Ordinal);

    [Fact]
    public void A_value_that_holds_itself_over_and_over_is_stopped()
    {
        FxValue value = FxBlank.Value;
        var wrap = FxFormula.Parse("{a: Local, b: Local}");
        var error = Assert.Throws<FxException>(() =>
        {
            for (var i = 0; i < 100; i++) value = wrap.Evaluate(new FxScope(_ => value, new FakeTime()));
        });
        Assert.True(error.IsLimit);
        Assert.InRange(value.Weight, 1_000_000, FxRecord.MaxWeight);
    }

    [Fact]
    public void A_table_of_JSON_has_as_many_rows_as_any()
    {
        using var json = JsonDocument.Parse("[" + string.Join(',', Enumerable.Repeat("1", 100_001)) + "]");
        var error = Assert.Throws<FxException>(() => FxJson.FromPlain(json.RootElement));
        Assert.Equal(("a table may have 100000 rows", true), (error.Problem, error.IsLimit));
    }

    [Fact(Timeout = 20_000)]
    public async Task Records_of_many_members_are_soon_compared()
    {
        static FxRecord Many(IEnumerable<int> names) => new(names.Select(name => new FxField($"m{name}", new FxNumber(name))).ToValueList());
        var names = Enumerable.Range(0, 300_000);
        var (record, other) = (Many(names), Many(names.Reverse()));
        Assert.True(await Task.Run(() => record.Equals(other), TestContext.Current.CancellationToken));
        Assert.Equal((new FxNumber(7), FxBlank.Value), (record["m7"], record["none"]));
    }

    [Fact]
    public void The_deepest_formula_fits_a_small_stack()
    {
        var formula = FxFormula.Parse(
            string.Concat(Enumerable.Repeat("ForAll([1], IfError(If(true, ", 32)) + "1" + string.Concat(Enumerable.Repeat("), 2))", 32)));
        FxValue? value = null;
        var thread = new Thread(() => value = formula.Evaluate(Formulas.Scope), 256 * 1024);
        thread.Start();
        thread.Join();
        Assert.IsType<FxTable>(value);
    }

    [Fact]
    public void A_cancelled_evaluation_ends()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        var scope = new FxScope(_ => null, new FakeTime()) { CancellationToken = cancelled.Token };
        Assert.Throws<OperationCanceledException>(() => Formulas.Evaluated("ForAll(Sequence(10000), Value + 1)", scope));
    }
}
