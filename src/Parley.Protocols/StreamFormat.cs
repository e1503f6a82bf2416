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
/// <param name="NewLaw">What it demands of its bytes, beyond being read as a run.</param>
/// <param name="ReadBody">Reads a body that is no stream but one JSON text; without it the reader takes it for a frame without a name.</param>
public sealed record StreamFormat(Protocol Protocol, Func<FrameReader> NewReader, Func<Run, bool, FrameWriter> NewWriter, Func<FrameLaw> NewLaw, BodyReader? ReadBody = null)
{
    /// <summary>All formats, one line each.</summary>
    public static IReadOnlyList<StreamFormat> All { get; } =
    [
        new(Protocol.Coze, () => new CozeStreamReader(), (run, keepIds) => new CozeStreamWriter(run, keepIds), () => new CozeLaw(isChatflow: false)),
        new(Protocol.CozeWorkflow, () => new CozeStreamReader(), (run, keepIds) => new CozeStreamWriter(run, keepIds), () => new CozeLaw(isChatflow: true)),
        new(Protocol.ChatCompletions, () => new ChatCompletionsReader(tellId: true), (run, keepIds) => new ChatCompletionsWriter(run, keepIds), () => new ChatLaw(), ChatCompletionsReader.ReadBody),
    ];

    /// <summary>The names of all formats.</summary>
    public static string[] Names => [.. All.Select(format => format.Protocol.Name)];

    /// <summary>The format with this name.</summary>
    public static StreamFormat Of(string name) => All.First(format => format.Protocol.Name == name);

    /// <summary>The format of a protocol.</summary>
    public static StreamFormat Of(Protocol protocol) => Of(protocol.Name);
}
