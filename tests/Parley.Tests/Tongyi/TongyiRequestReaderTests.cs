using System.Text;
using Parley.Protocols.Tongyi;
using Parley.Runs;

namespace Parley.Tests.Tongyi;

public sealed class TongyiRequestReaderTests
{
    [Fact]
    public void The_web_clients_request_of_2025_is_read()
    {
        var asked = Read("""
            {"model":"","action":"next","mode":"chat","userAction":"chat","requestId":"5c6a","sessionId":"","sessionType":"text_chat","parentMsgId":"",
             "params":{"agentId":"","searchType":"","pptGenerate":false,"bizScene":"","bizSceneInfo":{},"specifiedModel":"","deepThink":false,"deepResearch":false,"fileUploadBatchId":"1"},
             "contents":[{"content":"hi","contentType":"text","role":"user","ext":{"searchType":"","pptGenerate":false,"deepThink":false,"deepResearch":false}}]}
            """);
        Assert.Equal((TongyiAction.Next, null, "", "text_chat", "", true), (asked.Action, asked.Agent, asked.Session, asked.SessionType, asked.Parent, asked.IsModern));
        Assert.Equal([InputItem.Said(Role.User, "hi")], asked.Input);
        Assert.Equal(ModelRequest.Empty, asked.Request);
        Assert.Equal("hi", asked.Title);
    }

    [Theory]
    [InlineData("""{"contents":[{"content":"hi"}]}""")]
    [InlineData("""{"contents":[{"content":"hi","contentType":"text"}],"openSearch":null,"params":null,"timeout":17,"msgId":"a","parentMsgId":"0","actionSource":5}""")]
    [InlineData("\uFEFF{\"contents\":[{\"content\":\"hi\",\"role\":\"user\",\"ext\":null}],\"params\":{}}")]
    public void Older_clients_say_little_and_are_understood(string body)
    {
        var asked = Read(body);
        Assert.Equal([InputItem.Said(Role.User, "hi")], asked.Input);
        Assert.Equal(("", "", false), (asked.Parent, asked.Session, asked.IsModern));
    }

    [Theory]
    [InlineData("""{"params":{"agentId":"a","specifiedModel":"b"},"model":"c","contents":[{"content":"hi"}]}""", "a", "params.agentId")]
    [InlineData("""{"params":{"agentId":"","specifiedModel":"b"},"model":"c","contents":[{"content":"hi"}]}""", "b", "params.specifiedModel")]
    [InlineData("""{"params":{},"model":"c","contents":[{"content":"hi"}]}""", "c", "model")]
    [InlineData("""{"model":null,"contents":[{"content":"hi"}]}""", null, "model")]
    public void The_agent_is_named_in_one_of_three_places(string body, string? agent, string field)
    {
        var asked = Read(body);
        Assert.Equal((agent, field), (asked.Agent, asked.AgentField));
    }

    [Theory]
    [InlineData("", TongyiAction.Next)]
    [InlineData("\"action\":\"next\",\"userAction\":\"new_top\",", TongyiAction.Next)]
    [InlineData("\"action\":\"what\",\"userAction\":\"\",", TongyiAction.Next)]
    [InlineData("\"action\":\"variant\",", TongyiAction.Regenerate)]
    [InlineData("\"action\":\"next\",\"userAction\":\"regenerate\",", TongyiAction.Regenerate)]
    [InlineData("\"userAction\":\"retry\",", TongyiAction.Regenerate)]
    [InlineData("\"action\":\"continue\",", TongyiAction.Continue)]
    public void What_is_unknown_means_the_ordinary(string members, TongyiAction action)
    {
        var asked = Read($"{{{members}\"contents\":[{{\"content\":\"hi\"}}]}}");
        Assert.Equal(action, asked.Action);
        Assert.Equal(action == TongyiAction.Next ? 1 : 0, asked.Input.Count);
    }

    [Fact]
    public void An_answer_is_asked_for_again_without_contents() => Assert.Equal(TongyiAction.Regenerate, Read("""{"action":"variant","parentMsgId":"x","contents":[]}""").Action);

