using Parley.Cli.Conversion;
using Parley.Protocols;
using Parley.Protocols.Recordings;
using static Parley.Tests.Recordings.RecordingFiles;

namespace Parley.Tests.Cli;

/// <summary>Alone, as what is in memory is counted over all of the process.</summary>
[CollectionDefinition(nameof(ConvertMemoryTests), DisableParallelization = true)]
[Collection(nameof(ConvertMemoryTests))]
public sealed class ConvertMemoryTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("parley-convert").FullName;

    private string File => Path.Combine(_directory, "r.jsonl");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("coze", false)]
    [InlineData("responses", false)]
    [InlineData("chat-completions", true)]
    public async Task A_large_recording_is_converted_without_its_answers_in_memory(string to, bool isWhole)
    {
        // 48 MB in exchanges of 16 MB each; what is let go of is let go of for good.
        await using (var file = new FileStream(File, FileMode.Create))
        {
            file.Write(RecordingWriter.FirstLine);
            var line = new System.Buffers.ArrayBufferWriter<byte>();
            var piece = string.Concat(Enumerable.Repeat("data: {\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Forty bytes of an answer, more or less.\"}}]}\n\n", 400));
            for (var number = 1; number <= 3; number++)
            {
                RecordingWriter.Write(Asked(number, "one"), line);
                RecordingWriter.Write(Answered(number), line);
                file.Write(line.WrittenSpan);
                line.ResetWrittenCount();
                RecordingWriter.Write(Piece(number, 1, piece), line);
                for (var written = 0; written < 16 << 20; written += line.WrittenCount) file.Write(line.WrittenSpan);
                line.ResetWrittenCount();
                foreach (var entry in Chat(number, "one", (2, "end")).Skip(3)) RecordingWriter.Write(entry, line);
                file.Write(line.WrittenSpan);
                line.ResetWrittenCount();
            }
        }

        var most = 0L;
        using var watched = new WatchedStream(bytes => most = Math.Max(most, bytes));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var recording = Recording.Open(File);
        var error = new StringWriter();
        var converter = new FileConverter(File, recording, new ConversionTask(null, StreamFormat.Of(to), isWhole), error, new ConversionProgress(null, recording.Bytes, new FakeTime()));
        Assert.True(await converter.ConvertAllAsync(watched, TestContext.Current.CancellationToken), error.ToString());
        Assert.InRange(watched.Written, 10 << 20, long.MaxValue);

        // An answer's text alone has 9 MB as characters, and is repeated at its end.
        Assert.InRange(most - before, 0, 8 << 20);
    }

    /// <summary>Forgets what it is given, and looks now and then at what is in memory.</summary>
    private sealed class WatchedStream(Action<long> watch) : MemoryStream
    {
        private long _next;

        public long Written { get; private set; }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Written += buffer.Length;
            if (Written < _next) return default;
            _next = Written + (4 << 20);
            watch(GC.GetTotalMemory(forceFullCollection: true));
            return default;
        }
    }
}
