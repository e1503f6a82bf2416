using Parley.Workflows.PowerFx;

namespace Parley.Tests.PowerFx;

public sealed class FxTypeTests
{
    private static readonly ValueList<FxProperty> Person =
        [new FxProperty("name", FxType.Named("String")!), new FxProperty("age", FxType.Named("Number")!)];

    [Theory]
    [InlineData("Number", "\" 4.5 \"", "4.5")]
    [InlineData("number", "\"\"", "Blank()")]
    [InlineData("String", "42", "\"42\"")]
    [InlineData("Boolean", "\"True\"", "true")]
    [InlineData("DateTime", "\"2026-01-31T10:00:00Z\"", "DateTime(2026, 1, 31, 10, 0, 0)")]
    [InlineData("Record", "\"{\"\"a\"\": 1}\"", "{a: 1}")]
    [InlineData("Record", "\"```json\n{\"\"a\"\": 1}\n```\"", "{a: 1}")]
    [InlineData("Table", "\"```\n[1, 2]\n```\"", "[1, 2]")]
    [InlineData("Table", "[{a: 1}]", "[{a: 1}]")]
    [InlineData("Record", "Blank()", "Blank()")]
    public void A_value_is_turned_into_the_type(string type, string value, string expected) =>
        Assert.Equal(Formulas.Evaluated(expected), FxType.Named(type)!.Convert(Formulas.Evaluated(value)));

    [Theory]
    [InlineData("Number", "\"four\"", "the value is a Text that is no Number")]
    [InlineData("Boolean", "\"yes\"", "the value is a Text that is no Boolean")]
    [InlineData("Record", "\"Sure! Here it is\"", "the value is not JSON")]
    [InlineData("Record", "\"\"\"{}\"\"\"", "the value is only a text")]
    [InlineData("Record", "[1]", "the value is a Table that is no Record")]
    [InlineData("Table", "{a: 1}", "the value is a Record that is no Table")]
    [InlineData("Table", "[1, \"a\"]", "the value is a list of values of several types")]
    [InlineData("String", "{a: 1}", "the value is a Record that is no String")]
    public void A_value_of_another_type_is_refused(string type, string value, string problem) =>
        Assert.Equal(problem, Assert.Throws<FxException>(() => FxType.Named(type)!.Convert(Formulas.Evaluated(value))).Problem);

    [Fact]
    public void Members_are_turned_into_their_types_and_others_left_out()
    {
        var type = FxType.Named("Record", Person)!;
        var ann = Formulas.Evaluated("{name: \"Ann\", age: 41}");
        Assert.Equal(ann, type.Convert(Formulas.Evaluated("{age: \"41\", name: \"Ann\", mood: 1}")));
        Assert.Equal(ann, type.Convert(Formulas.Evaluated("[{age: 41, name: \"Ann\"}]")));
        var ageless = Formulas.Evaluated("{name: \"Ann\", age: Blank()}");
        Assert.Equal(ageless, type.Convert(ageless));
    }

    [Theory]
    [InlineData("{name: \"Ann\"}", "the value has no 'age'")]
    [InlineData("{name: \"Ann\", age: \"old\"}", "'age' is a Text that is no Number")]
    [InlineData("[{name: \"Ann\", age: 1}, {name: \"Bob\", age: 2}]", "the value is a Table that is no Record")]
    public void A_record_of_another_shape_is_refused(string value, string problem) =>
        Assert.Equal(problem, Assert.Throws<FxException>(() => FxType.Named("Record", Person)!.Convert(Formulas.Evaluated(value))).Problem);

    [Fact]
    public void A_row_of_another_shape_is_refused() =>
        Assert.Equal("a row of the value has no 'age'", Assert.Throws<FxException>(() =>
            FxType.Named("Table", Person)!.Convert(Formulas.Evaluated("[{name: \"Ann\", age: 1}, {name: \"Bob\"}]"))).Problem);

    [Fact]
    public void An_unknown_type_has_no_name()
    {
        Assert.Null(FxType.Named("Currency"));
        Assert.Null(FxType.Named("1"));
    }
}
