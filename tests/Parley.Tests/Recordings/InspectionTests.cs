using Parley.Cli.Inspection;
using Parley.Protocols;
using Parley.Protocols.Recordings;
using static Parley.Tests.Recordings.RecordingFiles;

namespace Parley.Tests.Recordings;

public sealed class InspectionTests
{
    [Fact]
    public void Each_event_is_a_line_with_its_time_and_the_text_so_far()
    {
        var lines = Inspect("chat-completions", Chat(1, "a", (120, "星期"), (1500, "五"))).Split('\n', StringSplitOptions.TrimEntries);
        Assert.Contains("0.120  data                            0 message         星期", lines);
        Assert.Contains("1.500  data                            0 message         星期五", lines);
        Assert.Contains("completed (stop)", lines);
        Assert.Contains(lines, line => line.StartsWith("4 events, ", StringComparison.Ordinal) && line.EndsWith("first text after 0.120 s, 1.500 s", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_malformed_is_shown_and_the_rest_too()
    {
        var shown = Inspect("chat-completions", [Answered(1), Said(1, 20, "one"), Piece(1, 30, "data: {broken\n\n"), Said(1, 40, "after"), new RecordedEnd(1, 50, ExchangeEnd.Broken)]);
        Assert.Contains("malformed", shown, StringComparison.Ordinal);
        Assert.Contains("after", shown, StringComparison.Ordinal);
        Assert.Contains("the answer broke off", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plain_error_is_shown_as_the_failure_it_is()
        => Assert.Contains(
            "failed: A chat is running. (4016)",
            Inspect("coze", [new RecordedResponse(1, 1, 200, []), Piece(1, 1, "{\"code\":4016,\"msg\":\"A chat is running.\"}"), new RecordedEnd(1, 2, ExchangeEnd.Complete)]),
            StringComparison.Ordinal);

    [Fact]
    public void A_stream_of_no_known_protocol_is_shown_as_it_came()
        => Assert.Contains("{\"hello\":1}", Inspect(null, [Answered(1), Piece(1, 1, "event: hi\ndata: {\"hello\":1}\n\n"), new RecordedEnd(1, 2, ExchangeEnd.Complete)]), StringComparison.Ordinal);

    [Theory]
    [InlineData("abc", 3)]
    [InlineData("星期五", 6)]
    [InlineData("한글", 4)]
    [InlineData("🙂", 2)]
    [InlineData("👩‍👩‍👧", 2)]
    [InlineData("e\u0301", 1)]
    [InlineData("ｱ", 1)]
    public void Columns_are_counted_as_a_terminal_counts(string text, int width) => Assert.Equal(width, TerminalText.WidthOf(text));

    [Theory]
    [InlineData("abcdef", 6, "abcdef", "abcdef")]
    [InlineData("abcdef", 4, "…def", "abc…")]
    [InlineData("今天是星期五", 6, "…期五", "今天…")]
    [InlineData("a\nb\u001b[2J", 20, "a b\uFFFD[2J", "a b\uFFFD[2J")]
    public void A_text_that_is_too_long_is_shortened(string text, int columns, string tail, string head)
        => Assert.Equal((tail, head), (TerminalText.Tail(text, columns), TerminalText.Head(text, columns)));

    private static string Inspect(string? protocol, IEnumerable<RecordingEntry> entries)
    {
        using var output = new StringWriter();
        new StreamInspector(protocol is null ? null : StreamFormat.Of(protocol), new InspectScreen(output, 120, hasColours: false), hasTimes: true).Inspect(entries.Where(entry => entry is not RecordedRequest));
        return output.ToString();
    }
}
