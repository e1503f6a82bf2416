using System.IO.Pipelines;
using Parley.Protocols.Recordings;

namespace Parley.Cli.Conversion;

/// <summary>The body of a recorded answer as a stream.</summary>
internal static class RecordedBody
{
    /// <summary>Opens it; it is read from the file as it is read from the stream.</summary>
    public static Stream Open(IEnumerable<RecordingEntry> answer)
    {
        var pipe = new Pipe();
        _ = FillAsync(answer, pipe.Writer);
        return pipe.Reader.AsStream();
    }

    // A failure reaches whoever reads the stream.
    private static async Task FillAsync(IEnumerable<RecordingEntry> answer, PipeWriter into)
    {
        try
        {
            foreach (var data in answer.OfType<RecordedData>())
                if ((await into.WriteAsync(data.Bytes)).IsCompleted) break;
            await into.CompleteAsync();
        }
        catch (Exception e)
        {
            await into.CompleteAsync(e is RecordingException ? new IOException(e.Message, e) : e);
        }
    }
}
