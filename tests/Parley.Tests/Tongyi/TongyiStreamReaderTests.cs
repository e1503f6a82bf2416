using System.Text;
using Parley.Protocols.Tongyi;
using Parley.Runs;
using static Parley.Tests.Tongyi.TongyiWire;

namespace Parley.Tests.Tongyi;

public sealed class TongyiStreamReaderTests
{
    private const string Begin = """{"msgId":"m1","sessionId":"s1","parentMsgId":"q1","traceId":"t1","msgStatus":"generating","incremental":false,"pkgId":0}""";

    [Fact]
    public void The_first_frame_tells_the_peers_handles()
    {
        var upstream = TongyiUpstream.Of(((RunStarted)Read(Begin)[0]).Upstream);
        Assert.Equal(new TongyiUpstream("s1", "m1", "q1", "t1"), upstream);
    }

    [Fact]
    public void Pieces_are_appended_and_the_whole_at_the_end_is_not_said_twice()
    {
        var events = Read(Begin, Piece("Hel", 2), Piece("lo", 3), Last(Item("Hello", more: "\"incremental\":false,")), "[DONE]");
        Assert.Equal(["Hel", "lo"], events.OfType<PartDelta>().Select(delta => delta.Text));
        Assert.Null(events.OfType<PartCompleted>().Single().Text);
        Assert.Equal(new RunCompleted(FinishReason.Stop), events[^1]);
    }

    [Fact]
    public void Where_every_frame_has_the_whole_only_what_is_new_is_said()
    {
        var events = Read(Frame(Item("Hel")), Frame(Item("Hello")), Frame(Item("Hello")), Last(Item("Hello, you")));
        Assert.Equal(["Hel", "lo", ", you"], events.OfType<PartDelta>().Select(delta => delta.Text));
    }

    [Theory]
    [InlineData("", "\"incremental\":true,", "ab")]
    [InlineData("\"incremental\":true,", "\"incremental\":false,", "ab")]
    [InlineData("\"incremental\":false,", "\"incremental\":true,", "b")]
    [InlineData("", "", "b")]
    public void An_items_own_flag_counts_then_the_messages_then_it_is_the_whole(string item, string message, string text)
        => Assert.Equal(text, TextOf(Read(Frame(Item("a", more: item), message), Frame(Item("b", more: item), message), Last())));

    [Fact]
    public void Both_dialects_may_be_mixed_in_one_stream()
    {
        var events = Read(Begin, Piece("a", 2), Frame(Item("abc")), Piece("d", 3), Frame(Item("abcde")), Last(Item("abcdef")));
        Assert.Equal(["a", "bc", "d", "e", "f"], events.OfType<PartDelta>().Select(delta => delta.Text));
        Assert.Null(events.OfType<PartCompleted>().Single().Text);
    }

    [Fact]
    public void A_frame_without_contents_changes_nothing()
        => Assert.Equal("ab", TextOf(Read(Begin, Piece("a", 2), """{"msgId":"m1","incremental":false,"params":{"x":1},"pkgId":3}""", Frame("", "\"incremental\":false,\"pkgId\":4,"), Frame(Item("", more: "\"incremental\":false,")), Piece("b", 5), Last())));

    [Theory]
    [InlineData("2,2,3", "ab", null)]
    [InlineData("2,3,2", "ab", null)]
    [InlineData("2,7", "ab", null)]
    public void A_piece_that_comes_again_is_passed_over_and_a_gap_is_none(string order, string text, string? replaced)
    {
        var pieces = order.Split(',').Select(number => Piece(number == "2" ? "a" : "b", int.Parse(number, System.Globalization.CultureInfo.InvariantCulture)));
        var events = Read([Begin, .. pieces, Last(Item("ab"), "\"pkgId\":9")]);
        Assert.Equal(text, TextOf(events));
        Assert.Equal(replaced, events.OfType<PartCompleted>().Single().Text);
    }

    [Fact]
    public void A_piece_that_comes_too_late_is_made_good_by_the_whole_at_the_end()
    {
        var events = Read(Begin, Piece("a", 2), Piece("c", 4), Piece("b", 3), Piece("d", 5), Last(Item("abcd"), "\"pkgId\":7"));
        Assert.Equal(["a", "c", "d"], events.OfType<PartDelta>().Select(delta => delta.Text));
        Assert.Equal("abcd", events.OfType<PartCompleted>().Single().Text);
        Assert.Equal("abcd", TextOf(events));
    }

