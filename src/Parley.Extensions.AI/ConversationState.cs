using System.Text.Json;
using Parley.Runs;

namespace Parley.Extensions.AI;

/// <summary>The chat client's id of a conversation, as runs keep it: at their start, and at their end, where it may have become another.</summary>
internal static class ConversationState
{
    private const string Member = "conversation";

    public static RawJson? Write(string? conversation) => conversation is null ? null : new RawJson($$"""{"{{Member}}":"{{JsonEncodedText.Encode(conversation)}}"}""");

    public static string? Of(RunEnded? end) => end is RunSuspended { State: { } state } ? Of(state) : null;

    public static string? Of(RawJson? stored)
    {
        if (stored is not { } json) return null;
        return JsonElement.Parse(json.Text) is { ValueKind: JsonValueKind.Object } members && members.TryGetProperty(Member, out var id) && id.ValueKind == JsonValueKind.String ? id.GetString() : null;
    }
}
