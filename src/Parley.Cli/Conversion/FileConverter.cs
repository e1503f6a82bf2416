using Parley.Protocols;
using Parley.Protocols.Recordings;
using Parley.Runs;

namespace Parley.Cli.Conversion;

/// <summary>Converts what is in a file, and tells what could not be.</summary>
/// <param name="name">The file's name, as it was given.</param>
/// <param name="recording">The file.</param>
/// <param name="conversion">What is to become of it.</param>
/// <param name="error">Where problems are told.</param>
/// <param name="progress">Where it is told how far it is.</param>
internal sealed class FileConverter(string name, Recording recording, ConversionTask conversion, TextWriter error, ConversionProgress progress)
{
    private bool _hasFailed;

    /// <summary>Tells the lines that cannot be read. What was under way at one of them is not converted, as it may not be whole; all else is.</summary>
    public void TellDamage()
    {
        foreach (var damage in recording.Damage) Fail($"{damage.Message}. It is passed over, and what was under way there is not converted; mend or remove the line");
        if (recording.CutLine > 0) Fail($"line {recording.CutLine}: it is cut; whoever wrote it was stopped. It is passed over; remove it, or record again");
    }

    /// <summary>Converts one exchange.</summary>
    public async Task<bool> ConvertAsync(RecordedExchange exchange, Stream output, CancellationToken cancellationToken)
    {
        if (recording.DamageOf(exchange) is { } damage) return Fail($"exchange {exchange.Number} is damaged at line {damage.Line}; another is chosen with --exchange");
        if (conversion.FormatOf(exchange) is not { } from) return Fail($"the protocol of exchange {exchange.Number} cannot be told; name it with --from");
        using var converter = await new ConversionOutput(output, conversion).WriteAsync(from, EntriesOf(exchange), cancellationToken);
        if (converter.Problem is { } problem) Fail(Describe(exchange, from, problem));
        return !_hasFailed;
    }

    /// <summary>Converts all exchanges that an agent answered, as a recording.</summary>
    public async Task<bool> ConvertAllAsync(Stream output, CancellationToken cancellationToken)
    {
        var into = new ConversionOutput(output, conversion);
        var bytes = recording.Exchanges.Sum(exchange => exchange.Bytes);
        await into.BeginAsync(cancellationToken);
        var (converted, others) = (0, 0);
        foreach (var exchange in recording.Exchanges)
        {
            if (exchange.Status == 0 || conversion.FormatOf(exchange) is not { } from || (exchange.Protocol is null && !recording.IsBare))
            {
                others++;
                continue;
            }

            if (recording.DamageOf(exchange) is { } damage)
            {
                Fail($"exchange {exchange.Number} is damaged at line {damage.Line} and left out");
                continue;
            }

            using var converter = await into.WriteExchangeAsync(exchange, from, recording.Request(exchange), Told(recording.Answer(exchange), bytes), cancellationToken);
            if (converter.Problem is { } problem) Fail(Describe(exchange, from, problem));
            converted++;
        }

        await output.FlushAsync(cancellationToken);
        progress.End($"{converted} exchange{(converted == 1 ? "" : "s")}{(others > 0 ? $", {others} that no agent answered left out," : "")}");
        if (converted == 0) Fail("there is nothing to convert: no agent answered in it, or in a protocol that cannot be told; name it with --from");
        return !_hasFailed;
    }

    private string Describe(RecordedExchange exchange, StreamFormat from, RunError problem)
        => $"{(recording.Exchanges.Count > 1 ? $"exchange {exchange.Number}" : "it")} is not a whole answer of {from.Protocol}: {problem.Message}";

    private bool Fail(string message)
    {
        progress.Interrupt();
        error.WriteLine($"parley: {name}: {message}");
        _hasFailed = true;
        return false;
    }

    private IEnumerable<RecordingEntry> Told(IEnumerable<RecordingEntry> answer, long all)
    {
        foreach (var entry in answer)
        {
            if (entry is RecordedData data) progress.Converted(data.Bytes.Length, all);
            yield return entry;
        }
    }

#pragma warning disable CS1998 // Files are read at once; only the standard input is waited for.
    private async IAsyncEnumerable<RecordingEntry> EntriesOf(RecordedExchange exchange)
#pragma warning restore CS1998
    {
        foreach (var entry in Told(recording.Answer(exchange), exchange.Bytes)) yield return entry;
    }
}
