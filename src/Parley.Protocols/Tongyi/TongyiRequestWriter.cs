using System.Buffers;
using System.Text.Json;
using Parley.Agents;
using Parley.Conversations;
using Parley.Protocols.Json;
using Parley.Protocols.Text;
using Parley.Runs;

namespace Parley.Protocols.Tongyi;

/// <summary>Writes what a peer is asked, in the form of the newer clients, to whom it answers in pieces.</summary>
internal static class TongyiRequestWriter
{
    /// <exception cref="RunException">The input has something that cannot be sent.</exception>
    public static ReadOnlyMemory<byte> Write(AgentRequest asked, TongyiTurn turn, TongyiAgentOptions options)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        var given = TongyiParams.Of(asked.Run.Request);
        var json = new JsonLine(buffer, JsonEscaping.Minimal).Object()
            .String("model"u8, options.Model).String("action"u8, "next").String("mode"u8, "chat").String("userAction"u8, "chat")
            .String("requestId"u8, TongyiIds.OfMessage(asked.Run.Conversation, asked.Run.Id))
            .String("sessionId"u8, turn.Known?.Session)
            .String("sessionType"u8, turn.Messages.Any(message => message.Content.Any(part => part.Media is { } media && TypeOf(media) == "image")) ? "image_chat" : "text_chat")
            .String("parentMsgId"u8, turn.Known?.Message)
            .Name("params"u8);
        given.Write(json, options);
        json.Name("contents"u8).Array();
        if (Instructions.Of(options.Instructions, asked.Run.Request) is { Length: > 0 } instructions) WriteText(json, "system", instructions, given);
        var firstInput = turn.Messages.Count - asked.InputCount;
        for (var i = 0; i < turn.Messages.Count; i++) WriteMessage(json, turn.Messages[i], i >= firstInput, given);
        json.EndArray().EndObject();
        return buffer.WrittenMemory;
    }

    // The text first, then what it is about, as upstream's clients do.
    private static void WriteMessage(JsonLine json, Message message, bool isInput, in TongyiParams given)
    {
        var role = message.Role == Role.Assistant ? "assistant" : message.Role == Role.System || message.Role == Role.Developer ? "system" : "user";
        var text = message.Text is { Length: > 0 } said ? said : message.Content.FirstOrDefault(part => part.Kind == PartKind.Data)?.Data?.Text ?? "";
        if (text.Length > 0) WriteText(json, role, text, given);
        foreach (var part in message.Content)
        {
            if (part.Media is not { } media) continue;
            if (media.Url is { } url) WriteFile(json, role, url, media, TongyiContents.FactsOf(part));
            else if (isInput) throw new RunException(RunError.Rejected($"The agent cannot be sent {media.Name ?? "a file"}: it takes images and files by their addresses alone.", "contents", "unsupported_media"));
            else WriteText(json, role, $"[{media.Name ?? TypeOf(media)}]", given);
        }
    }

    private static void WriteText(JsonLine json, string role, string text, in TongyiParams given)
    {
        json.Object().String("content"u8, text).String("contentType"u8, TongyiWords.Text).String("role"u8, role).Name("ext"u8);
        given.WriteShort(json);
        json.EndObject();
    }

    private static void WriteFile(JsonLine json, string role, string url, Media media, List<JsonProperty> facts)
    {
        json.Object().String("content"u8, url).String("contentType"u8, TypeOf(media)).String("role"u8, role);
        if (media.Name is not null || facts.Count > 0)
        {
            json.Name("ext"u8).Object();
            if (media.Name is not null) json.String("fileName"u8, media.Name);
            TongyiContents.WriteFacts(facts, json);
            json.EndObject();
        }

        json.EndObject();
    }

    private static string TypeOf(Media media) => media.MediaType?.StartsWith("image", StringComparison.Ordinal) == true ? "image" : "file";
}
