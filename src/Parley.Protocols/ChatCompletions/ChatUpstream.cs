using System.Text.Json;

namespace Parley.Protocols.ChatCompletions;

/// <summary>What is remembered of a peer's completion: its id. Peers keep nothing, so only who converts a stream wants it.</summary>
internal static class ChatUpstream
{
    public static RawJson ToJson(string id) => new($"{{\"id\":\"{JsonEncodedText.Encode(id)}\"}}");

    public static string? IdOf(RawJson? upstream)
    {
        if (upstream is not { } raw) return null;
        using var json = JsonDocument.Parse(raw.Text);
        return json.RootElement.TryGetProperty("id", out var id) ? id.GetString() : null;
    }
}
