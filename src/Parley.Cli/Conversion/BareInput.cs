using System.Runtime.CompilerServices;
using Parley.Protocols.Recordings;

namespace Parley.Cli.Conversion;

/// <summary>What comes once and has no end that is known before: the standard input, or a named pipe. It is one answer.</summary>
internal static class BareInput
{
    private const int PieceLength = 16 << 10;

    public static async IAsyncEnumerable<RecordingEntry> ReadAsync(Stream input, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return new RecordedResponse(1, 0, 200, []);
        var piece = new byte[PieceLength];
        while (await input.ReadAsync(piece, cancellationToken) is > 0 and var count) yield return new RecordedData(1, 0, piece.AsMemory(0, count));
        yield return new RecordedEnd(1, 0, ExchangeEnd.Complete);
    }
}
