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
/// <param name="RunId">How a run's id is shown, from the ids of its conversation and of itself.</param>
/// <param name="ConversationId">How a conversation's id is shown.</param>
/// <param name="ReadBody">Reads a body that is no stream but one JSON text; without it the reader takes it for a frame without a name.</param>
public sealed record StreamFormat(
    Protocol Protocol, Func<FrameReader> NewReader, Func<Run, bool, FrameWriter> NewWriter, Func<Id, Id, string> RunId, Func<Id, string> ConversationId, BodyReader? ReadBody = null)
{
    /// <summary>All formats, one line each.</summary>
    public static IReadOnlyList<StreamFormat> All { get; } =
    [
        new(Protocol.Coze, () => new CozeStreamReader(), (run, keepIds) => new CozeStreamWriter(run, keepIds), (_, run) => DecimalId.Render(run), DecimalId.Render),
        new(Protocol.CozeWorkflow, () => new CozeStreamReader(), (run, keepIds) => new CozeStreamWriter(run, keepIds), (_, run) => DecimalId.Render(run), DecimalId.Render),
        new(Protocol.ChatCompletions, () => new ChatCompletionsReader(tellId: true), (run, keepIds) => new ChatCompletionsWriter(run, keepIds),
            (conversation, run) => PrefixedId.Render(ChatObject.IdPrefix, conversation, run), id => PrefixedId.Render("conv_", id, id), ChatCompletionsReader.ReadBody),
    ];

    /// <summary>The names of all formats.</summary>
    public static string[] Names => [.. All.Select(format => format.Protocol.Name)];

    /// <summary>The format with this name.</summary>
    public static StreamFormat Of(string name) => All.First(format => format.Protocol.Name == name);

    /// <summary>The format of a protocol.</summary>
    public static StreamFormat Of(Protocol protocol) => Of(protocol.Name);
}
