using System.Text;
using Parley.Conversations;
using Parley.Protocols.Responses;
using Parley.Runs;

namespace Parley.Tests.Responses;

public sealed class ResponsesInputReaderTests
{
    private static readonly Id File = new(0x6b00445000c00000);

    [Fact]
    public void Messages_may_leave_their_type_out_and_have_text_images_files_and_audio_in_them()
    {
        var stored = PrefixedId.Render("file-", File, File);
        var read = Read(
            """
            [{"role":"system","content":"s"},{"type":"message","role":"developer","content":[{"type":"input_text","text":"d"}]},
             {"role":"user","content":[{"type":"input_text","text":"look"},{"type":"input_image","image_url":"https://h/i.png","detail":"low"},{"type":"input_image","file_id":"STORED"},
              {"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,CC=="},{"type":"input_file","file_url":"https://h/b.pdf"},{"type":"input_file","file_id":"7710237672458944512"},
              {"type":"input_audio","input_audio":{"data":"BB==","format":"mp3"}}]},
             {"type":"message","id":"msg_x","role":"assistant","status":"completed","phase":"final_answer","content":[{"type":"output_text","text":"fine","annotations":[],"logprobs":[]},{"type":"refusal","refusal":"no"}]}]
            """.Replace("STORED", stored, StringComparison.Ordinal));
        ResponsesInput[] expected =
        [
            new([InputItem.Said(Role.System, "s")]),
            new([InputItem.Said(Role.Developer, "d")]),
            new([new(new MessageItem(Role.User),
                [
                    new(PartKind.Text, "look"),
                    new(PartKind.Media, Media: new("https://h/i.png", MediaType: "image"), Data: new("""{"detail":"low"}""")),
                    new(PartKind.Media, Media: new(File: File, MediaType: "image")),
                    new(PartKind.Media, Media: new("data:application/pdf;base64,CC==", MediaType: "application/pdf", Name: "a.pdf")),
                    new(PartKind.Media, Media: new("https://h/b.pdf", MediaType: "file")),
                    new(PartKind.Media, Media: new(File: File, MediaType: "file")),
                    new(PartKind.Media, Media: new("data:audio/mpeg;base64,BB==", MediaType: "audio/mpeg")),
                ])]),
            new([new(new MessageItem(Role.Assistant), [new(PartKind.Text, "fine"), new(PartKind.Refusal, "no")]) { Leftover = new(Protocol.Responses, new("""{"phase":"final_answer"}""")) }], "msg_x"),
        ];
        Assert.Equal(expected, read);
    }

    [Fact]
    public void What_an_earlier_response_had_in_its_output_can_be_sent_back()
    {
        var request = PrefixedId.Render("mcpr_", File, File);
        var read = Read(
            """
            [{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"short"}],"content":[{"type":"reasoning_text","text":"long"}],"encrypted_content":"e"},
             {"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{}","status":"completed"},{"type":"function_call_output","call_id":"c1","output":"one"},
             {"type":"custom_tool_call","call_id":"c2","name":"g","input":"free"},{"type":"custom_tool_call_output","call_id":"c2","output":[{"type":"input_text","text":"two"}]},
             {"type":"mcp_call","id":"mcp_1","server_label":"s","name":"h","arguments":"{}","output":"three","error":null},{"type":"mcp_call","name":"h","arguments":"","error":"broken"},
             {"type":"mcp_approval_request","id":"mcpr_1","server_label":"s","name":"h","arguments":"{}"},{"type":"mcp_approval_response","approval_request_id":"REQUEST","approve":false,"reason":"no"},
             {"type":"web_search_call","id":"ws_1","status":"completed","action":{"query": "q"}},{"type":"item_reference","id":"msg_1"},{"id":"msg_2"}]
            """.Replace("REQUEST", request, StringComparison.Ordinal));
        ResponsesInput[] expected =
        [
            new([new(new ReasoningItem("e"), [new(PartKind.ReasoningSummary, "short"), new(PartKind.ReasoningText, "long")])], "rs_1"),
            new([new(new ToolCallItem("c1", "f", RunBy.Client), [new(PartKind.Input, "{}")])], "fc_1"),
            new([InputItem.Output("c1", "one")]),
            new([new(new ToolCallItem("c2", "g", RunBy.Client, Freeform: true), [new(PartKind.Input, "free")])]),
            new([InputItem.Output("c2", "two")]),
            new([new(new ToolCallItem("mcp_1", "h", RunBy.Server, "s"), [new(PartKind.Input, "{}")]), InputItem.Output("mcp_1", "three")], "mcp_1"),
            new([new(new ToolCallItem("call_6", "h", RunBy.Server), [new(PartKind.Input, "")]), InputItem.Output("call_6", "broken", isError: true)]),
            new([new(new ApprovalRequestItem("h", "s"), [new(PartKind.Input, "{}")])], "mcpr_1"),
            new([new(new ApprovalReplyItem(File, false, "no"), default)]),
            new([new(new OpaqueItem(Protocol.Responses, "web_search_call", new("""{"status":"completed","action":{"query":"q"}}""")), default)], "ws_1"),
            new(default, "msg_1"),
            new(default, "msg_2"),
        ];
        Assert.Equal(expected, read);
    }

