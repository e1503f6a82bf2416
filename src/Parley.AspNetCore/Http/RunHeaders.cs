using Microsoft.AspNetCore.Http;
using Parley.Protocols;
using Parley.Runs;

namespace Parley.AspNetCore.Http;

/// <summary>The headers of every answer that is a run: by which it and its conversation are found again through all protocols, and what its client never gets.</summary>
internal static class RunHeaders
{
    /// <summary>The run, as its dialect writes it.</summary>
    public const string Run = "parley-run";

    /// <summary>The conversation, as its dialect writes it, where there is one; of a request the one that it belongs to.</summary>
    public const string Conversation = "parley-conversation";

    /// <summary>What the dialect and the protocol of the agent's peer always lose; absent if they lose nothing.</summary>
    public const string Losses = "parley-losses";

    /// <summary>Writes them.</summary>
    public static void Write(HttpContext context, Run run, bool isStreamed)
    {
        var format = StreamFormat.Of(run.Dialect);
        var headers = context.Response.Headers;
        headers[Run] = format.RunId(run);
        if (!run.Detached) headers[Conversation] = format.ConversationId(run.Conversation);
        if (Protocols.Losses.OfPair(run.Dialect, run.Peer, isStreamed) is not RunFeatures.None and var lost) headers[Losses] = string.Join(", ", Protocols.Losses.NamesOf(lost));
    }
}
