using System.Text.Json;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Peers;

/// <summary>A request that a scripted peer got.</summary>
internal sealed record PeerRequest(HttpMessage Message)
{
    /// <summary>The script of the requests by which a Coze peer is told to end a chat.</summary>
    public const string Cancel = "cancel";

    /// <summary>The body.</summary>
    public JsonElement Json { get; } = JsonDocument.Parse(Message.Body).RootElement;

    /// <summary>The text of the last user message, in whatever protocol it was sent: it names the script that answers.</summary>
    public string Script
    {
        get
        {
            // A Coze peer is told apart from its stream that nobody wants the rest.
            if (Message.StartLine.Contains("/v3/chat/cancel ", StringComparison.Ordinal)) return Cancel;
            var messages = Json.EnumerateObject().First(member => member.Name is "messages" or "additional_messages" or "input" or "contents").Value;
            var last = messages.EnumerateArray().Last(message => message.GetProperty("role").GetString() == "user").GetProperty("content");
            return last.ValueKind == JsonValueKind.String ? last.GetString()! : last.EnumerateArray().First().GetProperty("text").GetString()!;
        }
    }

    /// <summary>Whether it brings the outputs of tools.</summary>
    public bool HasToolOutputs => Json.GetProperty("messages").EnumerateArray().Last().GetProperty("role").GetString() == "tool";
}
