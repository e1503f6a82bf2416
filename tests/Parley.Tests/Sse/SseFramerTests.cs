using System.Text;
using Parley.Protocols.Sse;

namespace Parley.Tests.Sse;

public sealed class SseFramerTests
{
    public static TheoryData<string, string> Streams => new()
    {
        { "data: a\n\n", "|a" },
        { "data:a\n\ndata:  b\n\n", "|a;| b" },
        { "data: a\r\n\r\ndata: b\r\n\r\n", "|a;|b" },
        { "data: a\r\rdata: b\r\r", "|a;|b" },
        { "data: a\r\n\ndata: b\r\r\n", "|a;|b" },
        { "\uFEFFdata: a\n\n", "|a" },
        { "data: \uFEFFa\n\n", "|\uFEFFa" },
        { "event: x\ndata: 1\n\n", "x|1" },
        { "event:x\rdata:1\r\r", "x|1" },
        { "data: 1\nevent: x\n\n", "x|1" },
        { "data: 1\ndata: 2\ndata\ndata:3\n\n", "|1\n2\n\n3" },
        { "data: 1\nevent: name\ndata: 2\n\n", "name|1\n2" },
        { "data: 1\nevent: old\ndata: 2\nevent: new\ndata: 3\n\n", "new|1\n2\n3" },
        { "event: ping\n\n", "ping|" },
        { "data\n\n", "|" },
        { "data:\n\n", "|" },
        { ": comment\n\n: another\ndata: a\n: third\n\n", "|a" },
        { "id: 7\nretry: 10\ndata: a\nid\nother: x\n\n", "|a" },
        { "id: 7\n\n\n\n", "" },
        { "datax: 1\ndat: 2\n data: 3\n\n", "" },
        { "event: e\n{\"a\":1}\ndata: b\n\n", "e|b" },
        { "event: x\ndata: 1\n\ndata: 2\n\n", "x|1;|2" },
        { "data: 1\n\ndata: [DONE]", "|1;|[DONE]" },
        { "data: 1\n\ndata: [DONE]\n", "|1;|[DONE]" },
        { "data: 1\r\n\r\nevent: e\r\ndata: 2\r\n", "|1;e|2" },
        { "data: 世界🙂\n\n", "|世界🙂" },
        { "\n\n\ndata: a\n\n\n\n\ndata: b\n\n", "|a;|b" },
        { "", "" },
        { "\uFEFF", "" },
        { "data", "|" },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public void Events_are_the_same_wherever_the_bytes_are_cut(string stream, string events)
    {
        var bytes = Encoding.UTF8.GetBytes(stream);
        Assert.Equal(events, Read(bytes));
        for (var first = 0; first <= bytes.Length; first++)
            for (var second = first; second <= bytes.Length; second++)
                Assert.Equal(events, Read(bytes[..first], bytes[first..second], bytes[second..]));
        Assert.Equal(events, Read([.. bytes.Select(one => new[] { one })]));
    }

    [Fact]
    public void A_stream_that_was_copied_out_of_a_browser_has_an_event_for_each_object()
    {
        using var framer = new SseFramer(isCopied: true);
        framer.Append("event: e\n{\"a\":1}\n{\"b\":2}\n\ndata: c\n\n"u8);
        var events = new List<string>();
        while (framer.TryRead(out var frame)) events.Add($"{Encoding.UTF8.GetString(frame.Event)}|{Encoding.UTF8.GetString(frame.Data)}");
        Assert.Equal(["e|{\"a\":1}", "|{\"b\":2}", "|c"], events);
    }

    [Fact]
    public void An_event_can_be_read_as_soon_as_its_blank_line_is_there()
    {
        using var framer = new SseFramer();
        framer.Append("data: a\r\r"u8);
        Assert.True(framer.TryRead(out var frame));
        Assert.Equal("a"u8, frame.Data);
        Assert.False(framer.TryRead(out _));
        framer.Append("\ndata: b\n"u8);
        Assert.False(framer.TryRead(out _));
        framer.Append("\n"u8);
        Assert.True(framer.TryRead(out frame));
        Assert.Equal("b"u8, frame.Data);
    }

    [Theory]
    [InlineData(64 << 10)]
    [InlineData(1 << 20)]
    [InlineData(16 << 20)]
    public void A_large_event_comes_through_in_small_pieces_and_the_next_one_too(int size)
    {
        using var framer = new SseFramer();
        framer.Append("data: "u8);
        var piece = new byte[4093];
        piece.AsSpan().Fill((byte)'x');
        for (var left = size; left > 0; left -= piece.Length)
        {
            framer.Append(piece.AsSpan(0, Math.Min(left, piece.Length)));
            Assert.False(framer.TryRead(out _));
        }

        framer.Append("\n\ndata: next\n\n"u8);
        Assert.True(framer.TryRead(out var frame));
        Assert.Equal(size, frame.Data.Length);
        Assert.Equal(-1, frame.Data.IndexOfAnyExcept((byte)'x'));
        Assert.True(framer.TryRead(out frame));
        Assert.Equal("next"u8, frame.Data);
    }

    [Fact]
    public void An_event_over_the_limit_is_refused()
    {
        using var framer = new SseFramer(limit: 1000);
        framer.Append(Encoding.UTF8.GetBytes("data: " + new string('x', 990) + "\n\n"));
        Assert.True(framer.TryRead(out _));
        Assert.Throws<InvalidDataException>(() =>
        {
            framer.Append(Encoding.UTF8.GetBytes("data: " + new string('x', 1000)));
            framer.TryRead(out _);
            framer.Append("x"u8);
        });
    }

    [Fact]
    public void Comments_may_go_on_for_ever()
    {
        using var framer = new SseFramer(limit: 1000);
        for (var i = 0; i < 1000; i++)
        {
            framer.Append(": waiting\n\n"u8);
            Assert.False(framer.TryRead(out _));
        }

        framer.Append("data: a\n\n"u8);
        Assert.True(framer.TryRead(out var frame));
        Assert.Equal("a"u8, frame.Data);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData(" \r\n", null)]
    [InlineData("{", true)]
    [InlineData("\uFEFF\n [", true)]
    [InlineData("data: {", false)]
    [InlineData(": x", false)]
    [InlineData("<html>", false)]
    public void A_body_of_plain_json_is_told_by_its_first_byte(string begin, bool? expected)
    {
        using var framer = new SseFramer();
        framer.Append(Encoding.UTF8.GetBytes(begin));
        Assert.Equal(expected, framer.BeginsAsJson);
    }

    [Fact]
    public void Random_streams_in_random_pieces_are_read_as_a_plain_line_reader_reads_them()
    {
        var random = new Random(20261120);
        string[] words = ["data: ", "data:", "event: ", "event:", "id: 1", ":", "x", "🙂", " ", "\n", "\n", "\n\n", "\r", "\r\n", "\r\n\r\n", "[DONE]"];
        for (var round = 0; round < 3000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 30)).Select(_ => words[random.Next(words.Length)]));
            var bytes = Encoding.UTF8.GetBytes(text);
            var pieces = new List<byte[]>();
            for (var at = 0; at < bytes.Length;)
            {
                var count = Math.Min(random.Next(1, 9), bytes.Length - at);
                pieces.Add(bytes[at..(at + count)]);
                at += count;
            }

