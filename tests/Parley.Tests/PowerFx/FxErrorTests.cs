using Parley.Workflows.PowerFx;

namespace Parley.Tests.PowerFx;

public sealed class FxErrorTests
{
    [Theory]
    [InlineData("1 +", "expected a value, not the end", 1, 4)]
    [InlineData("1 2", "expected an operator or the end, not '2'", 1, 3)]
    [InlineData("1 +\n  Upper(\"a\"", "expected ',', not the end", 2, 12)]
    [InlineData("\n\nupper(\"a\")", "there is no function 'upper'; did you mean 'Upper'?", 3, 1)]
    [InlineData("Local.X + Frobnicate(1)", "there is no function 'Frobnicate'", 1, 11)]
    [InlineData("Left(\"abc\")", "Left takes 2 arguments, not 1", 1, 1)]
    [InlineData("Not(true, false)", "Not takes 1 argument, not 2", 1, 1)]
    [InlineData("Mid(\"a\", 1, 2, 3)", "Mid takes 2 to 3 arguments, not 4", 1, 1)]
    [InlineData("Now(1)", "Now takes no arguments, not 1", 1, 1)]
    [InlineData("\"abc", "the text that starts here has no closing quote", 1, 1)]
    [InlineData("$\"abc {1}", "the text that starts here has no closing quote", 1, 1)]
    [InlineData("Local.'next", "the name that starts here has no closing quote", 1, 7)]
    [InlineData("1 /* x", "the comment that starts here has no end", 1, 3)]
    [InlineData("{a: 1, a: 2}", "the record has two members 'a'", 1, 8)]
    [InlineData("{a = 1}", "expected ':', not '='", 1, 4)]
    [InlineData("1 # 2", "'#' means nothing in a formula", 1, 3)]
    [InlineData("Set(x, 1); 2", "there is no function 'Set'", 1, 1)]
    [InlineData("", "expected a value, not the end", 1, 1)]
    [InlineData("1e99", "this number is too large", 1, 1)]
    public void A_formula_that_cannot_be_read_says_where(string formula, string problem, int line, int column)
    {
        var error = Assert.Throws<FxException>(() => FxFormula.Parse(formula));
        Assert.Equal((problem, line, column), (error.Problem, error.Line, error.Column));
    }

    [Theory]
    [InlineData("1 +\n 2 / 0", "division by zero", 2, 4)]
    [InlineData("Missing.X", "'Missing' is not known here", 1, 1)]
    [InlineData("ForAll(Local.Orders, idd)", "'idd' is not known here", 1, 22)]
    [InlineData("Local.Orders.id", "a table has no member 'id'; take a row with First, Last or Index", 1, 13)]
    [InlineData("Local.Name.First", "a Text has no member 'First'", 1, 11)]
    [InlineData("1 = \"1\"", "a Number cannot be compared with a Text; convert one with Text, Value, Boolean or DateTimeValue", 1, 3)]
    [InlineData("1 + Local.Name", "the text is not a number", 1, 3)]
    [InlineData("Local.Name && true", "the text is neither 'true' nor 'false'", 1, 6)]
    [InlineData("\"a\" & Local.Reply", "expected text (JSON makes one), not a Record", 1, 12)]
    [InlineData("First(3)", "expected a table, not a Number", 1, 7)]
    [InlineData("Index([1], 2)", "there is no row 2; the table has 1", 1, 12)]
    [InlineData("Mid(\"abc\", 0)", "positions count from 1", 1, 12)]
    [InlineData("ParseJSON(\"{\")", "the text is not JSON", 1, 11)]
    [InlineData("IsMatch(\"a\", \"(\")", "the pattern is not a regular expression", 1, 14)]
    [InlineData("DateAdd(Today(), 1, Weeks)", "the unit is one of TimeUnit, such as TimeUnit.Days", 1, 21)]
    [InlineData("DateAdd(Today(), 99999, TimeUnit.Years)", "a date in DateAdd is outside of the years 1 to 9999", 1, 1)]
    [InlineData("Date(2026, 1, 1) + 1e7", "the date is outside of the years 1 to 9999", 1, 18)]
    [InlineData("10 ^ 99", "the result is too large", 1, 4)]
    [InlineData("0.0000000001 ^ -3", "the result is too large", 1, 14)]
    [InlineData("Power(0.0000000001, -3)", "a number in Power is too large", 1, 1)]
    [InlineData("Left(\"a\", 1e20)", "a number in Left is too large", 1, 1)]
    [InlineData("Error(\"closed today\")", "closed today", 1, 1)]
    [InlineData("Error({Message: \"closed\"})", "closed", 1, 1)]
    [InlineData("TimeUnit.Weeks", "'TimeUnit' is not known here", 1, 1)]
    [InlineData("1 + ParseJSON(\"[1e99]\")", "a number in the JSON is too large", 1, 5)]
    [InlineData("Average([])", "there is nothing to take the average of", 1, 1)]
    [InlineData("Sort([1, \"a\"], Value)", "the values to sort by are of several types", 1, 16)]
    [InlineData("Value(\"1,5\", \"de-DE\")", "only 'en-US' is supported", 1, 14)]
    public void A_formula_that_fails_says_where(string formula, string problem, int line, int column)
    {
        var error = Formulas.Fails(formula);
        Assert.Equal((problem, line, column), (error.Problem, error.Line, error.Column));
        Assert.Equal($"{problem} (line {line}, column {column})", error.Message);
    }

    [Fact]
    public void A_text_that_is_no_number_is_not_in_the_error() =>
        Assert.DoesNotContain("sk-secret", Formulas.Fails("Value(\"sk-secret\")").Message);

    [Fact]
    public void A_formula_that_is_never_reached_does_no_harm() =>
        Assert.Equal(new FxNumber(1), Formulas.Evaluated("If(true, 1, Missing.X / 0)"));
}
