using System.Buffers;
using System.Text.Json;
using Parley.Conversations;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>
/// A context packed into one item. What is in it is this dialect's own input list in base64, hidden from nobody: reading it gives what its sender
/// could have sent as it is.
/// </summary>
public static class ResponsesCompaction
{
    private const string Mark = "parley-1.";

    /// <summary>What stays of a context: what was said, and the calls with their results. Reasoning and items of one protocol go.</summary>
    public static IEnumerable<Message> Compact(IEnumerable<Message> context) => context.Where(message => message.Head is MessageItem or ToolCallItem or ToolResultItem);

    /// <summary>Packs the messages.</summary>
    public static string Write(IReadOnlyList<Message> messages)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        var json = new JsonLine(buffer, JsonEscaping.Minimal).Array();
        foreach (var (item, result) in ResponsesItems.Pair(messages)) ResponsesItems.Write(item, result, withEncrypted: false, json);
        json.EndArray();
        return Mark + Convert.ToBase64String(buffer.WrittenSpan);
    }

    /// <summary>Writes the answer to a request to compact: what users said, as it was, and everything in one item.</summary>
    /// <param name="ids">The ids of the answer and of the item.</param>
    /// <param name="context">What was compacted, root first.</param>
    /// <param name="at">When.</param>
    /// <param name="usage">What it took.</param>
    /// <param name="json">Where it goes.</param>
    public static void WriteObject((Id Answer, Id Item) ids, IReadOnlyList<Message> context, DateTimeOffset at, Usage usage, JsonLine json)
    {
        json.Object().String("id"u8, PrefixedId.Render(ResponsesIds.Response, ids.Answer, ids.Answer)).String("object"u8, "response.compaction").Number("created_at"u8, at.ToUnixTimeSeconds());
        json.Name("output"u8).Array();
        foreach (var message in context.Where(message => message.Role == Role.User)) ResponsesItems.Write(message, null, withEncrypted: false, json);
        json.Object().String("type"u8, "compaction").String("id"u8, PrefixedId.Render("cmp_", ids.Answer, ids.Item)).String("encrypted_content"u8, Write([.. Compact(context)])).EndObject();
        json.EndArray();
        ResponsesUsage.Write(json.Name("usage"u8), usage);
        json.EndObject();
    }

    /// <summary>Unpacks what <see cref="Write"/> packed; null if it is another server's.</summary>
    internal static ValueList<InputItem>? Read(string text, string path)
    {
        if (!text.StartsWith(Mark, StringComparison.Ordinal)) return null;
        try
        {
            using var json = JsonDocument.Parse(Convert.FromBase64String(text[Mark.Length..]), OpenAiJson.Deep);
            return json.RootElement.AsArray(path).EnumerateArray().SelectMany((item, index) => ResponsesInputReader.ReadPacked(item, path, index)).ToValueList();
        }
        catch (Exception exception) when (exception is FormatException or JsonException)
        {
            throw OpenAiJson.Invalid(path, $"Invalid '{path}': it is not what this server packed.");
        }
    }
}
