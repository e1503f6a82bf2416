using System.Text;
using Parley.Cli.Conversion;
using Parley.Protocols;
using Parley.Protocols.Recordings;
using static Parley.Tests.Recordings.RecordingFiles;

namespace Parley.Tests.Cli;

/// <summary>Files with several exchanges, with damage, and as somebody kept them.</summary>
public sealed class ConvertFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("parley-convert").FullName;
    private readonly StringWriter _error = new();

    private string File => Path.Combine(_directory, "r.jsonl");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task All_exchanges_become_a_recording_of_the_other_protocol()
    {
        Write(File, [.. Chat(1, "one", (20, "Aye"), (30, " sir")), new RecordedRequest(2, default, "GET", "/v1/models", [], default), new RecordedResponse(2, 1, 200, []), new RecordedEnd(2, 1, ExchangeEnd.Complete), .. Chat(3, "two", (10, "No"))]);
        var (output, isGood) = await ConvertAllAsync("coze");
        Assert.True(isGood, _error.ToString());
        var converted = Open(output);
        Assert.Equal([1, 3], converted.Exchanges.Select(exchange => exchange.Number));
        Assert.All(converted.Exchanges, exchange => Assert.Equal((Protocol.Coze, ExchangeEnd.Complete), (exchange.Protocol, exchange.How)));

        // What the user said is found as before, and each piece comes at its time.
        Assert.Equal(Recording.Open(File).Exchanges.Where(exchange => exchange.Protocol is not null).Select(exchange => (exchange.Question, exchange.Words)), converted.Exchanges.Select(exchange => (exchange.Question, exchange.Words)));
        Assert.Contains(converted.Answer(converted.Exchanges[0]).OfType<RecordedData>(), data => data.Milliseconds == 30 && Encoding.UTF8.GetString(data.Bytes.Span).Contains("\"content\":\" sir\"", StringComparison.Ordinal));
        Assert.Contains("2 exchanges, 1 that no agent answered left out, of ", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not JSON", "line 5: it is not JSON as recordings have it")]
    [InlineData("{\"exchange\":1,\"ms\":9,\"base64\":\"?\"}", "line 5: \"base64\" is not base64")]
    [InlineData("{\"exchange\":1,\"ms\":9,\"text\":\"\\ud800\"}", "line 5: it is not JSON as recordings have it")]
    [InlineData("{\"exchange\":9,\"ms\":9,\"text\":\"x\"}", "line 5: exchange 9 has no request before this")]
    public async Task What_was_under_way_at_a_damaged_line_is_left_out_and_all_else_is_converted(string damaged, string reason)
    {
        var lines = Lines([.. Chat(1, "one", (20, "Aye"), (30, " sir")), .. Chat(2, "two", (10, "No"))]);
        lines.Insert(4, damaged);
        System.IO.File.WriteAllText(File, string.Join('\n', lines) + "\n");
        var (output, isGood) = await ConvertAllAsync("coze");
        Assert.False(isGood);
        Assert.Equal(2, Assert.Single(Open(output).Exchanges).Number);
        Assert.Contains($"r.jsonl: {reason}. It is passed over", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("exchange 1 is damaged at line 5 and left out", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_that_is_cut_is_told_and_what_was_before_it_is_converted()
    {
        var lines = Lines([.. Chat(1, "one", (20, "Aye")), .. Chat(2, "two", (10, "No"))]);
        System.IO.File.WriteAllText(File, string.Join('\n', lines)[..^9]);
        var (output, isGood) = await ConvertAllAsync("coze");
        Assert.False(isGood);
        Assert.Equal([ExchangeEnd.Complete, ExchangeEnd.Broken], Open(output).Exchanges.Select(exchange => exchange.How));
        Assert.Contains($"line {lines.Count}: it is cut", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"parley-rec\n")]
    public async Task A_recording_without_its_first_line_is_read_all_the_same(string first)
    {
        System.IO.File.WriteAllText(File, first + string.Join('\n', Lines(Chat(1, "one", (20, "Aye")))[1..]) + "\n");
        var (output, isGood) = await ConvertAllAsync("coze");
        Assert.False(isGood);
        Assert.Equal(Protocol.Coze, Assert.Single(Open(output).Exchanges).Protocol);
        Assert.Contains("line 1: the first line of a recording, {\"parley-recording\":1}, is missing or damaged; put it there", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_broke_off_is_told_after_what_there_was()
    {
        Write(File, [Asked(1, "one"), Answered(1), Said(1, 20, "Aye"), new RecordedEnd(1, 30, ExchangeEnd.Broken)]);
        var (output, isGood) = await ConvertAllAsync("responses");
        Assert.False(isGood);
        Assert.Contains("Aye", Encoding.UTF8.GetString(output), StringComparison.Ordinal);
        Assert.Contains("it is not a whole answer of chat-completions: The recorded answer broke off.", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(200)]
    public async Task A_whole_answer_keeps_the_status_of_its_error(int status)
    {
        var answer = status == 200 ? Said(1, 20, "Aye") : Piece(1, 20, "{\"error\":{\"message\":\"Slow down.\",\"type\":\"rate_limit_error\"}}");
        Write(File, [Asked(1, "one"), Answered(1, status), answer, new RecordedEnd(1, 30, ExchangeEnd.Complete)]);
        using var output = new MemoryStream();
        await Converter("responses", isWhole: true).ConvertAllAsync(output, TestContext.Current.CancellationToken);
        Assert.Equal(status, Assert.Single(Open(output.ToArray()).Exchanges).Status);
    }

    [Fact]
    public void Of_a_kept_text_it_is_told_how_far_it_was_read()
    {
        System.IO.File.WriteAllText(File, string.Concat(Enumerable.Repeat("data: {}\n\n", 20_000)));
        var passed = new List<long>();
        Recording.Open(File, passed.Add);
        Assert.True(passed.Count > 1);
        Assert.Equal(200_000, passed[^1]);
    }

    [Fact]
    public void A_kept_text_with_requests_and_remarks_has_an_exchange_for_each_stream()
    {
        const string Chunk = "data: {\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Aye\"}}]}\n\n";
        System.IO.File.WriteAllText(
            File,
            "// the first\n{\n  \"messages\": [\n    {\n      \"role\": \"user\",\n      \"content\": \"one\"\n    }\n  ]\n}\n\n// its answer\n" + Chunk + "data: [DONE]\n\n// again\r\n{\r\n  \"messages\": [{\"role\": \"user\", \"content\": \"two\"}]\r\n}\r\n"
            + Chunk + "data: [DONE]\n\n\n" + "curl --data-raw '{\n \"additional_messages\": [{\"role\":\"user\",\"content\":\"three\"}]\n}'\n");
        var recording = Recording.Open(File);
        Assert.Equal([(1, Protocol.ChatCompletions, "one"), (2, Protocol.ChatCompletions, "two")], recording.Exchanges.Select(exchange => (exchange.Number, exchange.Protocol!.Value, exchange.Words!)));
        foreach (var exchange in recording.Exchanges)
            Assert.Equal(Chunk + "data: [DONE]\n", string.Concat(recording.Answer(exchange).OfType<RecordedData>().Select(data => Encoding.UTF8.GetString(data.Bytes.Span))).TrimEnd('\n') + "\n");
        Assert.Equal("2  -  chat-completions  -  200  " + recording.Exchanges[1].Bytes + " bytes  two", ExchangeList.Describe(recording, recording.Exchanges[1]));
    }

    [Fact]
    public void Remarks_within_a_stream_do_not_end_it_and_one_stream_alone_is_the_whole_file()
    {
        var stream = "event:conversation.chat.created\n// a remark\ndata:{\"id\":\"1\",\"conversation_id\":\"2\"}\n\n......\n\nevent:done\ndata:\"[DONE]\"\n\n\n";
        System.IO.File.WriteAllText(File, "\n" + stream);
        var exchange = Assert.Single(Recording.Open(File).Exchanges);
        Assert.Equal((stream.Length + 1, Protocol.Coze), (exchange.Bytes, exchange.Protocol));
    }

    [Fact]
    public void The_list_tells_number_time_protocol_path_status_bytes_and_the_first_words()
    {
        Write(File, [Asked(1, new string('x', 70)) with { At = new DateTimeOffset(2026, 11, 20, 13, 0, 0, TimeSpan.Zero) }, Answered(1), Said(1, 20, "Aye"), Asked(2, "two"), .. Chat(3, "three", (10, "No"))]);
        var recording = Recording.Open(File);
        Assert.Equal($"1  2026-11-20 13:00:00Z  chat-completions  POST /v1/chat/completions  200  {recording.Exchanges[0].Bytes} bytes  {new string('x', 60)}…  broken off", ExchangeList.Describe(recording, recording.Exchanges[0]));
        Assert.Contains("  no answer  0 bytes  two  broken off", ExchangeList.Describe(recording, recording.Exchanges[1]), StringComparison.Ordinal);
        Assert.EndsWith("  three", ExchangeList.Describe(recording, recording.Exchanges[2]), StringComparison.Ordinal);
    }

    private static Recording Open(byte[] recording)
    {
        var path = Path.GetTempFileName();
        System.IO.File.WriteAllBytes(path, recording);
        return Recording.Open(path);
    }

    private static List<string> Lines(IEnumerable<RecordingEntry> entries) => [.. Encoding.UTF8.GetString(Recordings.RecordingFormatTests.Write(entries)).TrimEnd('\n').Split('\n')];

    private FileConverter Converter(string to, bool isWhole = false)
    {
        var recording = Recording.Open(File);
        var converter = new FileConverter(File, recording, new ConversionTask(null, StreamFormat.Of(to), isWhole), _error, new ConversionProgress(_error, recording.Bytes, new FakeTime()));
        converter.TellDamage();
        return converter;
    }

    private async Task<(byte[] Output, bool IsGood)> ConvertAllAsync(string to)
    {
        using var output = new MemoryStream();
        var isGood = await Converter(to).ConvertAllAsync(output, TestContext.Current.CancellationToken);
        return (output.ToArray(), isGood);
    }
}
