using System.Text.Json;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Peers;

/// <summary>A request that a scripted peer got.</summary>
internal sealed record PeerRequest(HttpMessage Message)
{
    /// <summary>The body.</summary>
    public JsonElement Json { get; } = JsonDocument.Parse(Message.Body).RootElement;

    /// <summary>The text of the last user message: it names the script that answers.</summary>
    public string Script
    {
        get
        {
            var last = Json.GetProperty("messages").EnumerateArray().Last(message => message.GetProperty("role").GetString() == "user").GetProperty("content");
            return last.ValueKind == JsonValueKind.String ? last.GetString()! : last.EnumerateArray().First().GetProperty("text").GetString()!;
        }
    }

    /// <summary>Whether it brings the outputs of tools.</summary>
    public bool HasToolOutputs => Json.GetProperty("messages").EnumerateArray().Last().GetProperty("role").GetString() == "tool";
}
