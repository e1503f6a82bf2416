using System.Text.Json;
using Parley.Workflows.PowerFx;

namespace Parley.Tests.PowerFx;

public sealed class FxJsonTests
{
    [Theory]
    [InlineData("Blank()")]
    [InlineData("12345678901234567890.12345678")]
    [InlineData("-0.0000001")]
    [InlineData("\"line\nquote \"\" {x} €\"")]
    [InlineData("true")]
    [InlineData("Date(2026, 1, 31)")]
    [InlineData("Time(23, 59, 59, 999)")]
    [InlineData("DateTime(2026, 1, 31, 23, 59, 59, 999)")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("[[], [1]]")]
    [InlineData("{Record: {Date: \"x\"}, Date: Date(2026, 1, 31), n: Blank()}")]
    [InlineData("[1, \"a\", Blank(), {Value: {Value: 1}}, {a: [true]}]")]
    [InlineData("UserMessage(\"hi\")")]
    public void A_stored_value_is_given_back_as_it_was(string formula)
    {
        var value = Formulas.Evaluated(formula);
        var stored = FxJson.Text(default, writer => FxJson.ToStored(value, writer));
        using var document = JsonDocument.Parse(stored);
        Assert.Equal(value, FxJson.FromStored(document.RootElement));
    }

    [Fact]
    public void The_deepest_value_is_stored_too()
    {
        FxValue value = Formulas.Evaluated("Now()");
        while (value.Depth < FxRecord.MaxDepth) value = FxRecord.Of(new FxField("a", value));
        var stored = FxJson.Text(default, writer => FxJson.ToStored(value, writer));
        using var document = JsonDocument.Parse(stored, new JsonDocumentOptions { MaxDepth = FxJson.StoredDepth });
        Assert.Equal(value, FxJson.FromStored(document.RootElement));
        Assert.Throws<FxException>(() => FxRecord.Of(new FxField("a", value)));
    }

    [Theory]
    [InlineData("{a: 1, b: [1, 2], c: [{d: Blank()}]}", """{"a":1,"b":[1,2],"c":[{"d":null}]}""")]
    [InlineData("[1, {Value: \"x\"}]", """[1,"x"]""")]
    [InlineData("[1, {a: 2}]", """[{"Value":1},{"a":2}]""")]
    [InlineData("[]", "[]")]
    [InlineData("Time(1, 2, 3)", "\"01:02:03.000\"")]
    public void Plain_JSON_is_what_an_agent_is_given(string formula, string json) =>
        Assert.Equal(json, FxJson.Compact(Formulas.Evaluated(formula)));

    [Theory]
    [InlineData("""{"a":1,"b":[1,"x",null],"c":{"d":true},"a":2}""", "{a: 2, b: [1, \"x\", Blank()], c: {d: true}}")]
    [InlineData("""[{"a":1},[2]]""", "Table({a: 1}, {Value: [2]})")]
    [InlineData("null", "Blank()")]
    public void Plain_JSON_is_read(string json, string formula)
    {
        using var document = JsonDocument.Parse(json);
        Assert.Equal(Formulas.Evaluated(formula), FxJson.FromPlain(document.RootElement));
    }

    [Fact]
    public void Values_that_were_not_stored_are_refused()
    {
        using var document = JsonDocument.Parse("""{"a":1}""");
        Assert.Throws<JsonException>(() => FxJson.FromStored(document.RootElement));
    }
}