            Assert.Equal(Plainly(text), Read([.. pieces]));
        }
    }

    [Fact]
    public void Reading_allocates_nothing_per_event()
    {
        using var framer = new SseFramer();
        var bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("event: delta\ndata: {\"a\":1}\n\n", 100)));
        for (var i = 0; i < 100; i++) Drain(framer, bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Drain(framer, bytes);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void Drain(SseFramer framer, byte[] bytes)
        {
            framer.Append(bytes);
            while (framer.TryRead(out _)) { }
        }
    }

    private static string Read(params byte[][] pieces)
    {
        using var framer = new SseFramer();
        var events = new List<string>();
        foreach (var piece in pieces)
        {
            framer.Append(piece);
            Drain();
        }

        framer.Complete();
        Drain();
        return string.Join(';', events);

        void Drain()
        {
            while (framer.TryRead(out var frame)) events.Add($"{Encoding.UTF8.GetString(frame.Event)}|{Encoding.UTF8.GetString(frame.Data)}");
        }
    }

    // The specification's algorithm, word for word, with our two choices: an event needs no data, nor a blank line at the end.
    private static string Plainly(string text)
    {
        var events = new List<string>();
        string? name = null;
        string? data = null;
        foreach (var line in text.Replace("\r\n", "\n").Replace('\r', '\n').Split('\n').Append(""))
        {
            if (line.Length == 0)
            {
                if (name is not null || data is not null) events.Add($"{name}|{data}");
                name = data = null;
                continue;
            }

            var colon = line.IndexOf(':');
            var field = colon < 0 ? line : line[..colon];
            var value = colon < 0 ? "" : line[(colon + 1)..];
            if (value.StartsWith(' ')) value = value[1..];
            if (field == "event") name = value;
            if (field == "data") data = data is null ? value : data + "\n" + value;
        }

        return string.Join(';', events);
    }
}
