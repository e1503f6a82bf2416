using System.Text.Json;
using Parley.Protocols.Json;

namespace Parley.Protocols.Responses;

/// <summary>A peer's handles, as <see cref="Runs.Run.Upstream"/> keeps them: its response, by which a chain goes on, and its conversation.</summary>
internal sealed record ResponsesUpstream(string? Response, string? Conversation = null)
{
    public RawJson ToJson() => JsonLine.ToRawJson(json =>
    {
        json.Object();
        if (Response is not null) json.String("response"u8, Response);
        if (Conversation is not null) json.String("conversation"u8, Conversation);
        json.EndObject();
    });

    public static ResponsesUpstream? Of(RawJson? stored)
    {
        if (stored is not { } text) return null;
        using var json = JsonDocument.Parse(text.Text);
        return new ResponsesUpstream(Member("response"), Member("conversation"));

        string? Member(string name) => json.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }
}