    [Fact]
    public void A_whole_text_that_shrinks_takes_nothing_back_and_may_grow_again()
    {
        var grown = Read(Frame(Item("Hello")), Frame(Item("Hel")), Frame(Item("Hello you")), Last(Item("Hello you")));
        Assert.Equal(["Hello", " you"], grown.OfType<PartDelta>().Select(delta => delta.Text));
        Assert.Null(grown.OfType<PartCompleted>().Single().Text);
        var shrunk = Read(Frame(Item("Hello")), Last(Item("Hel")));
        Assert.Equal(("Hello", "Hel"), (shrunk.OfType<PartDelta>().Single().Text, shrunk.OfType<PartCompleted>().Single().Text));
    }

    [Fact]
    public void What_stands_for_a_text_and_half_a_character_are_held_back()
    {
        Assert.Equal(["你", "好!"], Read(Frame(Item("Thinking")), Frame(Item("你\uFFFD")), Last(Item("你好!"))).OfType<PartDelta>().Select(delta => delta.Text));
        Assert.Equal("Thinking", TextOf(Read(Frame(Item("Thinking")), Last())));
        Assert.Equal("", TextOf(Read(Frame(Item("Thinking")))));
        Assert.Equal("a\uFFFD", TextOf(Read(Frame(Item("a\uFFFD")), Last())));
    }

    [Theory]
    [InlineData("""a\ud83d""", """\ude42b""")]
    [InlineData("""a\ud83d""", """\uDE42b""")]
    public void Half_a_pair_waits_for_the_other_half(string first, string second)
    {
        Assert.Equal("a🙂b", TextOf(Read(Begin, Piece(first, 2), Piece(second, 3), Last())));
        Assert.Equal("a🙂b", TextOf(Read(Frame(Item(first)), Frame(Item(first + second)), Last())));
        Assert.Equal("a\uFFFD", TextOf(Read(Begin, Piece(first, 2), Last())));
    }

    [Theory]
    [InlineData("""{\"content\":\"a\\\"b\"}""", "a\"b")]
    [InlineData("""\"{\\\"content\\\":\\\"ab\\\"}\" """, "ab")]
    [InlineData("""{\"x\":[1],\"content\":\"a\\n\\u4e16\"}""", "a\n世")]
    [InlineData("""{\"content\":\"\ud83d\ude42\"}""", "🙂")]
    [InlineData("""{\"content\":\"C:\\\\udir\"}""", "C:\\udir")]
    public void A_thought_is_read_out_of_its_string(string content, string thought)
        => Assert.Equal(thought, Fold(Read(Frame(Item(content, "think")), Last())).Items.Single().Reasoning);

    [Theory]
    [InlineData("""{\"content\":\"a\ud83d\"}""", """{\"content\":\"\ude42\"}""")]
    [InlineData("""{\"content\":\"a\\ud83d\"}""", """{\"content\":\"\\ude42\"}""")]
    [InlineData("""\"{\\\"content\\\":\\\"a\ud83d\\\"}\" """, """{\"content\":\"\ude42\"}""")]
    public void A_thought_may_be_cut_within_a_pair_however_it_is_wrapped(string first, string second)
        => Assert.Equal("a🙂", Fold(Read(Frame(Item(first, "think", more: "\"incremental\":true,")), Frame(Item(second, "think", more: "\"incremental\":true,")), Last())).Items.Single().Reasoning);

    [Theory]
    [InlineData("no json")]
    [InlineData("""{\"content\":""")]
    [InlineData("""{\"content\":7}""")]
    [InlineData("""[]""")]
    public void A_thought_that_cannot_be_read_is_never_shown(string content)
        => Assert.Equal(["answer"], Fold(Read(Frame(Item(content, "think", "m1_0")), Last(Item("answer", id: "m1_1")))).Items.Select(item => item.Text + item.Reasoning));

    [Fact]
    public void A_thought_is_over_when_it_says_so_or_something_is_said()
    {
        string Thought(string text, bool isWhole) => Item($$"""{\"content\":\"{{text}}\"}""", "think", "m1_0", $"\"incremental\":{(isWhole ? "false" : "true")},\"status\":\"{(isWhole ? "finished" : "generating")}\",");
        var told = Read(Begin, Frame(Thought("Hm", false)), Frame(Thought(" so", false)), Frame(Thought("Hm so", true)), Frame(Item("Yes", id: "m1_1")), Last(Thought("Hm so", true) + "," + Item("Yes", id: "m1_1")));
        var seen = Read(Begin, Frame(Thought("Hm", false)), Frame(Thought(" so", false)), Frame(Item("Yes", id: "m1_1")), Last(Thought("Hm so", true) + "," + Item("Yes", id: "m1_1")));
        Assert.Equal(told, seen);
        Assert.Equal(["Hm", " so", "Yes"], told.OfType<PartDelta>().Select(delta => delta.Text));
        Assert.True(told.FindIndex(one => one is ItemCompleted { Item: 0 }) < told.FindIndex(one => one is ItemStarted { Item: 1 }));
    }

