using System.Text;
using System.Text.Json;
using Parley.Agents;
using Parley.Conversations;
using Parley.Protocols.ChatCompletions;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Tests.ChatCompletions;

public sealed class ChatRequestWriterTests
{
    private static readonly ChatCompletionsOptions Options = new() { Url = new("http://127.0.0.1:1/v1"), Model = "qwen" };

    [Fact]
    public void A_request_is_always_for_a_stream_with_its_usage()
        => Assert.Equal(
            """{"model":"qwen","messages":[{"role":"user","content":"hi"}],"stream":true,"stream_options":{"include_usage":true}}""",
            Write(Options, ModelRequest.Empty, InputItem.Said(Role.User, "hi")));

    [Fact]
    public void Instructions_come_first_with_their_variables_filled_in()
    {
        var body = Write(
            Options with { Instructions = "You are {{ name }}, {{name}} of {{place}} {{unknown}} {{" },
            new ModelRequest { Instructions = "Be brief.", Variables = [new("name", "{{place}}"), new("place", "Ulm")] },
            InputItem.Said(Role.Developer, "d"), InputItem.Said(Role.User, "u"));
        Assert.Equal(
            """[{"role":"system","content":"You are {{place}}, {{place}} of Ulm {{unknown}} {{\n\nBe brief."},{"role":"developer","content":"d"},{"role":"user","content":"u"}]""",
            Messages(body));
    }

    [Fact]
    public void What_was_asked_is_passed_on_and_what_is_not_known_too()
    {
        var body = Write(
            Options,
            new ModelRequest
            {
                Tools = [new("f", "d", new("""{"type":"object"}"""), true)],
                ToolChoice = new("\"auto\""),
                ParallelToolCalls = true,
                Temperature = 0.1,
                TopP = 0.2,
                FrequencyPenalty = 0.3,
                PresencePenalty = 0.4,
                MaxOutputTokens = 5,
                Seed = 6,
                Stop = ["x"],
                ResponseFormat = new("""{"type":"text"}"""),
                ReasoningEffort = "low",
                User = "me",
                Leftover = new(Protocol.ChatCompletions, new("""{"logit_bias":{"1":2},"stream":false}""")),
            },
            InputItem.Said(Role.User, "u"));
        Assert.EndsWith(
            ""","tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true}}],"tool_choice":"auto","parallel_tool_calls":true,"temperature":0.1,"top_p":0.2,"frequency_penalty":0.3,"presence_penalty":0.4,"max_tokens":5,"seed":6,"stop":["x"],"response_format":{"type":"text"},"reasoning_effort":"low","user":"me","logit_bias":{"1":2}}""",
            body, StringComparison.Ordinal);
    }

    [Fact]
    public void Members_of_another_protocol_stay_here()
        => Assert.DoesNotContain("secret", Write(Options, new ModelRequest { Leftover = new(Protocol.Coze, new("""{"secret":1}""")) }, InputItem.Said(Role.User, "u")), StringComparison.Ordinal);

    [Fact]
    public void OpenAIs_own_server_gets_the_limit_by_its_new_name()
        => Assert.Contains("\"max_completion_tokens\":5", Write(Options with { Url = new("https://api.openai.com/v1") }, new ModelRequest { MaxOutputTokens = 5 }, InputItem.Said(Role.User, "u")), StringComparison.Ordinal);

