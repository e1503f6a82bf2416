using System.Text;
using System.Text.Json;
using Parley.Runs;
using static Parley.Tests.ChatCompletions.ChatWire;

namespace Parley.Tests.ChatCompletions;

/// <summary>A chunk that looks like the one before it is not parsed; here is everything that could make that wrong.</summary>
public sealed class ChatShapeTests
{
    [Theory]
    [InlineData("""{"content":"b\"c"}""", "b\"c")]
    [InlineData("""{"content":"b\\"}""", "b\\")]
    [InlineData("""{"content":"\\\"\n\u00e9\/"}""", "\\\"\né/")]
    [InlineData("""{"content":""}""", "")]
    [InlineData("""{"content":"b","refusal":null}""", "b")]
    [InlineData("""{"content":"b","content":"c"}""", "c")]
    [InlineData("""{"content":"b" }""", "b")]
    [InlineData("""{"role":"assistant","content":"b"}""", "b")]
    [InlineData("""{"content":"\"},\"finish_reason\":null}]}"}""", "\"},\"finish_reason\":null}]}")]
    public void A_chunk_that_begins_and_ends_like_the_one_before_is_read_as_what_it_is(string delta, string text)
    {
        var events = ChatWire.Read(Chunks(["""{"content":"a"}""", delta, """{"content":"z"}"""]));
        Assert.Equal("a" + text + "z", Fold(events).Items.Single().Text);
    }

    [Theory]
    [InlineData("""{"content":"b","tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{}"}}],"x":"b"}""")]
    [InlineData("""{"content":"b","refusal":"b"}""")]
    [InlineData("""{"content":"b"},"finish_reason":"length","x":{"content":"b"}""")]
    [InlineData("""{"content":"b\"}""")]
    [InlineData("{\"content\":\"b\tc\"}")]
    [InlineData("""{"content":"b\x"}""")]
    [InlineData("""{"content":"b\u12"}""")]
    public void What_follows_a_plain_delta_is_the_same_as_what_comes_first(string delta)
    {
        var alone = ChatWire.Read(Chunks([delta]));
        var after = ChatWire.Read(Chunks(["""{"content":"a"}""", delta]));
        var with = Fold(after);
        Assert.Equal(Fold(alone).End!.GetType(), with.End!.GetType());
        Assert.Equal("a" + string.Concat(Fold(alone).Items.Take(1).SelectMany(item => item.Parts).Where(part => part.Kind == PartKind.Text).Select(part => part.Text)), with.Items[0].Parts[0].Text);
        Assert.Equal(Fold(alone).Items.Where(item => item.Head is ToolCallItem).Select(item => item.Head), with.Items.Where(item => item.Head is ToolCallItem).Select(item => item.Head));
    }

    [Fact]
    public void The_kinds_of_text_are_never_taken_for_each_other()
    {
        var events = ChatWire.Read(Chunks(
            [
                """{"reasoning_content":"r1"}""", """{"reasoning_content":"r2"}""", """{"content":"c1"}""", """{"content":"c2"}""",
                """{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]}""", """{"tool_calls":[{"index":0,"function":{"arguments":"1"}}]}""", """{"tool_calls":[{"index":0,"function":{"arguments":"2"}}]}""",
                """{"tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":""}}]}""", """{"tool_calls":[{"index":1,"function":{"arguments":"3"}}]}""", """{"tool_calls":[{"index":0,"function":{"arguments":"4"}}]}""",
                """{"content":"c3"}""", """{"content":"c4"}""",
            ]));
        var state = Fold(events);
        Assert.Equal(["r1r2", "c1c2c3c4", "124", "3"], state.Items.Select(item => item.Reasoning + item.Text + item.Input));
    }

    [Fact]
    public void Random_texts_come_through_in_every_encoding()
    {
        var random = new Random(7);
        string[] atoms = ["a", "\"", "\\", "\n", "\u0001", "é", "世", "🙂", "}", "]", "{", ",", ":", "\\\"", " ", "\u2028", "/", "null"];
        for (var round = 0; round < 300; round++)
        {
            var pieces = Enumerable.Range(0, 20).Select(_ => string.Concat(Enumerable.Range(0, random.Next(1, 8)).Select(_ => atoms[random.Next(atoms.Length)]))).ToList();
            var encoder = round % 2 == 0 ? System.Text.Encodings.Web.JavaScriptEncoder.Default : System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
            var chunks = Chunks(pieces.Select(piece => $$"""{"{{(random.Next(9) == 0 ? "reasoning_content" : "content")}}":"{{JsonEncodedText.Encode(piece, encoder)}}"}"""));
            var state = Fold(ChatWire.Read(chunks));
            Assert.Equal(string.Concat(pieces).Length, state.Items.Sum(item => item.Text.Length + item.Reasoning.Length));
            var deltas = ChatWire.Read(chunks).OfType<PartDelta>().Select(delta => delta.Text);
            Assert.Equal(pieces, deltas);
        }
    }

    [Fact]
    public void A_stream_means_the_same_wherever_its_bytes_are_cut()
    {
        var stream = Encoding.UTF8.GetBytes(string.Concat(Chunks(["""{"content":"a🙂"}""", """{"content":"b\"c"}""", """{"tool_calls":[{"index":0,"id":"i","function":{"name":"f","arguments":"{}"}}]}"""]).Select(one => $"data: {one}\r\n\r\n")));
        var whole = Lines(ChatWire.ReadStream(stream));
        for (var cut = 0; cut <= stream.Length; cut++)
        {
            using var framer = new Protocols.Sse.SseFramer();
            var reader = new Protocols.ChatCompletions.ChatCompletionsReader();
            var events = new List<RunEvent>();
            framer.Append(stream.AsSpan(0, cut));
            while (framer.TryRead(out var frame)) reader.Read(frame, events);
            framer.Append(stream.AsSpan(cut));
            framer.Complete();
            while (framer.TryRead(out var frame)) reader.Read(frame, events);
            reader.End(events);
            Assert.Equal(whole, Lines(events));
        }
    }
}
