using System.Text;
using Parley.Protocols.ChatCompletions;
using Parley.Runs;

namespace Parley.Tests.ChatCompletions;

public sealed class ChatRequestReaderTests
{
    [Fact]
    public void Everything_that_a_request_may_say_is_read()
    {
        var read = Read(
            """
            {"model":"assistant","stream":true,"stream_options":{"include_usage":true},"temperature":0.5,"top_p":1,"frequency_penalty":-1,"presence_penalty":2,
             "max_tokens":5,"max_completion_tokens":7,"seed":42,"stop":["a","b"],"response_format":{"type": "json_object"},"reasoning_effort":"low","user":"u1","n":1,
             "metadata":{"k":"v"},"parallel_tool_calls":false,"tool_choice":{"type":"function","function":{"name":"f"}},"logit_bias":{"50256": -100},"x_new":[1, "a b"],"logprobs":null,
             "tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","$schema":"s"},"strict":true}}],
             "messages":[{"role":"user","content":"hi"}]}
            """);
        Assert.Equal(("assistant", true, true), (read.Model, read.Stream, read.IncludeUsage));
        Assert.Equal([new("k", "v")], read.Metadata);
        Assert.Equal(
            new ModelRequest
            {
                Model = "assistant",
                Temperature = 0.5,
                TopP = 1,
                FrequencyPenalty = -1,
                PresencePenalty = 2,
                MaxOutputTokens = 7,
                Seed = 42,
                Stop = ["a", "b"],
                ResponseFormat = new("""{"type":"json_object"}"""),
                ReasoningEffort = "low",
                User = "u1",
                ParallelToolCalls = false,
                ToolChoice = new("""{"type":"function","function":{"name":"f"}}"""),
                Tools = [new("f", "d", new("""{"type":"object","$schema":"s"}"""), true)],
                Leftover = new(Protocol.ChatCompletions, new("""{"logit_bias":{"50256":-100},"x_new":[1,"a b"]}""")),
            }, read.Request);
    }

    [Fact]
    public void Messages_become_items_and_what_follows_the_assistant_is_new()
    {
        var read = Read(
            """
            {"model":"m","messages":[
              {"role":"system","content":"s"},{"role":"developer","content":[{"type":"text","text":"d"}]},
              {"role":"user","name":"ann","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"https://h/i.png","detail":"low"}},
                {"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}},{"type":"input_audio","input_audio":{"data":"BB==","format":"mp3"}},
                {"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,CC=="}}]},
              {"role":"assistant","content":null,"reasoning_content":"r","refusal":"no","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"c2","function":{"name":"g","arguments":""}}]},
              {"role":"tool","tool_call_id":"c1","content":"one"},{"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"two"}]},{"role":"user","content":""}]}
            """);
        InputItem[] expected =
        [
            InputItem.Said(Role.System, "s"),
            InputItem.Said(Role.Developer, "d"),
            new(new MessageItem(Role.User),
                [
                    new(PartKind.Text, "look"),
                    new(PartKind.Media, Media: new("https://h/i.png", MediaType: "image"), Data: new("""{"detail":"low"}""")),
                    new(PartKind.Media, Media: new("data:image/png;base64,AA==", MediaType: "image/png")),
                    new(PartKind.Media, Media: new("data:audio/mpeg;base64,BB==", MediaType: "audio/mpeg")),
                    new(PartKind.Media, Media: new("data:application/pdf;base64,CC==", MediaType: "application/pdf", Name: "a.pdf")),
                ]) { Leftover = new(Protocol.ChatCompletions, new("""{"name":"ann"}""")) },
            new(new ReasoningItem(), [new(PartKind.ReasoningText, "r")]),
            new(new MessageItem(Role.Assistant), [new(PartKind.Refusal, "no")]),
            new(new ToolCallItem("c1", "f", RunBy.Client), [new(PartKind.Input, "{}")]),
            new(new ToolCallItem("c2", "g", RunBy.Client), [new(PartKind.Input, "")]),
            InputItem.Output("c1", "one"),
            InputItem.Output("c2", "two"),
            InputItem.Said(Role.User, ""),
        ];
        Assert.Equal(expected, read.Messages);
        Assert.Equal(7, read.PathLength);
    }