    [Fact]
    public void A_compacted_context_is_what_it_was_made_of_and_stands_for_what_is_before_it()
    {
        Message[] context =
        [
            Message(1, new MessageItem(Role.User), new Content(PartKind.Text, "question 🙂")),
            Message(2, new ReasoningItem(), new Content(PartKind.ReasoningText, "hm")),
            Message(3, new ToolCallItem("c1", "f", RunBy.Client), new Content(PartKind.Input, "{}")),
            Message(4, new ToolResultItem("c1"), new Content(PartKind.Text, "found")),
            Message(5, new MessageItem(Role.Assistant), new Content(PartKind.Text, "answer")),
        ];
        var packed = ResponsesCompaction.Write([.. ResponsesCompaction.Compact(context)]);
        var read = Read($$"""[{"role":"user","content":"question 🙂"},{"type":"compaction","id":"cmp_1","encrypted_content":"{{packed}}"},{"role":"user","content":"next"}]""");
        Assert.Equal(
            [
                InputItem.Said(Role.User, "question 🙂"),
                new(new ToolCallItem("c1", "f", RunBy.Client), [new(PartKind.Input, "{}")]),
                InputItem.Output("c1", "found"),
                InputItem.Said(Role.Assistant, "answer"),
                InputItem.Said(Role.User, "next"),
            ],
            read.SelectMany(input => input.Items));
    }

    [Fact]
    public void A_compacted_context_that_other_protocols_made_loses_nothing()
    {
        var file = new Content(PartKind.Media, Media: new Media("ftp://h/x.pdf", MediaType: "application/pdf"));
        var deep = new RawJson($$"""{"x":{{new string('[', 90)}}{{new string(']', 90)}}}""");
        Message[] context =
        [
            Message(1, new MessageItem(new Role("critic")), new Content(PartKind.Text, "weak")),
            Message(2, new MessageItem(Role.User), file),
            Message(3, new ToolCallItem("c1", "f", RunBy.Client), new Content(PartKind.Input, "{}")),
            Message(4, new ToolResultItem("c1"), file),
            Message(5, new ToolCallItem("", "g", RunBy.Client), new Content(PartKind.Input, "{}")),
            Message(6, new MessageItem(Role.Assistant), new Content(PartKind.Text, "answer")) with { Leftover = new Leftover(Protocol.Responses, deep) },
        ];
        var read = Read($$"""[{"type":"compaction","encrypted_content":"{{ResponsesCompaction.Write(context)}}"}]""").Single().Items;
        Assert.Equal([Role.User, Role.User, null, null, Role.User, Role.Assistant], read.Select(item => (item.Head as MessageItem)?.Role));
        Assert.All(
            ((string Text, int At)[])[("critic", 0), ("weak", 0), ("ftp://h/x.pdf", 1), ("ftp://h/x.pdf", 3), ("\"g\"", 4), ("answer", 5)],
            told => Assert.Contains(told.Text, read[told.At].Content[0].Text, StringComparison.Ordinal));
        Assert.Equal(("c1", "c1", deep), (((ToolCallItem)read[2].Head).CallId, ((ToolResultItem)read[3].Head).CallId, read[5].Leftover!.Members));
    }

    [Theory]
    [InlineData("!")]
    [InlineData("e30=")]
    [InlineData("W10")]
    [InlineData("WzE=")]
    public void A_compaction_of_ours_that_was_changed_is_refused(string packed)
        => Assert.Equal("input[0].encrypted_content", Assert.Throws<RunException>(() => Read($$"""[{"type":"compaction","encrypted_content":"parley-1.{{packed}}"}]""")).Error.Param);

    [Fact]
    public void Another_servers_compaction_is_carried_for_that_server()
        => Assert.Equal([new ResponsesInput([new(new OpaqueItem(Protocol.Responses, "compaction", new("""{"encrypted_content":"gAAA"}""")), default)], "cmp_9")], Read("""[{"type":"compaction","id":"cmp_9","encrypted_content":"gAAA"}]"""));

