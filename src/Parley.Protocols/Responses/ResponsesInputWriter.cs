using System.Text;
using Parley.Agents;
using Parley.Conversations;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>
/// Writes messages as the input of a request, each as an item of its own. What a server did itself is not sent, nor a call that was never answered,
/// since peers refuse it.
/// </summary>
internal sealed class ResponsesInputWriter(JsonLine json, AgentRequest asked, IReadOnlyList<Message> messages, OpenAiFiles files)
{
    private readonly Dictionary<string, bool> _freeform = FreeformCalls(asked.Context);
    private readonly HashSet<int> _unanswered = OpenAiCalls.Unanswered(messages);

    public void Write()
    {
        json.Array();
        for (var i = 0; i < messages.Count; i++) Write(i, messages[i], isInput: i >= messages.Count - asked.InputCount);
        json.EndArray();
    }

    private void Write(int index, Message message, bool isInput)
    {
        switch (message.Head)
        {
            case MessageItem said when said.Role == Role.Assistant:
                WriteAnswer(message);
                break;
            case MessageItem said:
                json.Object().String("type"u8, "message").String("role"u8, said.Role.Value).Name("content"u8).Array();
                foreach (var part in message.Content) WritePart(part, isInput);
                json.EndArray().EndObject();
                break;
            case ReasoningItem { Encrypted: { } encrypted }:
                WriteReasoning(message, encrypted);
                break;
            case ToolCallItem { RunBy: RunBy.Client } call when !_unanswered.Contains(index):
                json.Object().String("type"u8, call.Freeform ? "custom_tool_call" : "function_call").String("call_id"u8, call.CallId).String("name"u8, call.Name)
                    .String(call.Freeform ? "input"u8 : "arguments"u8, string.Concat(message.Content.Select(part => part.Text))).EndObject();
                break;
            case ToolResultItem result when _freeform.TryGetValue(result.CallId, out var isFreeform):
                json.Object().String("type"u8, isFreeform ? "custom_tool_call_output" : "function_call_output").String("call_id"u8, result.CallId).Name("output"u8);
                WriteOutput(message, isInput);
                json.EndObject();
                break;
            case ApprovalReplyItem reply:
                // The peer knows the request by its own id.
                var request = asked.Context.FirstOrDefault(other => other.Id == reply.Request)?.SourceId;
                if (request is null) break;
                json.Object().String("type"u8, "mcp_approval_response").String("approval_request_id"u8, request).Name("approve"u8).Bool(reply.Approved);
                if (reply.Reason is not null) json.String("reason"u8, reply.Reason);
                json.EndObject();
                break;
        }
    }

    private void WriteAnswer(Message message)
    {
        var text = message.Text is { Length: > 0 } said ? said : message.Content.FirstOrDefault(part => part is { Kind: PartKind.Data, Media: null })?.Data?.Text ?? "";
        if (text.Length == 0) return;
        json.Object().String("type"u8, "message").String("role"u8, "assistant").Name("content"u8).Array()
            .Object().String("type"u8, "output_text").String("text"u8, text).Name("annotations"u8).Array().EndArray().EndObject()
            .EndArray();
        ResponsesItem.WriteLeftover(json, message.Leftover);
        json.EndObject();
    }

    private void WriteReasoning(Message message, string encrypted)
    {
        json.Object().String("type"u8, "reasoning").Name("summary"u8).Array();
        foreach (var part in message.Content.Where(part => part.Kind == PartKind.ReasoningSummary)) json.Object().String("type"u8, "summary_text").String("text"u8, part.Text).EndObject();
        json.EndArray().String("encrypted_content"u8, encrypted).EndObject();
    }

    private void WriteOutput(Message message, bool isInput)
    {
        if (message.Content.All(part => part.Media is null))
        {
            json.String(string.Concat(message.Content.Select(part => part.Kind == PartKind.Data ? part.Data?.Text ?? "" : part.Text)));
            return;
        }

        json.Array();
        foreach (var part in message.Content) WritePart(part, isInput);
        json.EndArray();
    }

    private void WritePart(Content part, bool isInput)
    {
        if (part.Media is not { } media)
        {
            var text = part.Kind == PartKind.Data ? part.Data?.Text ?? "" : part.Text;
            if (text.Length > 0) WriteText(text);
            return;
        }

        if (media.File is { } file)
        {
            if (files.TryFind(file, out var stored, out var bytes)) WriteStored(stored, bytes, part.Data);
            else WriteText($"[{OpenAiMedia.Describe(media)}]");
        }
        else if (media.Url is null)
        {
            if (isInput) throw new RunException(RunError.Rejected($"The agent cannot be sent {OpenAiMedia.Describe(media)} that is only named.", "input", "unsupported_media"));
            WriteText($"[{OpenAiMedia.Describe(media)}]");
        }
        else if (media.MediaType?.StartsWith("image", StringComparison.Ordinal) == true)
        {
            json.Object().String("type"u8, "input_image").String("image_url"u8, media.Url).String("detail"u8, OpenAiMedia.DetailOf(part.Data) ?? "auto").EndObject();
        }
        else if (media.Url.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            json.Object().String("type"u8, "input_file").String("filename"u8, NameOf(media.Name)).String("file_data"u8, media.Url).EndObject();
        }
        else
        {
            json.Object().String("type"u8, "input_file").String("file_url"u8, media.Url).EndObject();
        }
    }

    private void WriteStored(StoredFile file, byte[] bytes, RawJson? data)
    {
        var head = Encoding.ASCII.GetBytes($"data:{file.MediaType};base64,");
        if (OpenAiFiles.IsImage(file.MediaType))
            json.Object().String("type"u8, "input_image").Name("image_url"u8).Base64(head, bytes).String("detail"u8, OpenAiMedia.DetailOf(data) ?? "auto").EndObject();
        else
            json.Object().String("type"u8, "input_file").String("filename"u8, NameOf(file.Name)).Name("file_data"u8).Base64(head, bytes).EndObject();
    }

    private void WriteText(string text) => json.Object().String("type"u8, "input_text").String("text"u8, text).EndObject();

    private static string NameOf(string? name) => string.IsNullOrEmpty(name) ? "file" : name;

    private static Dictionary<string, bool> FreeformCalls(IReadOnlyList<Message> context)
    {
        var calls = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var message in context)
            if (message.Head is ToolCallItem { RunBy: RunBy.Client } call) calls[call.CallId] = call.Freeform;
        return calls;
    }
}
