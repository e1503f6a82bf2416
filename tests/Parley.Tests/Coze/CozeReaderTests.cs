using System.Text;
using Parley.Protocols.Coze;
using Parley.Runs;

namespace Parley.Tests.Coze;

public sealed class CozeReaderTests
{
    private const string Ids = "\"bot_id\":\"b\",\"user_id\":\"u\"";

    [Fact]
    public void A_chat_is_read_as_the_Python_client_writes_it()
    {
        var chat = Chat($$"""
            {{{Ids}},"stream":true,"auto_save_history":false,"custom_variables":{"city":"Köln","n":7,"none":null},"meta_data":{"k":"v"},"connector_id":"",
             "parameters":{"a": [1, 2]},"enable_card":null,"extra_params":{"latitude":"1"},
             "additional_messages":[
              {"role":"user","type":"question","content":"Hi","content_type":"text","meta_data":null,"id":null,"conversation_id":null,"created_at":null},
              {"role":"assistant","type":"answer","content":"Hello","content_type":"text","meta_data":{"m":"1"} }]}
            """);
        Assert.Equal(("b", true, false), (chat.Agent, chat.Stream, chat.Stored));
        Assert.Equal([new("city", "Köln"), new("n", "7")], chat.Request.Variables);
        Assert.Equal([new("k", "v")], chat.Metadata);
        Assert.Equal("{\"a\":[1,2]}", chat.Request.Parameters!.Value.Text);
        Assert.Equal("{\"extra_params\":{\"latitude\":\"1\"}}", chat.Request.Leftover!.Members.Text);
        Assert.Equal([InputItem.Said(Role.User, "Hi"), InputItem.Said(Role.Assistant, "Hello") with { Metadata = [new("m", "1")] }], chat.Input);
    }

    [Fact]
    public void Without_more_a_chat_is_not_streamed_and_is_kept()
    {
        var chat = Chat($$"""{{{Ids}}}""");
        Assert.Equal((false, true, 0), (chat.Stream, chat.Stored, chat.Input.Count));
    }

    [Theory]
    [InlineData("wizard")]
    [InlineData("system")]
    public void Any_role_but_assistant_is_the_user(string role)
        => Assert.Equal(Role.User, ((MessageItem)Chat($$"""{{{Ids}},"additional_messages":[{"role":"{{role}}","content":"x"}]}""").Input[0].Head).Role);

    [Fact]
    public void Calls_and_results_in_the_history_belong_together_and_notices_are_dropped()
    {
        var chat = Chat($$"""
            {{{Ids}},"additional_messages":[
              {"role":"user","content":"Weather?"},
              {"role":"assistant","type":"function_call","content":"{\"name\":\"f\",\"arguments\":{\"city\":\"Köln\"},\"plugin_id\":7}"},
              {"role":"assistant","type":"tool_response","content":"rain"},
              {"role":"assistant","type":"tool_output","content":"nobody asked"},
              {"role":"assistant","type":"verbose","content":"{}"},{"role":"assistant","type":"follow_up","content":"And?"},
              {"role":"assistant","type":"answer","content":"Rain."},{"role":"user","content":"Thanks"}]}
            """);
        Assert.Equal(["MessageItem", "ToolCallItem", "ToolResultItem", "MessageItem", "MessageItem"], chat.Input.Select(item => item.Head.GetType().Name));
        Assert.Equal("{\"city\":\"Köln\"}", chat.Input[1].Content[0].Text);
        Assert.Equal(((ToolCallItem)chat.Input[1].Head).CallId, ((ToolResultItem)chat.Input[2].Head).CallId);
    }

    [Theory]
    [InlineData("\"[{\\\"type\\\":\\\"text\\\",\\\"text\\\":\\\"Look\\\"},{\\\"type\\\":\\\"image\\\",\\\"file_url\\\":\\\"http://a.example/x.png\\\",\\\"file_id\\\":null}]\"")]
    [InlineData("[{\"type\":\"text\",\"text\":\"Look\",\"file_url\":null},{\"type\":\"image\",\"file_url\":\"http://a.example/x.png\"}]")]
    public void Content_of_several_kinds_is_read_from_the_string_and_from_the_array_itself(string content)
    {
        var message = Chat($$"""{{{Ids}},"additional_messages":[{"role":"user","content":{{content}},"content_type":"object_string"}]}""").Input[0];
        Assert.Equal([new Content(PartKind.Text, "Look"), new Content(PartKind.Media, Media: new Media("http://a.example/x.png", MediaType: "image"))], message.Content);
    }

