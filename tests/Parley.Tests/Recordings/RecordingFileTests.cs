using System.Text;
using Parley.AspNetCore.Configuration;
using Parley.Cli.Recorder;
using Parley.Protocols.Recordings;

namespace Parley.Tests.Recordings;

public sealed class RecordingFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("parley-recording").FullName;

    private string Path => System.IO.Path.Combine(_directory, "r.jsonl");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_new_recording_is_for_its_owner_only()
    {
        using var file = RecordingFile.Open(Path, Assert.Fail);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
    }

    [Fact]
    public void A_recording_is_gone_on_with_even_if_its_writer_was_killed_in_the_middle_of_a_line()
    {
        using (var file = RecordingFile.Open(Path, Assert.Fail)) Record(file, "one");
        File.AppendAllText(Path, "{\"exchange\":1,\"ms\":3,\"te");
        using (var file = RecordingFile.Open(Path, Assert.Fail))
        {
            Record(file, "two");
            Assert.Equal(2, file.Count);
        }

        var recording = Recording.Open(Path);
        Assert.Empty(recording.Damage);
        Assert.Equal([(1, ExchangeEnd.Complete), (2, ExchangeEnd.Complete)], recording.Exchanges.Select(exchange => (exchange.Number, exchange.How)));
    }

    [Theory]
    [InlineData("dear diary\n")]
    [InlineData("no line end")]
    [InlineData("{\"parley-recording\":9}\n")]
    public void A_file_of_another_kind_is_not_touched(string text)
    {
        File.WriteAllText(Path, text);
        Assert.Throws<ConfigurationException>(() => RecordingFile.Open(Path, Assert.Fail));
        Assert.Equal(text, File.ReadAllText(Path));
    }

    [Fact]
    public void When_the_disk_is_full_what_is_there_stays_whole_and_it_is_told_once()
    {
        var told = new List<string>();
        var disk = new SmallDisk(400);
        using var file = RecordingFile.Continue(disk, told.Add);
        Record(file, "one");
        var whole = disk.ToArray();
        Record(file, new string('x', 400));
        Record(file, "three");
        Assert.Equal("The disk is full.", Assert.Single(told));
        Assert.Equal("The disk is full.", file.Failure);
        Assert.StartsWith(Encoding.UTF8.GetString(whole), Encoding.UTF8.GetString(disk.ToArray()), StringComparison.Ordinal);
        Assert.EndsWith("}\n", Encoding.UTF8.GetString(disk.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public void Damage_in_the_middle_is_told_with_its_line_and_the_rest_is_there()
    {
        var lines = Encoding.UTF8.GetString(RecordingFormatTests.Write([.. RecordingFiles.Chat(1, "a", (1, "one")), .. RecordingFiles.Chat(2, "b", (1, "two"))])).Split('\n');
        lines[3] = "???";
        File.WriteAllText(Path, string.Join('\n', lines));
        var recording = Recording.Open(Path);
        Assert.Equal(4, Assert.Single(recording.Damage).Line);
        Assert.Equal([1, 2], recording.Exchanges.Select(exchange => exchange.Number));
        Assert.Equal(3, recording.Answer(recording.Exchanges[0]).Count());
    }

    [Fact]
    public void Compressed_bodies_in_which_no_credential_could_be_found_are_not_recorded()
    {
        using var file = RecordingFile.Open(Path, Assert.Fail);
        using (var recorder = new ExchangeRecorder(file, new FakeTime(), "POST", "/v3/chat", [new("Content-Encoding", "gzip")]))
        {
            recorder.Request("squeezed"u8);
            recorder.Response(200, [new("content-encoding", "br")]);
            recorder.Data("squeezed too"u8, isStream: false);
            recorder.End(ExchangeEnd.Complete);
            Assert.Equal(12, recorder.Bytes);
        }

        Assert.DoesNotContain("squeezed", Read(), StringComparison.Ordinal);
        Assert.Contains("\"cut\":true", Read(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_large_upload_is_kept_in_part_and_marked_so()
    {
        using var file = RecordingFile.Open(Path, Assert.Fail);
        using (var recorder = new ExchangeRecorder(file, new FakeTime(), "POST", "/v1/files/upload", []))
        {
            var piece = new byte[1 << 20];
            for (var i = 0; i < 20; i++) recorder.Request(piece);
            recorder.RequestEnds();
            recorder.End(ExchangeEnd.Broken);
        }

        using var reading = File.Open(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var request = Assert.IsType<RecordedRequest>(new RecordingReader(reading).Read());
        Assert.True(request.IsCut);
        Assert.Equal(4 << 20, request.Body.Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_request_that_had_not_come_to_its_end_when_it_was_answered_is_marked_so(bool ends)
    {
        using var file = RecordingFile.Open(Path, Assert.Fail);
        using (var recorder = new ExchangeRecorder(file, new FakeTime(), "POST", "/v3/chat", []))
        {
            recorder.Request("{\"bot_id\":"u8);
            if (ends) recorder.RequestEnds();
            recorder.Response(413, []);
            recorder.End(ExchangeEnd.Complete);
        }

        Assert.Equal(!ends, Read().Contains("\"cut\":true", StringComparison.Ordinal));
    }

    private string Read()
    {
        using var reader = new StreamReader(File.Open(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }

    private static void Record(RecordingFile file, string text)
    {
        using var recorder = new ExchangeRecorder(file, new FakeTime(), "POST", "/v3/chat", []);
        recorder.Request(Encoding.UTF8.GetBytes("{}"));
        recorder.Response(200, []);
        recorder.Data(Encoding.UTF8.GetBytes(text), isStream: false);
        recorder.End(ExchangeEnd.Complete);
    }

    /// <summary>A disk that takes what fits, and refuses the rest.</summary>
    private sealed class SmallDisk(int size) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> bytes)
        {
            var room = (int)Math.Min(bytes.Length, size - Position);
            base.Write(bytes[..room]);
            if (room < bytes.Length) throw new IOException("The disk is full.");
        }
    }
}