    [Fact]
    public void One_id_may_be_given_to_two_types()
    {
        var state = Fold(Read(Frame(Item("""{\"content\":\"Hm\"}""", "think")), Frame(Item("Yes")), Last()));
        Assert.Equal(["Hm", "Yes"], state.Items.Select(item => item.Reasoning + item.Text));
    }

    [Theory]
    [InlineData("plugin", """{\"pluginResult\":\"[{\\\"url\\\":\\\"http://a\\\",\\\"title\\\":\\\"A\\\",\\\"body\\\":\\\"b\\\",\\\"time\\\":1},{\\\"url\\\":\\\"expired_url\\\"}]\"}""", "b")]
    [InlineData("plugin", """{\"pluginResult\":[{\"url\":\"http://a\",\"title\":\"A\"}]}""", null)]
    [InlineData("referenceLink", """{\"links\":[{\"url\":\"http://a\",\"title\":\"A\"}]}""", null)]
    [InlineData("referenceLink", """\"{\\\"links\\\":[{\\\"url\\\":\\\"http://a\\\",\\\"title\\\":\\\"A\\\"}]}\" """, null)]
    public void What_was_looked_up_is_told_once(string type, string content, string? text)
    {
        var item = Item(content, type, "m1_0", "\"status\":\"finished\",");
        var recall = (RecallItem)Fold(Read(Frame(item), Frame(item), Last(item + "," + Item("answer", id: "m1_1")))).Items[0].Head;
        Assert.Equal(new RecallItem([new Source("A", "http://a", text)]), recall);
    }

    [Theory]
    [InlineData("plugin", "not json")]
    [InlineData("plugin", """{\"pluginResult\":\"[\"}""")]
    [InlineData("referenceLink", """{\"links\":[5]}""")]
    [InlineData("card_of_news", """{\"x\":1}""")]
    public void What_cannot_be_understood_is_kept_and_comes_back_as_it_was(string type, string content)
    {
        var events = Read(Frame(Item(content, type, "m1_0", "\"pluginCode\":\"p\",\"status\":\"finished\",")), Last(Item("answer", id: "m1_1")));
        Assert.Equal(type, ((OpaqueItem)Fold(events).Items[0].Head).Type);
        Assert.Contains($$"""{"content":"{{content}}","contentType":"{{type}}","id":"6b00445000c000006b00445000c00008_0","incremental":false,"pluginCode":"p","role":"assistant","status":"finished"}""", Write(events), StringComparison.Ordinal);
        Assert.Equal("answer", TextOf(events));
    }

    [Fact]
    public void What_never_becomes_whole_is_kept_to_a_limit()
    {
        var piece = new string('x', 1024 * 1024);
        string[] Pieces(int count) => [.. Enumerable.Range(0, count).Select(i => Frame(Item(piece, "card", $"m1_{i % 2}", "\"incremental\":true,")))];
        Assert.Equal(new RunCompleted(FinishReason.Stop), Read([.. Pieces(8), Last()])[^1]);
        Assert.Equal("upstream_malformed", ErrorOf(Read([.. Pieces(9), Last()])).Code);

        // A whole that is told again and again is one.
        Assert.Equal(new RunCompleted(FinishReason.Stop), Read([.. Enumerable.Repeat(Frame(Item(piece, "card")), 12), Last()])[^1]);
    }

    [Fact]
    public void The_question_that_a_peer_repeats_is_not_its_answer()
        => Assert.Equal("a", TextOf(Read(Frame("""{"content":"q","contentType":"text","id":"q1_0","role":"user"},""" + Item("a")), Last())));

    [Theory]
    [InlineData("\"stopReason\":\"stop\"", "stop")]
    [InlineData("\"stopReason\":\"null\"", "stop")]
    [InlineData("\"x\":1", "stop")]
    [InlineData("\"stopReason\":\"length\"", "length")]
    [InlineData("\"stopReason\":\"stop\",\"canShare\":false", "content_filter")]
    public void The_last_frame_tells_why_it_stops(string more, string finish)
    {
        var events = Read(Frame(Item("a"), "\"canShare\":true,"), Last(Item("a"), more));
        Assert.Equal(new RunCompleted(new FinishReason(finish)), events[^1]);
        Assert.Equal(finish == "stop" ? ItemStatus.Completed : ItemStatus.Incomplete, events.OfType<ItemCompleted>().Single().Status);
    }