    [Fact]
    public void The_agents_own_tools_are_offered_where_the_request_offers_none()
    {
        var options = Options with { Tools = [new("own")] };
        Assert.Contains("\"own\"", Write(options, ModelRequest.Empty, InputItem.Said(Role.User, "u")), StringComparison.Ordinal);
        Assert.DoesNotContain("\"own\"", Write(options, new ModelRequest { Tools = [new("theirs")] }, InputItem.Said(Role.User, "u")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_turn_of_the_assistant_is_one_message_with_all_its_calls()
    {
        var body = Write(Options, ModelRequest.Empty,
            InputItem.Said(Role.User, "u"),
            new(new ReasoningItem(), [new(PartKind.ReasoningText, "secret thought")]),
            InputItem.Said(Role.Assistant, "Looking."),
            Call("a", "f", "{\"x\":1}"), Call("b", "g", "{}"),
            new(new ToolCallItem("s", "server_side", RunBy.Server), [new(PartKind.Input, "{}")]),
            InputItem.Output("s", "hidden"),
            InputItem.Output("a", "1"), InputItem.Output("b", "2"),
            InputItem.Said(Role.Assistant, "Done."), InputItem.Said(Role.Assistant, "Really."),
            InputItem.Said(Role.User, "v"));
        Assert.Equal(
            """[{"role":"user","content":"u"},{"role":"assistant","content":"Looking.","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"1"},{"role":"tool","tool_call_id":"b","content":"2"},{"role":"assistant","content":"Done."},{"role":"assistant","content":"Really."},{"role":"user","content":"v"}]""",
            Messages(body));
    }

    [Fact]
    public void Calls_without_text_have_null_and_calls_that_nobody_answered_are_left_out()
    {
        var body = Write(Options, ModelRequest.Empty,
            InputItem.Said(Role.User, "u"), Call("a", "f", "{}"), InputItem.Output("a", "1"),
            Call("a", "f", "{\"half"), InputItem.Said(Role.User, "v"));
        Assert.Equal(
            """[{"role":"user","content":"u"},{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"1"},{"role":"user","content":"v"}]""",
            Messages(body));
    }

    [Fact]
    public void A_request_that_was_read_is_written_with_the_same_messages()
    {
        const string Wire =
            """[{"role":"system","content":"s"},{"role":"user","name":"ann","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"https://h/i.png","detail":"low"}},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}},{"type":"input_audio","input_audio":{"data":"BB==","format":"mp3"}},{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,CC=="}}]},{"role":"assistant","content":"ok","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"x"},{"role":"assistant","content":"a"},{"role":"assistant","content":""},{"role":"user","content":"\u0000世界 \"q\""}]""";
        var read = ChatRequestReader.Read(Encoding.UTF8.GetBytes($$"""{"model":"m","messages":{{Wire}}}"""));
        Assert.Equal(Wire, Messages(Write(Options, read.Request, [.. read.Messages])));
    }

    [Fact]
    public void A_file_that_cannot_be_sent_is_an_error_that_names_it_but_does_not_spoil_later_turns()
    {
        var file = new InputItem(new MessageItem(Role.User), [new(PartKind.Text, "see"), new(PartKind.Media, Media: new("https://h/a.pdf", MediaType: "file", Name: "a.pdf"))]);
        var error = Assert.Throws<RunException>(() => Write(Options, ModelRequest.Empty, file)).Error;
        Assert.Equal(("messages", "unsupported_media", true), (error.Param, error.Code, error.Public));
        Assert.Contains("'a.pdf'", error.Message, StringComparison.Ordinal);
        Assert.Equal(
            """[{"role":"user","content":[{"type":"text","text":"see"},{"type":"text","text":"[the file 'a.pdf']"}]},{"role":"user","content":"and?"}]""",
            Messages(Write(Options, ModelRequest.Empty, file, InputItem.Said(Role.User, "and?"))));
    }

    private static InputItem Call(string id, string name, string arguments) => new(new ToolCallItem(id, name, RunBy.Client), [new(PartKind.Input, arguments)]);

    // The last item alone is the input.
    private static string Write(ChatCompletionsOptions options, ModelRequest request, params InputItem[] items)
    {
        IReadOnlyList<Message> context = [.. items.Select((item, index) => item.ToMessage(new Id(8 * (index + 1)), new Id(8), default, ChatWire.At))];
        var asked = new AgentRequest { Run = ChatWire.Header() with { Request = request }, Context = context, InputCount = 1 };
        var body = Encoding.UTF8.GetString(ChatRequestWriter.Write(asked, options, OpenAiFiles.None).Span);
        using (JsonDocument.Parse(body)) return body;
    }

    private static string Messages(string body)
    {
        using var json = JsonDocument.Parse(body);
        return json.RootElement.GetProperty("messages").GetRawText();
    }
}
