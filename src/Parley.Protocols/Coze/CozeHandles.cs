using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>A chat at a peer: what <see cref="CozeChatFrames.HandlesOf"/> keeps of it.</summary>
internal sealed record CozeHandles(string Conversation, string Chat)
{
    /// <summary>The handles of a run; null if it has none of this protocol.</summary>
    public static CozeHandles? Of(RawJson? upstream)
    {
        if (upstream is not { } raw) return null;
        var members = JsonElement.Parse(raw.Text);
        return members.ValueKind == JsonValueKind.Object && CozeChatFrames.TextOf(members, "conversation_id") is { Length: > 0 } conversation
            ? new CozeHandles(conversation, CozeChatFrames.TextOf(members, "chat_id") ?? "")
            : null;
    }
}

/// <summary>What must be remembered of a chat that waits for tool outputs, beyond its handles.</summary>
/// <param name="Calls">The peer's ids of calls that have another one here.</param>
/// <param name="Spent">What the chat has used by now: the peer tells sums over all of the chat.</param>
internal sealed record CozePause(IReadOnlyDictionary<string, string> Calls, Usage? Spent)
{
    private static readonly CozePause Nothing = new(new Dictionary<string, string>(), null);

    /// <summary>What a run's end remembers.</summary>
    public static CozePause Of(RunEnded? end)
    {
        if (end is not RunSuspended { State: { } state }) return Nothing;
        var members = JsonElement.Parse(state.Text);
        var calls = members.TryGetProperty("calls", out var named) ? named.EnumerateObject().ToDictionary(call => call.Name, call => call.Value.GetString()!) : [];
        Usage? spent = members.TryGetProperty("spent", out var counts) ? new Usage(counts[0].GetInt64(), counts[1].GetInt64(), counts[2].GetInt64()) : null;
        return new CozePause(calls, spent);
    }

    /// <summary>The same as JSON; null if there is nothing to remember.</summary>
    public RawJson? ToJson()
    {
        if (Calls.Count == 0 && Spent is null) return null;
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        var line = new JsonLine(buffer, JsonEscaping.Minimal).Object();
        if (Calls.Count > 0)
        {
            line.Name("calls"u8).Object();
            foreach (var (ours, theirs) in Calls) line.Name(ours).String(theirs);
            line.EndObject();
        }

        if (Spent is { } spent) line.Name("spent"u8).Array().Number(spent.Input).Number(spent.Output).Number(spent.Sum).EndArray();
        line.EndObject();
        return CozeJsonText.ToJson(buffer);
    }

    /// <summary>What one run used of what the peer tells. A sum that does not contain the earlier one is none.</summary>
    public Usage? Since(Usage? told)
    {
        if (told is null || Spent is not { } spent) return told;
        var (input, output, sum) = (told.Input - spent.Input, told.Output - spent.Output, told.Sum - spent.Sum);
        return input < 0 || output < 0 || (input == 0 && output == 0) ? told : new Usage(input, output, sum == input + output ? null : sum);
    }
}
