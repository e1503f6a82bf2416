using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Parley.Protocols.Recordings;

/// <summary>
/// What the user said last in a request of any protocol: the text of the last message of the role <c>user</c>, or of a member <c>input</c>,
/// <c>prompt</c> or <c>query</c>. It is kept as a digest: an index of many long texts stays small, and tells nobody what was said.
/// </summary>
internal static class RecordedQuestion
{
    private static readonly string[] Lists = ["messages", "additional_messages", "input", "contents"];
    private static readonly string[] Texts = ["input", "prompt", "query"];

    /// <summary>The digest of a text.</summary>
    public static string Digest(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>The digest of what a request says; null if it says nothing.</summary>
    public static string? Of(ReadOnlySpan<byte> body) => TextOf(body) is { } text ? Digest(text) : null;

    /// <summary>What a request says; null if it says nothing.</summary>
    public static string? TextOf(ReadOnlySpan<byte> body)
    {
        try
        {
            var json = JsonElement.Parse(body);
            if (json.ValueKind != JsonValueKind.Object) return null;

            // DashScope's are one level deeper.
            if (json.TryGetProperty("input", out var input) && input.ValueKind == JsonValueKind.Object) json = input;
            return LastOfUser(json) ?? Plain(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The beginning of a text, for lists.</summary>
    public static string BeginningOf(string text)
    {
        const int most = 60;
        if (text.Length <= most) return text;
        return string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[most - 1]) ? most - 1 : most), "…");
    }

    private static string? LastOfUser(JsonElement request)
    {
        foreach (var name in Lists)
        {
            if (!request.TryGetProperty(name, out var messages) || messages.ValueKind != JsonValueKind.Array) continue;
            for (var i = messages.GetArrayLength() - 1; i >= 0; i--)
            {
                var message = messages[i];
                if (message.ValueKind != JsonValueKind.Object || TextOf(message, "role") is not "user" || !message.TryGetProperty("content", out var content)) continue;

                // Coze's messages of several parts are JSON in a text.
                if (TextOf(message, "content_type") is "object_string") content = JsonElement.Parse(content.GetString() ?? "[]");
                return ContentOf(content);
            }
        }

        return null;
    }

    private static string? Plain(JsonElement request) => Texts.Select(name => TextOf(request, name)).FirstOrDefault(text => text is not null);

    private static string? ContentOf(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.String => content.GetString(),
        JsonValueKind.Array => string.Concat(content.EnumerateArray().Select(part => part.ValueKind == JsonValueKind.Object ? TextOf(part, "text") : null)),
        _ => null,
    };

    private static string? TextOf(JsonElement json, string name)
        => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