    [Fact]
    public void A_text_and_its_files_are_one_message_and_another_text_begins_the_next()
    {
        var asked = Read("""
            {"contents":[
              {"role":"system","content":"Be brief."},
              {"role":"user","content":"old"},{"role":"assistant","content":"answer"},
              {"role":"user","content":"Look:","contentType":"text"},
              {"role":"user","content":"https://x.example/a.png","contentType":"image"},
              {"role":"user","content":"https://x.example/b.pdf","contentType":"file","fileName":"b.pdf","ext":{"fileSize":12,"docId":"d","batchId":"b","new":1}},
              {"role":"user","content":"https://x.example/c.pdf","contentType":"file","fileSize":5,"fileId":"f"},
              {"role":"user","content":"And?"},{"role":"user","content":""}]}
            """);
        Assert.Equal(
        [
            InputItem.Said(Role.System, "Be brief."), InputItem.Said(Role.User, "old"), InputItem.Said(Role.Assistant, "answer"),
            new InputItem(new MessageItem(Role.User),
            [
                new Content(PartKind.Text, "Look:"),
                new Content(PartKind.Media, Media: new Media("https://x.example/a.png", MediaType: "image")),
                new Content(PartKind.Media, Media: new Media("https://x.example/b.pdf", MediaType: "file", Name: "b.pdf"), Data: new RawJson("""{"batchId":"b","docId":"d","fileSize":12}""")),
                new Content(PartKind.Media, Media: new Media("https://x.example/c.pdf", MediaType: "file"), Data: new RawJson("""{"docId":"f","fileSize":5}""")),
            ]),
            InputItem.Said(Role.User, "And?"),
        ], asked.Input);
        Assert.Equal("old", asked.Title);
    }

    [Theory]
    [InlineData("""{"params":{"deepThink":true},"contents":[{"content":"x"}]}""", """{"deepThink":true}""")]
    [InlineData("""{"params":{"deepThink":false},"contents":[{"content":"x","ext":{"deepThink":true,"searchType":"off"}}]}""", """{"deepThink":true,"searchType":"off"}""")]
    [InlineData("""{"params":{"searchType":"depth","bizScene":"code_chat","deepResearch":true,"pptGenerate":true},"contents":[{"content":"x","ext":{"searchType":"off"}}]}""", """{"bizScene":"code_chat","deepResearch":true,"pptGenerate":true,"searchType":"depth"}""")]
    [InlineData("""{"openSearch":true,"contents":[{"content":"x"}]}""", """{"searchType":"depth"}""")]
    [InlineData("""{"openSearch":false,"contents":[{"content":"x"}]}""", """{"searchType":"off"}""")]
    [InlineData("""{"feature_config":{"search_enabled":false,"thinking_enabled":true},"contents":[{"content":"x"}]}""", """{"deepThink":true,"searchType":"off"}""")]
    public void Flags_count_from_every_place_and_are_kept_for_peers_that_know_them(string body, string kept)
        => Assert.Equal(new Leftover(Protocol.Tongyi, new RawJson(kept)), Read(body).Request.Leftover);

    [Fact]
    public void Sampling_is_honoured()
    {
        var asked = Read("""{"params":{"temperature":0.5,"topP":0.9,"maxTokens":7,"contextLimit":3},"contents":[{"content":"x"}]}""").Request;
        Assert.Equal((0.5, 0.9, 7), (asked.Temperature, asked.TopP, asked.MaxOutputTokens));
    }

    [Fact]
    public void Half_a_character_is_no_reason_to_refuse_a_question()
        => Assert.Equal([InputItem.Said(Role.User, "a\uFFFDb 🙂")], Read("{\"contents\":[{\"content\":\"a\\ud83db \\ud83d\\ude42\"}]}").Input);

    [Theory]
    [InlineData("{}", "contents")]
    [InlineData("""{"contents":[]}""", "contents")]
    [InlineData("""{"contents":"hi"}""", "contents")]
    [InlineData("""{"contents":[{"content":""}]}""", "contents")]
    [InlineData("""{"contents":[{"role":"system","content":"x"}]}""", "contents")]
    [InlineData("""{"contents":["hi"]}""", "contents[0]")]
    [InlineData("""{"contents":[{"content":"a"},{"content":5}]}""", "contents[1].content")]
    [InlineData("""{"contents":[{"content":"a","role":"robot"}]}""", "contents[0].role")]
    [InlineData("""{"contents":[{"content":"a","contentType":"video"}]}""", "contents[0].contentType")]
    [InlineData("""{"contents":[{"content":"a.png","contentType":"image"}]}""", "contents[0].content")]
    [InlineData("""{"contents":[{"content":"file:///etc/passwd","contentType":"file"}]}""", "contents[0].content")]
    [InlineData("""{"contents":[{"content":"a","ext":[]}]}""", "contents[0].ext")]
    [InlineData("""{"contents":[{"content":"a","ext":{"deepThink":"yes"}}]}""", "contents[0].ext.deepThink")]
    [InlineData("""{"params":[],"contents":[{"content":"a"}]}""", "params")]
    [InlineData("""{"params":{"agentId":7},"contents":[{"content":"a"}]}""", "params.agentId")]
    [InlineData("""{"params":{"deepThink":1},"contents":[{"content":"a"}]}""", "params.deepThink")]
    [InlineData("""{"params":{"maxTokens":0},"contents":[{"content":"a"}]}""", "params.maxTokens")]
    [InlineData("""{"sessionId":7,"contents":[{"content":"a"}]}""", "sessionId")]
    [InlineData("""{"sessionId":"a\u0000","contents":[{"content":"a"}]}""", "sessionId")]
    [InlineData("""{"msgId":"m","parentMsgId":"m","contents":[{"content":"a"}]}""", "parentMsgId")]
    [InlineData("""{"action":{},"contents":[{"content":"a"}]}""", "action")]
    [InlineData("[]", null)]
    [InlineData("\"{}\"", null)]
    [InlineData("{\"contents\":", null)]
    [InlineData("", null)]
    public void What_is_wrong_is_refused_by_its_field(string body, string? field)
    {
        var error = Assert.Throws<RunException>(() => Read(body)).Error;
        Assert.Equal((ErrorSide.Client, field, "INVALID_PARAM"), (error.Side, error.Param, TongyiErrors.CodeOf(error)));
        Assert.Contains(field ?? "body", TongyiErrors.MessageOf(error), StringComparison.Ordinal);
    }

