using System.Text;
using Parley.Protocols.ChatCompletions;
using Parley.Protocols.Coze;
using Parley.Protocols.Sse;
using Parley.Protocols.Upstream;
using Parley.Runs;

namespace Parley.Protocols;

/// <summary>A protocol's stream: how it is read and written. The one place where something may be done for all protocols alike.</summary>
/// <param name="Protocol">The protocol.</param>
/// <param name="NewReader">Reads it.</param>
/// <param name="NewWriter">Writes it; with true as it was written by the peer it was read from, whose ids are kept.</param>
/// <param name="ReadBody">Reads a body that is no stream but one JSON text; without it the reader takes it for a frame without a name.</param>
public sealed record StreamFormat(Protocol Protocol, Func<FrameReader> NewReader, Func<Run, bool, FrameWriter> NewWriter, BodyReader? ReadBody = null)
{
    /// <summary>The ends of the paths at which it is asked for.</summary>
    public ValueList<string> Paths { get; init; }

    /// <summary>Texts of which one stands near the beginning of such a stream, and of no other.</summary>
    public ValueList<string> Signs { get; init; }

    /// <summary>Reads an answer whose status is an error; without it the reader takes it for a frame without a name.</summary>
    public ErrorReader? ReadError { get; init; }

    /// <summary>All formats, one entry each.</summary>
    public static IReadOnlyList<StreamFormat> All { get; } =
    [
        new(Protocol.Coze, () => new CozeStreamReader(), (run, keepIds) => new CozeStreamWriter(run, keepIds))
        {
            Paths = ["/v3/chat", "/v3/chat/submit_tool_outputs"],
            Signs = ["event:conversation.", "event: conversation."],
        },
        new(Protocol.CozeWorkflow, () => new CozeStreamReader(), (run, keepIds) => new CozeStreamWriter(run, keepIds)) { Paths = ["/v1/workflows/chat"] },
        new(Protocol.ChatCompletions, () => new ChatCompletionsReader(tellId: true), (run, keepIds) => new ChatCompletionsWriter(run, keepIds), ChatCompletionsReader.ReadBody)
        {
            Paths = ["/chat/completions"],
            Signs = ["\"chat.completion"],
            ReadError = static (status, body) => ChatErrors.Read(status, body),
        },
    ];

    /// <summary>The names of all formats.</summary>
    public static string[] Names => [.. All.Select(format => format.Protocol.Name)];

    /// <summary>The format with this name.</summary>
    public static StreamFormat Of(string name) => All.First(format => format.Protocol.Name == name);

    /// <summary>The format of a protocol.</summary>
    public static StreamFormat Of(Protocol protocol) => Of(protocol.Name);

    /// <summary>The format that is asked for at a path without a query; null if it is none.</summary>
    public static StreamFormat? OfPath(string path) => All.FirstOrDefault(format => format.Paths.Any(end => path.EndsWith(end, StringComparison.Ordinal)));

    /// <summary>The format of a stream that begins so; null if it cannot be told.</summary>
    public static StreamFormat? OfContent(ReadOnlySpan<byte> beginning)
    {
        var text = Encoding.UTF8.GetString(beginning);
        return All.FirstOrDefault(format => format.Signs.Any(sign => text.Contains(sign, StringComparison.Ordinal)));
    }
}