    [Theory]
    [InlineData("\"stopReason\":\"interrupted\"")]
    [InlineData("\"interrupted\":true")]
    public void An_interrupted_answer_was_cancelled(string more) => Assert.Equal(new RunCancelled(), Read(Frame(Item("a")), Last(Item("a"), more))[^1]);

    [Fact]
    public void What_may_not_be_shared_meanwhile_is_no_filter()
        => Assert.Equal(new RunCompleted(FinishReason.Stop), Read(Frame(Item("a"), "\"canShare\":false,"), Last(Item("a"), "\"canShare\":true"))[^1]);

    [Theory]
    [InlineData("[heartbeat]")]
    [InlineData("heartbeat")]
    public void A_heartbeat_says_nothing(string beat) => Assert.Equal(Read(Begin, Piece("a", 2), Last()), Read(beat, Begin, beat, Piece("a", 2), beat, Last()));

    [Fact]
    public void All_after_the_end_is_ignored()
        => Assert.Equal(Read(Begin, Piece("a", 2), Last()), Read(Begin, Piece("a", 2), Last(), Piece("b", 12), """{"errorCode":"X"}""", "[DONE]", "garbage"));

    [Fact]
    public void A_stop_without_a_last_frame_is_an_end_where_the_stream_has_one()
        => Assert.Equal(new RunCompleted(FinishReason.Stop), Read(Frame(Item("a")).Replace("\"null\"", "\"stop\"", StringComparison.Ordinal), "[DONE]")[^1]);

    [Theory]
    [InlineData("upstream_incomplete")]
    [InlineData("upstream_incomplete", "[DONE]")]
    [InlineData("upstream_incomplete", Begin)]
    [InlineData("upstream_malformed", Begin, "<html>")]
    [InlineData("upstream_malformed", Begin, "{\"msgId\":")]
    [InlineData("upstream_malformed", Begin, "[]")]
    public void A_stream_without_an_end_or_with_what_is_no_message_fails(string code, params string[] data)
        => Assert.Equal((ErrorCause.Malformed, code), ErrorOf(Read(data)) is var error ? (error.Cause, error.Code) : default);

    [Theory]
    [InlineData("""{"msgId":"m1","sessionId":"s1","msgStatus":"finished","errorCode":"AGENT_TIMEOUT","errorMsg":"slow"}""", ErrorCause.TimedOut, "slow")]
    [InlineData("""{"errorCode":"SESSION_NOT_EXIST","errorMsg":"gone"}""", ErrorCause.NotFound, "gone")]
    [InlineData("""{"errorMsg":"NOT_LOGIN"}""", ErrorCause.Unauthorised, "The agent's server refused the agent's key.")]
    [InlineData("""{"errorCode":17,"failed":true}""", ErrorCause.Unavailable, "The agent failed.")]
    [InlineData("""{"success":false,"errorCode":null,"errorMsg":"no"}""", ErrorCause.Unavailable, "no")]
    [InlineData("""{"msgId":"m1","sessionId":"s1","msgStatus":"finished","stopReason":"error"}""", ErrorCause.Unavailable, "The agent failed.")]
    public void An_error_is_told_by_its_code_alone_or_in_a_frame(string frame, ErrorCause cause, string message)
    {
        var error = ErrorOf(Read(Begin, Piece("Hi", 2), frame));
        Assert.Equal((ErrorSide.Agent, cause, message), (error.Side, error.Cause, error.Message));
        Assert.Equal("Hi", TextOf(Read(Begin, Piece("Hi", 2), frame)));
        var events = new List<RunEvent>();
        TongyiStreamReader.ReadBody(Encoding.UTF8.GetBytes("\uFEFF " + frame), events);
        Assert.Equal((cause, message), (ErrorOf(events).Cause, ErrorOf(events).Message));
    }

    [Fact]
    public void No_code_is_no_error()
        => Assert.Equal(new RunCompleted(FinishReason.Stop), Read(Frame(Item("a"), "\"errorCode\":\"\",\"errorMsg\":\"\",\"success\":true,\"failed\":false,"), Last(Item("a"), "\"errorCode\":null,\"errorMsg\":null"))[^1]);

    [Fact]
    public void An_answer_that_was_not_streamed_is_one_message()
    {
        var events = new List<RunEvent>();
        TongyiStreamReader.ReadBody(Encoding.UTF8.GetBytes(Last(Item("Hello"))), events);
        Assert.Equal("Hello", TextOf(events));
        Assert.Equal(new RunCompleted(FinishReason.Stop), events[^1]);
    }

    private static RunError ErrorOf(List<RunEvent> events) => Assert.IsType<RunFailed>(events[^1]).Error;
}
