using System.Buffers;
using Parley.Agents;
using Parley.Conversations;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Protocols.Text;
using Parley.Runs;

namespace Parley.Protocols.DashScope;

/// <summary>
/// Writes what an application is asked: within a session, or where the user has said nothing but this, a <c>prompt</c>; else all <c>messages</c>.
/// They are texts; images go by their addresses in <c>image_list</c>.
/// </summary>
internal static class DashScopeAppRequestWriter
{
    /// <exception cref="RunException">The input has something that cannot be sent.</exception>
    public static ReadOnlyMemory<byte> Write(AgentRequest asked, DashScopeTurn turn, DashScopeAgentOptions options)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        var json = new JsonLine(buffer, JsonEscaping.Minimal).Object().Name("input"u8).Object();
        var instructions = Instructions.Of(options.Instructions, asked.Run.Request);
        var images = new List<string>();
        var said = Said(asked, turn, images);
        if (turn.Session is not null || said.All(one => one.Role == Role.User))
        {
            // A session has no place for instructions but what the user says.
            var texts = said.Select(one => one.Text);
            json.String("prompt"u8, string.Join("\n\n", instructions.Length > 0 ? texts.Prepend(instructions) : texts));
            if (turn.Session is not null) json.String("session_id"u8, turn.Session);
        }
        else
        {
            json.Name("messages"u8).Array();
            if (instructions.Length > 0) WriteMessage(json, Role.System, instructions);
            foreach (var (role, text) in said) WriteMessage(json, role, text);
            json.EndArray();
        }

        if (images.Count > 0)
        {
            json.Name("image_list"u8).Array();
            foreach (var image in images) json.String(image);
            json.EndArray();
        }

        if (options.BizParams is not null || asked.Run.Request.Parameters is not null)
            DashScopeParameters.WriteObject(json.Name("biz_params"u8), asked.Run.Request.Parameters, options.BizParams);
        json.EndObject().Name("parameters"u8);
        DashScopeParameters.WriteApp(json, asked.Run.Request, options);
        json.EndObject();
        return buffer.WrittenMemory;
    }

    private static List<(Role Role, string Text)> Said(AgentRequest asked, DashScopeTurn turn, List<string> images)
    {
        var said = new List<(Role, string)>();
        var firstInput = asked.Context.Count - asked.InputCount;
        var first = asked.Context.Count - turn.Messages.Count;
        for (var i = 0; i < turn.Messages.Count; i++)
        {
            if (turn.Messages[i].Head is not MessageItem { Role: var role }) continue;
            var text = TextOf(turn.Messages[i], isInput: first + i >= firstInput, images);
            if (text.Length > 0) said.Add((role == Role.Developer ? Role.System : role, text));
        }

        return said;
    }

    private static string TextOf(Message message, bool isInput, List<string> images)
    {
        var texts = new List<string>();
        foreach (var part in message.Content)
        {
            if (part.Media is not { } media) texts.Add(part.Text.Length > 0 ? part.Text : part.Data?.Text ?? "");
            else if (!isInput) texts.Add($"[{OpenAiMedia.Describe(media)}]");
            else if (media.Url is { } url && OpenAiMedia.IsWeb(url) && media.MediaType?.StartsWith("image", StringComparison.Ordinal) == true) images.Add(url);
            else throw ChatMessageWriter.Unsendable(media, "unless it is the address of an image");
        }

        return string.Concat(texts);
    }

    private static void WriteMessage(JsonLine json, Role role, string text)
        => json.Object().String("role"u8, role.Value).String("content"u8, text).EndObject();
}