    [Fact]
    public void Functions_of_old_are_calls_that_go_by_their_name()
    {
        var read = Read("""{"model":"m","messages":[{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"x"}]}""");
        Assert.Equal([new ToolCallItem("f", "f", RunBy.Client), new ToolResultItem("f")], read.Messages.Select(item => item.Head));
    }

    [Theory]
    [InlineData(@"""a\u0000b\ud83d\ude42\ud83d""", "a\0b🙂\uFFFD")]
    [InlineData("\"世界\"", "世界")]
    public void Texts_may_have_anything_in_them(string json, string text)
        => Assert.Equal([InputItem.Said(Role.User, text)], Read($$"""{"model":"m","messages":[{"role":"user","content":{{json}}}]}""").Messages);

    [Fact]
    public void A_message_of_a_megabyte_is_fine()
        => Assert.Equal(1 << 20, Read($$"""{"model":"m","messages":[{"role":"user","content":"{{new string('x', 1 << 20)}}"}]}""").Messages[0].Content[0].Text.Length);

    [Theory]
    [InlineData("""{}""", "messages", "missing_required_parameter")]
    [InlineData("""{"messages":null}""", "messages", "missing_required_parameter")]
    [InlineData("""{"messages":{}}""", "messages", "invalid_type")]
    [InlineData("""{"messages":[]}""", "messages", "empty_array")]
    [InlineData("""{"messages":["x"]}""", "messages[0]", "invalid_type")]
    [InlineData("""{"messages":[{}]}""", "messages[0].role", "missing_required_parameter")]
    [InlineData("""{"messages":[{"role":1}]}""", "messages[0].role", "invalid_type")]
    [InlineData("""{"messages":[{"role":"user","content":"a"},{"role":"bot","content":"a"}]}""", "messages[1].role", "invalid_value")]
    [InlineData("""{"messages":[{"role":"user"}]}""", "messages[0].content", "missing_required_parameter")]
    [InlineData("""{"messages":[{"role":"user","content":5}]}""", "messages[0].content", "invalid_type")]
    [InlineData("""{"messages":[{"role":"user","content":["a"]}]}""", "messages[0].content[0]", "invalid_type")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"video"}]}]}""", "messages[0].content[0].type", "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"text"}]}]}""", "messages[0].content[0].text", "missing_required_parameter")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"nowhere"}}]}]}""", "messages[0].content[0].image_url.url", "invalid_image_url")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://h/i","detail":"ultra"}}]}]}""", "messages[0].content[0].image_url.detail", "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"A","format":"ogg"}}]}]}""", "messages[0].content[0].input_audio.format", "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"file-1"}}]}]}""", "messages[0].content[0].file.file_id", "unsupported_parameter")]
    [InlineData("""{"messages":[{"role":"system","content":[{"type":"image_url","image_url":"http://h/i"}]}]}""", "messages[0].content[0].type", "invalid_value")]
    [InlineData("""{"messages":[{"role":"tool","content":"a"}]}""", "messages[0].tool_call_id", "missing_required_parameter")]
    [InlineData("""{"messages":[{"role":"assistant","tool_calls":{}}]}""", "messages[0].tool_calls", "invalid_type")]
    [InlineData("""{"messages":[{"role":"assistant","tool_calls":[{"type":"function","function":{"name":"f"}}]}]}""", "messages[0].tool_calls[0].id", "missing_required_parameter")]
    [InlineData("""{"messages":[{"role":"assistant","tool_calls":[{"id":"a","type":"custom","custom":{}}]}]}""", "messages[0].tool_calls[0].type", "invalid_value")]
    [InlineData("""{"messages":[{"role":"assistant","tool_calls":[{"id":"a","function":{"arguments":"{}"}}]}]}""", "messages[0].tool_calls[0].function.name", "missing_required_parameter")]
    [InlineData("""{"messages":[{"role":"user","content":"a"}],"model":7}""", "model", "invalid_type")]
    [InlineData("""{"messages":[{"role":"user","content":"a"}],"stream":"yes"}""", "stream", "invalid_type")]
    [InlineData("""{"messages":[{"role":"user","content":"a"}],"stream_options":true}""", "stream_options", "invalid_type")]
    [InlineData("""{"messages":[{"role":"user","content":"a"}],"stream_options":{"include_usage":1}}""", "stream_options.include_usage", "invalid_type")]
    [InlineData("""{"messages":[{"role":"user","content":"a"}],"n":2}""", "n", "unsupported_value")]
    [InlineData("""{"messages":[{"role":"user","content":"a"}],"temperature":"hot"}""", "temperature", "invalid_type")]
    [InlineData("""{"messages":[{"role":"user","content":"a"}],"seed":1.5}""", "seed", "invalid_type")]
    [InlineData("""{"messages":[{"role":"user","content":"a"}],"max_tokens":0}""", "max_tokens", "integer_below_min_value")]
    [InlineData("""{"messages":[{"role":"user","content":"a"}],"stop":[1]}""", "stop[0]", "invalid_type")]
    [InlineData("""{"messages":[{"role":"user","content":"a"}],"tools":[{"type":"web_search"}]}""", "tools[0].type", "invalid_value")]
    [InlineData("""{"messages":[{"role":"user","content":"a"}],"tools":[{"type":"function","function":{}}]}""", "tools[0].function.name", "missing_required_parameter")]
    [InlineData("""{"messages":[{"role":"user","content":"a"}],"tool_choice":1}""", "tool_choice", "invalid_type")]
    [InlineData("""{"messages":[{"role":"user","content":"a"}],"response_format":"json"}""", "response_format", "invalid_type")]
    [InlineData("""{"messages":[{"role":"user","content":"a"}],"metadata":{"a":1}}""", "metadata.a", "invalid_type")]
    [InlineData("""{"messages":[{"role":"user","content":"a"}],"functions":[]}""", "functions", "unsupported_parameter")]
    public void A_wrong_request_is_refused_by_the_name_of_the_member(string body, string param, string code)
    {
        var error = Assert.Throws<RunException>(() => Read(body)).Error;
        Assert.Equal((ErrorSide.Client, ErrorCause.Rejected, param, code, true), (error.Side, error.Cause, error.Param, error.Code, error.Public));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"model\":\"m\",}")]
    [InlineData(@"{""\ud83d"":1,""messages"":[{""role"":""user"",""content"":""a""}]}")]
    public void What_is_no_json_object_is_malformed(string body)
        => Assert.Equal(ErrorCause.Malformed, Assert.Throws<RunException>(() => Read(body)).Error.Cause);

    [Fact]
    public void Depth_and_broken_bytes_are_malformed()
    {
        var deep = $$"""{"x":{{new string('[', 100_000)}}{{new string(']', 100_000)}}}""";
        Assert.Equal(ErrorCause.Malformed, Assert.Throws<RunException>(() => Read(deep)).Error.Cause);
        Assert.Equal(ErrorCause.Malformed, Assert.Throws<RunException>(() => ChatRequestReader.Read(new byte[] { (byte)'{', 0xff, (byte)'}' })).Error.Cause);
    }

    [Fact]
    public void Limits_are_told()
    {
        var many = string.Join(',', Enumerable.Repeat("""{"role":"user","content":"a"}""", ChatRequestReader.MessageLimit + 1));
        Assert.Equal("messages", Assert.Throws<RunException>(() => Read($$"""{"messages":[{{many}}]}""")).Error.Param);
        var metadata = string.Join(',', Enumerable.Range(0, 17).Select(i => $"\"k{i}\":\"v\""));
        Assert.Equal("metadata", Assert.Throws<RunException>(() => Read($$$"""{"messages":[{"role":"user","content":"a"}],"metadata":{{{{metadata}}} }}""")).Error.Param);
        Assert.Equal("metadata.k", Assert.Throws<RunException>(() => Read($$$"""{"messages":[{"role":"user","content":"a"}],"metadata":{"k":"{{{new string('x', 513)}}}"}}""")).Error.Param);
    }

    private static ChatRequest Read(string body) => ChatRequestReader.Read(Encoding.UTF8.GetBytes(body));
}
