using System.Text.Json;
using Parley.Protocols.Json;

namespace Parley.Protocols.DashScope;

/// <summary>What is remembered of a peer's answer: an application's session, by which the next turn goes on; and for who converts a stream, the call's own name.</summary>
internal sealed record DashScopeUpstream(string? Session, string? Request = null)
{
    public static DashScopeUpstream? Of(RawJson? upstream)
    {
        if (upstream is not { } raw) return null;
        using var json = JsonDocument.Parse(raw.Text);
        return new DashScopeUpstream(TextOf(json.RootElement, "session_id"), TextOf(json.RootElement, "request_id"));
    }

    /// <summary>As it is stored; null if there is nothing.</summary>
    public RawJson? ToJson() => Session is null && Request is null ? null : JsonLine.ToRawJson(json =>
    {
        json.Object();
        if (Session is not null) json.String("session_id"u8, Session);
        if (Request is not null) json.String("request_id"u8, Request);
        json.EndObject();
    });

    private static string? TextOf(JsonElement json, string name)
        => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
