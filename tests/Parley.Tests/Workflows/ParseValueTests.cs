using Parley.Workflows;

namespace Parley.Tests.Workflows;

public sealed class ParseValueTests
{
    [Theory]
    [InlineData("Record", "```json\n{\"city\": \"Graz\"}\n```", "{Local.V.city}", "Graz")]
    [InlineData("{ kind: Record, properties: { age: Number } }", "{\"age\": \"42\", \"other\": 1}", "{Local.V.age + 1} {IsBlank(Local.V.other)}", "43 True")]
    [InlineData("{ kind: Record, properties: { who: { type: { kind: Record, properties: { name: String } } } } }", "{\"who\":{\"name\":\"Ida\"}}", "{Local.V.who.name}", "Ida")]
    [InlineData("{ kind: Record, properties: { n: Number } }", "[{\"n\":7}]", "{Local.V.n}", "7")]
    [InlineData("Table", "[\"a\",\"b\"]", "{CountRows(Local.V)}", "2")]
    [InlineData("{ kind: Table, properties: { n: Number } }", "[{\"n\":1},{\"n\":2}]", "{Sum(Local.V, n)}", "3")]
    [InlineData("Number", "12.5", "{Local.V * 2}", "25")]
    [InlineData("boolean", "true", "{If(Local.V, \"yes\", \"no\")}", "yes")]
    public async Task A_text_becomes_a_value_of_the_type(string type, string text, string shown, string expected)
    {
        await using var bench = new ActionBench().With($"{Parse(type)}\n- kind: SendActivity\n  id: show\n  activity: \"{shown.Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
        Assert.Equal(expected, ActionBench.SaidIn(await bench.SayAsync(text)));
    }

    [Theory]
    [InlineData("Record", "no JSON", "not JSON")]
    [InlineData("Number", "twelve", "no Number")]
    [InlineData("{ kind: Record, properties: { age: Number } }", "{}", "'age'")]
    [InlineData("Table", "[1,\"a\"]", "several types")]
    public async Task What_is_not_of_the_type_fails_the_action_and_says_why(string type, string text, string reason)
    {
        await using var bench = new ActionBench().With(Parse(type));
        var error = ActionBench.FailureOf(await bench.SayAsync(text));
        Assert.Contains("parse", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Integer", "trigger.actions[0].valueType")]
    [InlineData("{ kind: Record, properties: { age: Int } }", "trigger.actions[0].valueType.properties.age")]
    [InlineData("{ properties: { age: Number } }", "trigger.actions[0].valueType.kind")]
    [InlineData("", "trigger.actions[0].valueType")]
    public void A_type_that_is_none_is_an_error_of_the_text(string type, string path)
        => Assert.Contains(ActionBench.Findings(Parse(type)), finding => finding.Severity == FindingSeverity.Error && finding.Path == path);

    private static string Parse(string type) => $"- kind: ParseValue\n  id: parse\n  variable: Local.V\n  value: =System.LastMessage.Text\n  valueType: {type}";
}