    [Fact]
    public void Endless_ids_are_refused()
        => Assert.Equal("sessionId", Assert.Throws<RunException>(() => Read($"{{\"sessionId\":\"{new string('a', 129)}\",\"contents\":[{{\"content\":\"a\"}}]}}")).Error.Param);

    [Theory]
    [InlineData("  What is it?\r\nTell me.", "What is it?")]
    [InlineData("", "")]
    [InlineData("👨‍👩‍👧‍👦👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦👨‍👩‍👧‍👦")]
    public void A_session_is_called_after_its_first_line(string question, string title) => Assert.Equal(title, TongyiSessions.TitleOf(question));

    [Fact]
    public void A_long_first_line_is_cut_between_characters()
        => Assert.Equal(string.Concat(Enumerable.Repeat("e\u0301", 50)) + "…", TongyiSessions.TitleOf(string.Concat(Enumerable.Repeat("e\u0301", 51))));

    [Fact]
    public void A_title_is_short_however_long_its_characters_are()
    {
        Assert.Equal(string.Concat(Enumerable.Repeat("👨‍👩‍👧‍👦", 36)) + "…", TongyiSessions.TitleOf(string.Concat(Enumerable.Repeat("👨‍👩‍👧‍👦", 50))));
        Assert.Equal("e" + new string('\u0301', 399) + "…", TongyiSessions.TitleOf("e" + new string('\u0301', 1000)));

        // A mark of two halves is not cut in two.
        Assert.Equal("e" + string.Concat(Enumerable.Repeat("\U000E0100", 199)) + "…", TongyiSessions.TitleOf("e" + string.Concat(Enumerable.Repeat("\U000E0100", 1000))));
    }

    [Theory]
    [InlineData("text", true)]
    [InlineData("image", false)]
    public void The_newer_dialect_is_known_by_what_stands_at_a_text(string type, bool isModern)
        => Assert.Equal(isModern, Read($"{{\"contents\":[{{\"content\":\"http://a\",\"contentType\":\"{type}\",\"ext\":{{\"fileSize\":1}}}}]}}").IsModern);

    [Fact]
    public void A_prompt_behind_the_question_comes_before_it()
        => Assert.Equal(
            [InputItem.Said(Role.User, "1"), InputItem.Said(Role.Assistant, "one"), InputItem.Said(Role.System, "Be brief."), InputItem.Said(Role.User, "2")],
            Read("""{"contents":[{"content":"1"},{"content":"one","role":"assistant"},{"content":"2"},{"content":"Be brief.","role":"system"}]}""").Input);

    [Theory]
    [InlineData("\"msgId\":\"m\",\"parentMsgId\":\"m\"")]
    [InlineData("\"parentMsgId\":\"m\",\"contents\":[{\"contentType\":\"video\",\"ext\":{\"deepThink\":\"yes\"}},5]")]
    [InlineData("\"parentMsgId\":\"m\",\"contents\":{}")]
    public void What_names_an_answer_to_be_given_again_needs_nothing_else(string members)
    {
        var asked = Read($"{{\"action\":\"variant\",{members}}}");
        Assert.Equal((TongyiAction.Regenerate, "m", 0), (asked.Action, asked.Parent, asked.Input.Count));
    }

    [Fact]
    public void An_answer_that_is_given_again_has_the_flags_of_its_contents()
    {
        var asked = Read("""{"action":"variant","contents":[{"content":"x","ext":{"deepThink":true,"searchType":"off"}}]}""");
        Assert.True(asked.IsModern);
        Assert.Equal("""{"deepThink":true,"searchType":"off"}""", asked.Request.Leftover!.Members.Text);
    }

    private static TongyiRequest Read(string body) => TongyiRequestReader.Read(Encoding.UTF8.GetBytes(body));
}
