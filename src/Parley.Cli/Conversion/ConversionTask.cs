using Parley.Protocols;
using Parley.Protocols.Recordings;

namespace Parley.Cli.Conversion;

/// <summary>What is to become of a file.</summary>
/// <param name="From">The protocol of its answers; null where each tells its own.</param>
/// <param name="To">The protocol to write.</param>
/// <param name="IsWhole">Answers are written whole, not as streams.</param>
internal sealed record ConversionTask(StreamFormat? From, StreamFormat To, bool IsWhole)
{
    /// <summary>What an answer is read as; null if that cannot be told.</summary>
    public StreamFormat? FormatOf(RecordedExchange exchange) => From ?? (exchange.Protocol is { } protocol ? StreamFormat.Of(protocol) : null);
}
