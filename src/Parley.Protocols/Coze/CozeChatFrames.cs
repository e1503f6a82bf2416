using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Parley.Protocols.Sse;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>What is read of the frames of a stream that are about the chat as a whole.</summary>
internal static class CozeChatFrames
{
    private const string DebugUrl = "debug_url";

    /// <summary>The peer's ids, by which the chat can be continued, polled and cancelled there.</summary>
    public static RawJson? HandlesOf(JsonElement chat)
    {
        if (chat.ValueKind != JsonValueKind.Object) return null;
        var buffer = new ArrayBufferWriter<byte>();
        var line = CozeWriter.Line(buffer).Object();
        var any = false;
        foreach (var (member, name) in new[] { ("id", "chat_id"), ("conversation_id", "conversation_id"), ("bot_id", "bot_id"), ("section_id", "section_id") })
        {
            if (TextOf(chat, member) is not { Length: > 0 } id) continue;
            any = true;
            line.Name(name).String(id);
        }

        line.EndObject();
        return any ? CozeJsonText.ToJson(buffer) : null;
    }

    /// <summary>Zeros in all three counts are what servers send that know nothing.</summary>
    public static Usage? UsageOf(JsonElement chat)
    {
        if (chat.ValueKind != JsonValueKind.Object || !chat.TryGetProperty("usage", out var usage) || usage.ValueKind != JsonValueKind.Object) return null;
        var (total, output, input) = (Count(usage, "token_count"), Count(usage, "output_count"), Count(usage, "input_count"));
        if (total == 0 && output == 0 && input == 0) return null;
        return new Usage(input, output, total == input + output ? null : total);
    }

    /// <summary>The error of a failed chat or of an <c>error</c> event: a whole chat with its last error, or a bare code and message.</summary>
    public static (RunError Error, Usage? Usage) ErrorOf(ReadOnlySpan<byte> data)
    {
        if (!TryParse(data, out var failed) || failed.ValueKind != JsonValueKind.Object)
            return (CozeErrors.Read(null, Encoding.UTF8.GetString(data)), null);
        var inner = failed.TryGetProperty("last_error", out var last) && last.ValueKind == JsonValueKind.Object && CodeOf(last) is not (null or "0") ? last : failed;
        return (CozeErrors.Read(CodeOf(inner) ?? CodeOf(failed), TextOf(inner, "msg") ?? TextOf(failed, "msg") ?? TextOf(inner, "error_message")), UsageOf(failed));
    }

    /// <summary>Where a chatflow can be looked at, as its <c>done</c> tells; null if it does not.</summary>
    public static Leftover? DebugUrlOf(ReadOnlySpan<byte> done)
        => done.StartsWith("{"u8) && TryParse(done, out var data) && TextOf(data, DebugUrl) is { Length: > 0 } url ? CozeWriter.LeftoverOf((DebugUrl, url)) : null;

    /// <summary>The same, from the end of a run.</summary>
    public static string? DebugUrlOf(Leftover? end)
        => end?.Protocol == Protocol.Coze ? TextOf(JsonElement.Parse(end.Members.Text), DebugUrl) : null;

    /// <summary>The error that a plain JSON body tells; null if it tells none.</summary>
    public static RunError? PlainErrorOf(ReadOnlySpan<byte> data)
        => TryParse(data, out var body) && body.ValueKind == JsonValueKind.Object && CodeOf(body) is { } code && code != "0"
            ? CozeErrors.Read(code, TextOf(body, "msg"))
            : null;

    /// <summary>An event that we do not know, without what says where it stood at the peer; null if it is no JSON object.</summary>
    public static Extension? Unknown(in SseFrame frame)
    {
        if (!TryParse(frame.Data, out var data) || data.ValueKind != JsonValueKind.Object) return null;
        return new Extension(Protocol.Coze, Encoding.UTF8.GetString(frame.Event), CozeJsonText.LeftoverOf(data, [])?.Members ?? new RawJson("{}"));
    }

    /// <summary>A string member, whatever is in it; null if it is absent or no string.</summary>
    public static string? TextOf(JsonElement element, string name)
        => element.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? CozeFields.TextOf(text) : null;

    // Sent as a number by one server and as a string by the next.
    private static string? CodeOf(JsonElement element)
    {
        foreach (var name in (ReadOnlySpan<string>)["code", "error_code"])
        {
            if (!element.TryGetProperty(name, out var code)) continue;
            if (code.ValueKind == JsonValueKind.String) return code.GetString();
            if (code.ValueKind == JsonValueKind.Number) return code.GetRawText();
        }

        return null;
    }

    private static long Count(JsonElement usage, string name)
    {
        if (!usage.TryGetProperty(name, out var count)) return 0;
        return count.ValueKind switch
        {
            JsonValueKind.Number when count.TryGetInt64(out var number) => number,
            JsonValueKind.String when long.TryParse(count.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
            _ => 0,
        };
    }

    private static bool TryParse(ReadOnlySpan<byte> data, out JsonElement element)
    {
        element = default;
        try
        {
            element = JsonElement.Parse(data);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