    [Fact]
    public void Only_the_assistant_answers()
    {
        foreach (var (role, type) in new[] { (Role.System, "question"), (Role.User, "question"), (Role.Assistant, "answer") })
            Assert.Equal(type, CozeView.StoredMessage(new InputItem(new MessageItem(role), [new Content(PartKind.Text, "x")]).ToMessage(new Id(8), new Id(16), new Id(24), default), null)!.Type);
    }

    [Theory]
    [InlineData("hello", "text")]
    [InlineData("[{\"type\":\"text\",\"text\":\"<alone>\"}]", "object_string")]
    [InlineData("[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"file\",\"file_url\":\"http://a.example/?x=1&y=2\"},{\"type\":\"audio\",\"file_url\":\"data:audio/wav;base64,AA==\"}]", "object_string")]
    [InlineData("{\"card\":1}", "card")]
    public void What_a_client_wrote_is_listed_as_it_wrote_it(string content, string type)
    {
        var item = CozeReader.ReadMessage(Bytes($$"""{"role":"user","content":{{System.Text.Json.JsonSerializer.Serialize(content)}},"content_type":"{{type}}"}"""));
        var shown = CozeView.StoredMessage(item.ToMessage(new Id(8), new Id(16), default, default), null)!;
        Assert.Equal(type, shown.ContentType);
        Assert.Equal(Unescaped(content), Unescaped(shown.Content));
        Assert.Equal(("", "", "user"), (shown.Type, shown.Bot, shown.Role));
    }

    [Fact]
    public void A_message_that_is_changed_is_listed_as_it_was_changed()
    {
        var message = CozeReader.ReadMessage(Bytes("""{"role":"user","type":"question","content":[{"type":"text","text":"a"}]}""")).ToMessage(new Id(8), new Id(16), default, default);
        var patch = CozeReader.ReadMessagePatch(Bytes("""{"content":"b","content_type":"text"}"""), message);
        var shown = CozeView.StoredMessage(message with { Content = patch.Content!.Value, Leftover = patch.Leftover }, null)!;
        Assert.Equal(("b", "text", "question"), (shown.Content, shown.ContentType, shown.Type));
    }

