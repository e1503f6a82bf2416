using System.Buffers;
using Parley.Protocols;
using Parley.Protocols.Recordings;

namespace Parley.Cli.Conversion;

/// <summary>Where converted answers go: one as it is, or all of them as a recording in the protocol that they have now.</summary>
internal sealed class ConversionOutput(Stream stream, ConversionTask conversion)
{
    private readonly ArrayBufferWriter<byte> _line = new(4096);

    /// <summary>Converts an answer, and writes nothing else.</summary>
    public async Task<StreamConverter> WriteAsync(StreamFormat from, IAsyncEnumerable<RecordingEntry> answer, CancellationToken cancellationToken)
    {
        var converter = new StreamConverter(from, conversion.To, conversion.IsWhole);
        await foreach (var entry in answer.WithCancellation(cancellationToken))
            await converter.TakeAsync(entry, bytes => stream.WriteAsync(bytes, cancellationToken));
        await converter.TakeAsync(null, bytes => stream.WriteAsync(bytes, cancellationToken));
        await stream.FlushAsync(cancellationToken);
        return converter;
    }

    /// <summary>Begins a recording.</summary>
    public async Task BeginAsync(CancellationToken cancellationToken) => await stream.WriteAsync(RecordingWriter.FirstLine.ToArray(), cancellationToken);

    /// <summary>Converts an exchange: its request stands at the new protocol's path, its times are the same. What the user said can be found in it as before.</summary>
    public async Task<StreamConverter> WriteExchangeAsync(RecordedExchange exchange, StreamFormat from, RecordedRequest? request, IEnumerable<RecordingEntry> answer, CancellationToken cancellationToken)
    {
        var number = exchange.Number;
        var converter = new StreamConverter(from, conversion.To, conversion.IsWhole);
        var path = conversion.To.Paths[0].Replace("*", "converted", StringComparison.Ordinal);
        await WriteLineAsync((request ?? new RecordedRequest(number, DateTimeOffset.UnixEpoch, "", "", [], default)) with { Method = "POST", Path = path }, cancellationToken);
        var (at, how) = (0L, ExchangeEnd.Broken);
        foreach (var entry in answer)
        {
            cancellationToken.ThrowIfCancellationRequested();
            at = entry.Milliseconds;
            // A stream tells its error itself, a whole answer by its status too.
            if (entry is RecordedResponse { Status: var status }) await WriteLineAsync(new RecordedResponse(number, at, conversion.IsWhole && status >= 400 ? status : 200, [new("Content-Type", conversion.IsWhole ? "application/json" : "text/event-stream")]), cancellationToken);
            if (entry is RecordedEnd end) how = end.How;
            await converter.TakeAsync(entry, WriteDataAsync);
        }

        await converter.TakeAsync(null, WriteDataAsync);
        await WriteLineAsync(new RecordedEnd(number, at, how), cancellationToken);
        return converter;

        ValueTask WriteDataAsync(ReadOnlyMemory<byte> bytes) => WriteLineAsync(new RecordedData(number, at, bytes), cancellationToken);
    }

    private async ValueTask WriteLineAsync(RecordingEntry entry, CancellationToken cancellationToken)
    {
        _line.ResetWrittenCount();
        RecordingWriter.Write(entry, _line);
        await stream.WriteAsync(_line.WrittenMemory, cancellationToken);
    }
}
