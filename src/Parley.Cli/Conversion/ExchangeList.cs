using System.Globalization;
using Parley.Protocols;
using Parley.Protocols.Recordings;
using Parley.Runs;

namespace Parley.Cli.Conversion;

/// <summary>The exchanges of a file, a line each: number, time, protocol, path, status, bytes, and the first words of what was asked, or else of the answer.</summary>
internal static class ExchangeList
{
    private const int LongestLook = 64 << 10;

    public static string Describe(Recording recording, RecordedExchange exchange)
    {
        var words = exchange.Words ?? AnswerOf(recording, exchange);
        string[] columns =
        [
            exchange.Number.ToString(CultureInfo.InvariantCulture),
            exchange.At?.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "-",
            exchange.Protocol?.Name ?? "-",
            exchange.Path.Length > 0 ? $"{exchange.Method} {exchange.Path}" : "-",
            exchange.Status == 0 ? "no answer" : exchange.Status.ToString(CultureInfo.InvariantCulture),
            string.Create(CultureInfo.InvariantCulture, $"{exchange.Bytes} bytes"),
            words.Length == 0 ? "-" : words,
        ];
        return string.Join("  ", columns) + (recording.DamageOf(exchange) is { } damage ? $"  damaged at line {damage.Line}" : exchange.How == ExchangeEnd.Complete ? "" : "  broken off");
    }

    private static string AnswerOf(Recording recording, RecordedExchange exchange)
    {
        if (exchange.Protocol is not { } protocol) return "";
        using var player = new ReplayPlayer(StreamFormat.Of(protocol));
        var events = new List<RunEvent>();
        var looked = 0L;
        foreach (var entry in recording.Answer(exchange))
        {
            looked += (entry as RecordedData)?.Bytes.Length ?? 0;
            player.Take(entry);
            while (player.TryPlay(events)) { }
            if (events.OfType<PartDelta>().Sum(delta => delta.Text.Length) > 60 || looked > LongestLook || player.HasEnded) break;
        }

        return RecordedQuestion.BeginningOf(string.Concat(events.OfType<PartDelta>().Select(delta => delta.Text)));
    }
}