    [Theory]
    [InlineData("", "bot_id", 4000)]
    [InlineData("{\"bot_id\":\"b\"}", "user_id", 4000)]
    [InlineData("{\"bot_id\":7,\"user_id\":\"u\"}", "bot_id", 4000)]
    [InlineData("{$,\"stream\":\"yes\"}", "stream", 4000)]
    [InlineData("{$,\"auto_save_history\":false}", "auto_save_history", 4000)]
    [InlineData("{$,\"additional_messages\":{}}", "additional_messages", 4000)]
    [InlineData("{$,\"additional_messages\":[1]}", "additional_messages[0]", 4000)]
    [InlineData("{$,\"additional_messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"content\":\"a\"}]}", "additional_messages[1].role", 4000)]
    [InlineData("{$,\"additional_messages\":[{\"role\":\"user\"}]}", "additional_messages[0].content", 4000)]
    [InlineData("{$,\"additional_messages\":[{\"role\":\"user\",\"content\":7}]}", "additional_messages[0].content", 4000)]
    [InlineData("{$,\"additional_messages\":[{\"role\":\"user\",\"content\":\"x\",\"content_type\":\"video\"}]}", "additional_messages[0].content_type", 4000)]
    [InlineData("{$,\"additional_messages\":[{\"role\":\"user\",\"content\":\"x\",\"content_type\":\"object_string\"}]}", "additional_messages[0].content", 4000)]
    [InlineData("{$,\"additional_messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"file_id\":\"x739\"}]}]}", "additional_messages[0].content[0].file_id", 4000)]
    [InlineData("{$,\"additional_messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\"}]}]}", "additional_messages[0].content[0].file_url", 4000)]
    [InlineData("{$,\"additional_messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"video\",\"file_url\":\"x\"}]}]}", "additional_messages[0].content[0].type", 4000)]
    [InlineData("{$,\"additional_messages\":[{\"role\":\"user\",\"content\":\"x\",\"meta_data\":{\"k\":1}}]}", "additional_messages[0].meta_data.k", 4000)]
    [InlineData("{$,\"meta_data\":{\"\":\"v\"}}", "meta_data", 4003)]
    [InlineData("{$,\"meta_data\":{\"k\":\"\"}}", "meta_data", 4003)]
    [InlineData("{$,\"parameters\":\"[1]\"}", "parameters", 4000)]
    [InlineData("[]", "body", 4000)]
    [InlineData("{\"bot_id\":", "body", 4000)]
    [InlineData("{} {}", "body", 4000)]
    public void A_request_that_cannot_be_served_is_refused_by_the_name_of_the_field(string body, string field, int code)
    {
        var error = Refusal(() => Chat(body.Replace("$", Ids, StringComparison.Ordinal)));
        Assert.Equal((field, code), (error.Param, CozeErrors.CodeOf(error)));
        Assert.Contains(field, CozeErrors.MessageOf(error), StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_are_where_Coze_has_them()
    {
        static string Pairs(int count, int key, int value) => "{" + string.Join(',', Enumerable.Range(0, count).Select(i => $"\"{i.ToString().PadLeft(key, 'k')}\":\"{new string('v', value)}\"")) + "}";
        static string Messages(int count) => "[" + string.Join(',', Enumerable.Repeat("{\"role\":\"user\",\"content\":\"x\"}", count)) + "]";
        Assert.Equal(16, Chat($$"""{{{Ids}},"meta_data":{{Pairs(16, 64, 512)}}}""").Metadata.Count);
        foreach (var (count, key, value) in new[] { (17, 2, 1), (1, 65, 1), (1, 1, 513) })
            Assert.Equal("4003", Refusal(() => Chat($$"""{{{Ids}},"meta_data":{{Pairs(count, key, value)}}}""")).Code);
        Assert.Equal(100, Chat($$"""{{{Ids}},"additional_messages":{{Messages(100)}}}""").Input.Count);
        Assert.Equal("4004", Refusal(() => Chat($$"""{{{Ids}},"additional_messages":{{Messages(101)}}}""")).Code);
        Assert.Equal("4004", Refusal(() => CozeReader.ReadChatflow(Bytes($$"""{"workflow_id":"w","additional_messages":{{Messages(51)}}}"""))).Code);
        Assert.Equal(16, CozeReader.ReadConversation(Bytes($$"""{"messages":{{Messages(16)}}}""")).Messages.Count);
        Assert.Equal("messages", Refusal(() => CozeReader.ReadConversation(Bytes($$"""{"messages":{{Messages(17)}}}"""))).Param);
        Assert.Equal(100, CozeReader.ReadConversationName(Bytes($$"""{"name":"{{string.Concat(Enumerable.Repeat("🙂", 100))}}"}""")).EnumerateRunes().Count());
        Assert.Equal("name", Refusal(() => CozeReader.ReadConversationName(Bytes($$"""{"name":"{{new string('x', 101)}}"}"""))).Param);
    }

    [Fact]
    public void What_is_deep_or_no_text_is_refused_and_half_pairs_and_nulls_are_not()
    {
        var deep = Refusal(() => Chat(new string('[', 100_000)));
        Assert.Equal("body", deep.Param);
        Assert.Contains("64 deep", deep.Message, StringComparison.Ordinal);
        Assert.Equal("echo", Chat("\uFEFF{\"bot_id\":\"echo\",\"user_id\":\"u\"}").Agent);
        Assert.Empty(CozeReader.ReadConversation(Bytes("\uFEFF")).Messages);
        Assert.Equal("body", Refusal(() => CozeReader.ReadChat(new byte[] { (byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}' })).Param);
        var text = Chat($$"""{{{Ids}},"\ud800additional":1,"additional_messages":[{"role":"user","content":"a\u0000\ud83d"}]}""").Input[0].Content[0].Text;
        Assert.Equal("a\0\ufffd", text);
    }

    [Fact]
    public void A_conversation_may_be_made_of_nothing()
    {
        foreach (var body in (string[])["", "{}", " ", "{\"connector_id\":\"\",\"bot_id\":null,\"messages\":null,\"meta_data\":null,\"name\":null}"])
        {
            var made = CozeReader.ReadConversation(Bytes(body));
            Assert.Equal((null, "", 0, 0), (made.Agent, made.New.Name, made.New.Metadata.Count, made.Messages.Count));
        }
    }

    [Theory]
    [InlineData("", false, null, 50)]
    [InlineData("{\"chat_id\":null,\"before_id\":null,\"after_id\":null}", false, null, 50)]
    [InlineData("{\"order\":\"ASC\",\"after_id\":\"5\",\"limit\":7,\"bot_id\":\"b\"}", true, "5", 7)]
    [InlineData("{\"order\":\"desc\",\"after_id\":\"0\"}", false, null, 50)]
    public void A_list_of_messages_is_asked_for_in_many_ways(string body, bool ascending, string? after, int limit)
    {
        var list = CozeReader.ReadMessageList(Bytes(body));
        Assert.Equal((ascending, after, limit, (string?)null), (list.Ascending, list.After, list.Limit, list.Before));
    }

    [Theory]
    [InlineData("{\"order\":\"up\"}", "order")]
    [InlineData("{\"limit\":0}", "limit")]
    [InlineData("{\"limit\":51}", "limit")]
    [InlineData("{\"limit\":\"7\"}", "limit")]
    [InlineData("{\"after_id\":7}", "after_id")]
    public void A_list_of_messages_that_cannot_be_is_refused(string body, string field)
        => Assert.Equal(field, Refusal(() => CozeReader.ReadMessageList(Bytes(body))).Param);

    [Theory]
    [InlineData("{}", "tool_outputs")]
    [InlineData("{\"tool_outputs\":[]}", "tool_outputs")]
    [InlineData("{\"tool_outputs\":[{\"output\":\"x\"}]}", "tool_outputs[0].tool_call_id")]
    [InlineData("{\"tool_outputs\":[{\"tool_call_id\":\"c\"}]}", "tool_outputs[0].output")]
    public void Tool_outputs_must_name_their_calls(string body, string field)
        => Assert.Equal(field, Refusal(() => CozeReader.ReadToolOutputs(Bytes(body))).Param);

    [Fact]
    public void An_output_may_be_empty_and_a_stream_may_be_asked_for()
    {
        var outputs = CozeReader.ReadToolOutputs(Bytes("{\"tool_outputs\":[{\"tool_call_id\":\"c\",\"output\":\"\"}],\"stream\":true,\"auto_save_history\":true}"));
        Assert.True(outputs.Stream);
        Assert.Equal([InputItem.Output("c", "")], outputs.Outputs);
    }

    [Fact]
    public void A_chatflow_may_leave_out_all_but_its_name()
    {
        var chat = CozeReader.ReadChatflow(Bytes("{\"workflow_id\":\"w\",\"parameters\":\"{\\\"CONVERSATION_NAME\\\":\\\"n\\\"}\",\"conversation_id\":\"\"}"));
        Assert.Equal(("w", true, "n", null), (chat.Agent, chat.Stream, chat.ConversationName, chat.Conversation));
        Assert.Equal("app_id", Refusal(() => CozeReader.ReadChatflow(Bytes("{\"workflow_id\":\"w\",\"app_id\":\"a\",\"bot_id\":\"b\"}"))).Param);
    }

    private static CozeChatRequest Chat(string body) => CozeReader.ReadChat(Bytes(body));

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static RunError Refusal(Action act)
    {
        var error = Assert.Throws<RunException>(act).Error;
        Assert.Equal(ErrorSide.Client, error.Side);
        return error;
    }

    private static string Unescaped(string json) => json.Replace("\\u003c", "<", StringComparison.Ordinal).Replace("\\u003e", ">", StringComparison.Ordinal).Replace("\\u0026", "&", StringComparison.Ordinal);
}