    [Theory]
    [InlineData("""["x"]""", "input[0]", "invalid_type")]
    [InlineData("""[{}]""", "input[0].type", "missing_required_parameter")]
    [InlineData("""[{"role":"user","content":"a"},{"type":"telepathy"}]""", "input[1].type", "invalid_value")]
    [InlineData("""[{"type":"message","content":"a"}]""", "input[0].role", "missing_required_parameter")]
    [InlineData("""[{"role":"tool","content":"a"}]""", "input[0].role", "invalid_value")]
    [InlineData("""[{"role":"user"}]""", "input[0].content", "missing_required_parameter")]
    [InlineData("""[{"role":"user","content":5}]""", "input[0].content", "invalid_type")]
    [InlineData("""[{"role":"user","content":["a"]}]""", "input[0].content[0]", "invalid_type")]
    [InlineData("""[{"role":"user","content":[{"type":"input_video"}]}]""", "input[0].content[0].type", "invalid_value")]
    [InlineData("""[{"role":"assistant","content":[{"type":"input_image","image_url":"https://h/i"}]}]""", "input[0].content[0].type", "invalid_value")]
    [InlineData("""[{"role":"user","content":[{"type":"input_text"}]}]""", "input[0].content[0].text", "missing_required_parameter")]
    [InlineData("""[{"role":"user","content":[{"type":"input_image"}]}]""", "input[0].content[0].image_url", "missing_required_parameter")]
    [InlineData("""[{"role":"user","content":[{"type":"input_image","image_url":"nowhere"}]}]""", "input[0].content[0].image_url", "invalid_image_url")]
    [InlineData("""[{"role":"user","content":[{"type":"input_image","image_url":"https://h/i","detail":"ultra"}]}]""", "input[0].content[0].detail", "invalid_value")]
    [InlineData("""[{"role":"user","content":[{"type":"input_image","file_id":"file-abc"}]}]""", "input[0].content[0].file_id", "file_not_found")]
    [InlineData("""[{"role":"user","content":[{"type":"input_file","filename":"x"}]}]""", "input[0].content[0].file_id", "missing_required_parameter")]
    [InlineData("""[{"role":"user","content":[{"type":"input_file","file_url":"ftp://h/x"}]}]""", "input[0].content[0].file_url", "invalid_file_url")]
    [InlineData("""[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"A","format":"ogg"}}]}]""", "input[0].content[0].input_audio.format", "invalid_value")]
    [InlineData("""[{"type":"item_reference"}]""", "input[0].id", "missing_required_parameter")]
    [InlineData("""[{"type":"function_call","name":"f","arguments":"{}"}]""", "input[0].call_id", "missing_required_parameter")]
    [InlineData("""[{"type":"function_call","call_id":"","name":"f","arguments":"{}"}]""", "input[0].call_id", "empty_string")]
    [InlineData("""[{"type":"function_call","call_id":"c","arguments":"{}"}]""", "input[0].name", "missing_required_parameter")]
    [InlineData("""[{"type":"function_call_output","call_id":"c"}]""", "input[0].output", "missing_required_parameter")]
    [InlineData("""[{"type":"function_call_output","call_id":"c","output":{"a":1}}]""", "input[0].output", "invalid_type")]
    [InlineData("""[{"type":"reasoning","summary":"short"}]""", "input[0].summary", "invalid_type")]
    [InlineData("""[{"type":"mcp_approval_response","approval_request_id":"mcpr_1","approve":true}]""", "input[0].approval_request_id", "invalid_value")]
    public void A_wrong_item_is_refused_by_its_place(string input, string param, string code)
    {
        var error = Assert.Throws<RunException>(() => Read(input)).Error;
        Assert.Equal((ErrorCause.Rejected, param, code), (error.Cause, error.Param, error.Code));
    }

    [Fact]
    public void Limits_are_told()
    {
        var long_ = new string('c', 65);
        Assert.Equal("input[0].call_id", Assert.Throws<RunException>(() => Read($$"""[{"type":"function_call_output","call_id":"{{long_}}","output":"x"}]""")).Error.Param);
        var many = string.Join(',', Enumerable.Repeat("""{"role":"user","content":"a"}""", ResponsesInputReader.Limit + 1));
        Assert.Equal("input", Assert.Throws<RunException>(() => Read($"[{many}]")).Error.Param);
    }

    private static Message Message(int number, Item head, Content content)
        => new() { Id = new(number << 3), Conversation = File, Head = head, Content = [content], Status = ItemStatus.Completed, CreatedAt = default, UpdatedAt = default };

    private static ValueList<ResponsesInput> Read(string input) => ResponsesRequestReader.Read(Encoding.UTF8.GetBytes($$"""{"model":"m","input":{{input}}}""")).Input;
}
