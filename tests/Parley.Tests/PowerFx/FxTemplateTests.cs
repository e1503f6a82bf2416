using Parley.Workflows.PowerFx;

namespace Parley.Tests.PowerFx;

public sealed class FxTemplateTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("no formula", "no formula")]
    [InlineData("{Local.Name}", "Ann")]
    [InlineData("Hello {Local.Name}, {Local.Count + 1} new.", "Hello Ann, 4 new.")]
    [InlineData("{Local.Unset}|{Local.Flag}|{1 = 2}|{10 / 4}", "|True|False|2.5")]
    [InlineData("{Local.Day}, {Now()}, {Time(9, 5, 7)}", "11/25/2026, 11/20/2026 1:00:00 PM, 9:05:07 AM")]
    [InlineData("{\"a } b\"}", "a } b")]
    [InlineData("{{not a formula}} {}", "{not a formula} {}")]
    [InlineData("{ {a: 1}.a }}", "1}")]
    [InlineData("{Concat(Local.Tags, $\"<{Value}>\")}", "<red><Green><blue>")]
    [InlineData("{If(Local.Flag,\n  \"yes\",\n  \"no\")}", "yes")]
    [InlineData("{ {a: 1, b: Blank(), c: [1, 2]} }", "{\n  \"a\": 1,\n  \"b\": \"\",\n  \"c\": [\n    1,\n    2\n  ]\n}")]
    public void Formulas_in_braces_are_shown_for_people(string template, string text) =>
        Assert.Equal(text, FxTemplate.Parse(template).Render(Formulas.Scope));

    [Theory]
    [InlineData("Hello\n{Local.Name", "expected '}', not the end", 2, 12)]
    [InlineData("Hello {Local.}", "expected a name after '.', not '}'", 1, 14)]
    public void A_template_that_cannot_be_read_says_where(string template, string problem, int line, int column)
    {
        var error = Assert.Throws<FxException>(() => FxTemplate.Parse(template));
        Assert.Equal((problem, line, column), (error.Problem, error.Line, error.Column));
    }

    [Fact]
    public void A_template_that_fails_says_where()
    {
        var error = Assert.Throws<FxException>(() => FxTemplate.Parse("a\nb {1 / 0}").Render(Formulas.Scope));
        Assert.Equal("division by zero (line 2, column 6)", error.Message);
    }

    [Fact]
    public void A_text_that_grows_too_long_is_stopped()
    {
        var template = FxTemplate.Parse(string.Concat(Enumerable.Repeat("{Concat(Sequence(1000), \"0123456789\")}", 200)));
        Assert.Equal("a text may have 1048576 characters", Assert.Throws<FxException>(() => template.Render(Formulas.Scope)).Problem);
    }
}
