using System.Buffers;
using System.Text;
using Parley.Protocols.Json;

namespace Parley.Tests.Json;

public sealed class JsonLineTests
{
    [Fact]
    public void Members_and_elements_are_separated_and_nothing_else_is_between()
    {
        var into = new ArrayBufferWriter<byte>();
        new JsonLine(into, JsonEscaping.Go).Object()
            .String("a"u8, "<x>").Number("b"u8, -7).Name("c"u8).Array().Number(1).Number(0.5).Bool(true).Null().Object().EndObject().EndArray()
            .Name("d \"e\"").Raw("{\"f\":1}"u8).Name("g"u8).Array().EndArray().Name("h"u8).Number(double.NaN)
            .EndObject();
        Assert.Equal(
            """{"a":"\u003cx\u003e","b":-7,"c":[1,0.5,true,null,{}],"d \"e\"":{"f":1},"g":[],"h":null}""",
            Encoding.UTF8.GetString(into.WrittenSpan));
    }
}
