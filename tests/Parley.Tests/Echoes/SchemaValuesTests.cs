using Parley.Agents;

namespace Parley.Tests.Echoes;

public sealed class SchemaValuesTests
{
    [Theory]
    [InlineData("""{"type":"object","properties":{"city":{"type":"string"},"unit":{"type":"string"}},"required":["city"]}""", """{"city":"text"}""")]
    [InlineData("""{"type":"object","properties":{"n":{"type":"integer"},"x":{"type":"number","minimum":5},"b":{"type":"boolean"}},"required":["n","x","b"]}""", """{"n":1,"x":5,"b":true}""")]
    [InlineData("""{"properties":{"unit":{"enum":["celsius","kelvin"]},"mode":{"const":"fast"},"size":{"default":3}},"required":["unit","mode","size"]}""", """{"unit":"celsius","mode":"fast","size":3}""")]
    [InlineData("""{"properties":{"list":{"type":"array","items":{"type":"string"},"minItems":2},"none":{"type":["null","integer"]}},"required":["list","none"]}""", """{"list":["text","text"],"none":1}""")]
    [InlineData("""{"properties":{"place":{"type":"object","properties":{"street":{"type":"string"},"no":{"type":"integer"}},"required":["no"]}},"required":["place"]}""", """{"place":{"no":1}}""")]
    [InlineData("""{"properties":{"either":{"anyOf":[{"type":"integer"},{"type":"string"}]}},"required":["either"]}""", """{"either":1}""")]
    [InlineData("""{"properties":{"城市":{"type":"string"}},"required":["城市"]}""", """{"城市":"text"}""")]
    [InlineData("""{"required":["unheard"]}""", """{"unheard":"text"}""")]
    [InlineData("""{"type":"object"}""", "{}")]
    [InlineData("true", "{}")]
    [InlineData("not json", "{}")]
    [InlineData("""{"required":["\ud83d"]}""", "{}")]
    public void Required_parameters_get_a_value_of_their_type(string schema, string arguments)
        => Assert.Equal(arguments, SchemaValues.ArgumentsFor(new RawJson(schema)));

    [Fact]
    public void Without_a_schema_there_are_no_arguments() => Assert.Equal("{}", SchemaValues.ArgumentsFor(null));

    [Fact]
    public void A_schema_made_to_explode_stays_small()
    {
        var schema = string.Concat(Enumerable.Repeat("""{"type":"array","minItems":1000000000,"items":""", 14)) + "{}" + new string('}', 14);
        var arguments = SchemaValues.ArgumentsFor(new RawJson($$"""{"properties":{"a":{{schema}}},"required":["a"]}"""));
        Assert.InRange(arguments.Length, 2, 2_000_000);
    }
}
