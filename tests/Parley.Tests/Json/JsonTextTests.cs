using System.Buffers;
using System.Text;
using System.Text.Json;
using Parley.Protocols.Json;

namespace Parley.Tests.Json;

public sealed class JsonTextTests
{
    [Theory]
    [InlineData("plain 中文 🙂 it's", "plain 中文 🙂 it's")]
    [InlineData("a\"b\\c", "a\\\"b\\\\c")]
    [InlineData("\n\r\t\b\f\0\u001f", "\\n\\r\\t\\b\\f\\u0000\\u001f")]
    [InlineData("<b>&</b>", "\\u003cb\\u003e\\u0026\\u003c/b\\u003e")]
    [InlineData("\u0085\u2028\u2029", "\\u0085\\u2028\\u2029")]
    [InlineData("\u007f", "\u007f")]
    public void Coze_strings_are_escaped_as_Go_escapes_them(string text, string expected)
        => Assert.Equal(expected, Escaped(text, JsonEscaping.Go));

    [Fact]
    public void The_minimal_escaping_leaves_markup_raw_but_no_line_separator()
        => Assert.Equal("<b>&</b>\\u2028\\u0085", Escaped("<b>&</b>\u2028\u0085", JsonEscaping.Minimal));

    [Theory]
    [InlineData("a\ud83d")]
    [InlineData("\ude42a")]
    public void Half_a_pair_is_written_as_the_replacement_character(string text)
        => Assert.Equal(text.Replace('\ud83d', '\ufffd').Replace('\ude42', '\ufffd'), Escaped(text, JsonEscaping.Go));

    [Fact]
    public void A_pair_is_whole_wherever_a_long_text_is_cut()
    {
        for (var offset = 1020; offset < 1028; offset++)
        {
            var text = new string('x', offset) + string.Concat(Enumerable.Repeat("🙂", 1000));
            Assert.Equal(text, Escaped(text, JsonEscaping.Go));
        }
    }

    [Theory]
    [InlineData("plain 中文 🙂", "plain 中文 🙂")]
    [InlineData(@"\ud83d\ude42", "🙂")]
    [InlineData(@"\""\\\/\n\r\t\b\f\u0041", "\"\\/\n\r\t\b\fA")]
    [InlineData(@"a\ud83db", "a\ufffdb")]
    [InlineData(@"\ude42\ude42", "\ufffd\ufffd")]
    [InlineData(@"\ud83d\ud83d\ude42", "\ufffd🙂")]
    [InlineData(@"\uZZZZ", "\ufffdZZZZ")]
    public void A_string_is_read_whatever_is_in_it(string escaped, string expected)
        => Assert.Equal(expected, JsonText.ReadTolerant(Encoding.UTF8.GetBytes(escaped)));

    [Fact]
    public void Half_a_pair_waits_for_the_next_piece()
    {
        var half = '\0';
        Assert.Equal("a", JsonText.ReadTolerant(@"a\ud83d"u8, ref half));
        Assert.Equal("", JsonText.ReadTolerant(""u8, ref half));
        Assert.Equal("🙂b", JsonText.ReadTolerant(@"\ude42b"u8, ref half));
        Assert.Equal('\0', half);
    }

    [Fact]
    public void Half_a_pair_that_is_not_continued_is_replaced()
    {
        var half = '\0';
        JsonText.ReadTolerant(@"\ud83d"u8, ref half);
        Assert.Equal("\ufffdb", JsonText.ReadTolerant("b"u8, ref half));
        Assert.Equal("\ufffd", JsonText.ReadTolerant(@"\ud83d"u8));
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_replaced()
        => Assert.Equal("a\ufffd", JsonText.ReadTolerant([(byte)'a', 0xff]));

    [Theory]
    [InlineData(JsonEscaping.Go)]
    [InlineData(JsonEscaping.Minimal)]
    public void What_is_written_is_read_back_by_us_and_by_the_framework(JsonEscaping escaping)
    {
        var random = new Random(4711);
        for (var round = 0; round < 300; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(60)).Select(_ => new Rune(random.Next(8) switch
            {
                0 => random.Next(0x20),
                1 => random.Next(0x20, 0x80),
                2 => 0x2028 + random.Next(2),
                3 => 0x1f600 + random.Next(60),
                4 => 0x85,
                5 => "<>&\"\\/"[random.Next(6)],
                _ => 0x4e00 + random.Next(1000),
            }).ToString()));
            var escaped = Escaped(text, escaping);
            Assert.Equal(text, JsonText.ReadTolerant(Encoding.UTF8.GetBytes(escaped)));
            Assert.Equal(text, JsonSerializer.Deserialize<string>($"\"{escaped}\""));
        }
    }

    private static string Escaped(string text, JsonEscaping escaping)
    {
        var into = new ArrayBufferWriter<byte>();
        JsonText.WriteEscaped(text, into, escaping);
        return Encoding.UTF8.GetString(into.WrittenSpan);
    }
}
