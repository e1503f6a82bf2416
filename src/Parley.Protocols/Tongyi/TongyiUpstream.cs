using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.Tongyi;

/// <summary>A peer's handles, as <see cref="Run.Upstream"/> keeps them: its session and its answer, under which the next question goes.</summary>
internal sealed record TongyiUpstream(string Session, string Message, string? Parent = null, string? Trace = null)
{
    public RawJson ToJson() => JsonLine.ToRawJson(json =>
    {
        json.Object().String("sessionId"u8, Session).String("msgId"u8, Message);
        if (Parent is not null) json.String("parentMsgId"u8, Parent);
        if (Trace is not null) json.String("traceId"u8, Trace);
        json.EndObject();
    });

    /// <summary>The handles of a run; null if it has none of this protocol.</summary>
    public static TongyiUpstream? Of(RawJson? stored)
    {
        if (stored is not { } text) return null;
        var members = JsonElement.Parse(text.Text);
        return TongyiInner.TextOf(members, "sessionId") is { } session && TongyiInner.TextOf(members, "msgId") is { } message
            ? new TongyiUpstream(session, message, TongyiInner.TextOf(members, "parentMsgId"), TongyiInner.TextOf(members, "traceId"))
            : null;
    }
}
