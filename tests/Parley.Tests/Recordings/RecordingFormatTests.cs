using System.Buffers;
using System.Text;
using Parley.Protocols.Recordings;

namespace Parley.Tests.Recordings;

public sealed class RecordingFormatTests
{
    private static readonly RecordingEntry[] Entries =
    [
        new RecordedRequest(1, new DateTimeOffset(2026, 11, 20, 13, 0, 0, 125, TimeSpan.Zero), "POST", "/v3/chat?conversation_id=7", [new("Content-Type", "application/json"), new("X-Twice", "1"), new("X-Twice", "2")], Bytes("{\"a\":\"\\n\u2028 星\"}")),
        new RecordedRequest(2, new DateTimeOffset(2026, 11, 20, 13, 0, 1, TimeSpan.Zero), "POST", "/v1/files/upload", [], new byte[] { 0xff, 0, 0x80 }, IsCut: true),
        new RecordedResponse(1, 40, 200, [new("content-type", "text/event-stream")]),
        new RecordedData(1, 41, Bytes("data: \"one\"\r\n\n\u0085🙂\0")),
        new RecordedEnd(2, 17, ExchangeEnd.ClientGone),
        new RecordedData(1, 42, new byte[] { 0xe6, 0x98 }),
        new RecordedEnd(1, 50, ExchangeEnd.Broken),
    ];

    [Fact]
    public void What_was_written_is_read_again_byte_by_byte()
    {
        var (read, reader) = Read(Write(Entries));
        Assert.Equal(Entries.Select(Show), read.Select(Show));
        Assert.False(reader.IsCut);
    }

    [Fact]
    public void A_line_is_text_that_a_person_can_read()
        => Assert.Equal(
            "{\"exchange\":1,\"ms\":41,\"text\":\"event: done\\ndata: 星期五\\n\\n\"}\n",
            Encoding.UTF8.GetString(Write(new RecordedData(1, 41, Bytes("event: done\ndata: 星期五\n\n"))).AsSpan(RecordingWriter.FirstLine.Length)));

    [Fact]
    public void A_file_that_was_cut_at_any_byte_gives_all_entries_before_the_cut()
    {
        var whole = Write(Entries);
        for (var length = RecordingWriter.FirstLine.Length; length < whole.Length; length++)
        {
            var (read, reader) = Read(whole[..length]);
            var lines = whole.AsSpan(0, length).Count((byte)'\n') - 1;
            Assert.Equal(Entries.Take(lines).Select(Show), read.Select(Show));
            Assert.Equal(whole[length - 1] != '\n', reader.IsCut);
        }
    }

    [Theory]
    [InlineData("not JSON", "not JSON")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("{\"ms\":1}", "\"exchange\"")]
    [InlineData("{\"exchange\":1,\"ms\":-1,\"text\":\"\"}", "\"ms\"")]
    [InlineData("{\"exchange\":1,\"ms\":1}", "neither")]
    [InlineData("{\"exchange\":1,\"ms\":1,\"base64\":\"?\"}", "base64")]
    [InlineData("{\"exchange\":1,\"ms\":1,\"end\":\"soon\"}", "\"end\"")]
    [InlineData("{\"exchange\":1,\"ms\":1,\"response\":{\"status\":200}}", "\"headers\"")]
    public void A_damaged_line_is_named_and_the_next_one_is_read(string line, string reason)
    {
        var file = Write(Entries[..3]).Concat(Bytes(line + "\n").ToArray()).Concat(Bytes("{\"exchange\":1,\"ms\":9,\"end\":\"complete\",\"new\":1}\n").ToArray()).ToArray();
        var reader = new RecordingReader(new MemoryStream(file));
        for (var i = 0; i < 3; i++) Assert.NotNull(reader.Read());
        var e = Assert.Throws<RecordingException>(reader.Read);
        Assert.Equal(5, e.Line);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.Equal(new RecordedEnd(1, 9, ExchangeEnd.Complete), reader.Read());
    }

    [Theory]
    [InlineData("{\"parley-recording\":2}\n", "version")]
    [InlineData("data: hello\n", "first line")]
    public void A_file_of_another_kind_is_no_recording(string text, string reason)
        => Assert.Contains(reason, Assert.Throws<RecordingException>(() => Read(Bytes(text).ToArray())).Message, StringComparison.Ordinal);

    [Fact]
    public void A_line_may_be_as_long_as_the_largest_event()
    {
        var data = new RecordedData(1, 1, Bytes(new string('"', 17 << 20)));
        var (read, _) = Read(Write(data));
        Assert.Equal(data.Bytes.Length, Assert.IsType<RecordedData>(Assert.Single(read)).Bytes.Length);
    }

    internal static byte[] Write(params IEnumerable<RecordingEntry> entries)
    {
        var into = new ArrayBufferWriter<byte>();
        into.Write(RecordingWriter.FirstLine);
        foreach (var entry in entries) RecordingWriter.Write(entry, into);
        return into.WrittenSpan.ToArray();
    }

    private static (List<RecordingEntry> Entries, RecordingReader Reader) Read(byte[] file)
    {
        var reader = new RecordingReader(new MemoryStream(file));
        var entries = new List<RecordingEntry>();
        while (reader.Read() is { } entry) entries.Add(entry);
        return (entries, reader);
    }

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    // Memory compares by reference.
    private static string Show(RecordingEntry entry) => entry switch
    {
        RecordedRequest request => $"{request with { Body = default, Headers = default }} {string.Join('|', request.Headers)} {Convert.ToHexString(request.Body.Span)}",
        RecordedResponse response => $"{response with { Headers = default }} {string.Join('|', response.Headers)}",
        RecordedData data => $"{data with { Bytes = default }} {Convert.ToHexString(data.Bytes.Span)}",
        _ => entry.ToString(),
    };
}
