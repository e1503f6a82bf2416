using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.ChatCompletions;

/// <summary>A request for a chat completion, read.</summary>
public sealed record ChatRequest
{
    /// <summary>The model: an agent's name or alias; null if it is absent, which is not the same as empty.</summary>
    public required string? Model { get; init; }

    /// <summary>Whether the answer is to be a stream.</summary>
    public bool Stream { get; init; }

    /// <summary>Whether the stream ends with a chunk that tells the usage.</summary>
    public bool IncludeUsage { get; init; }

    /// <summary>The messages. One assistant message of the wire may be several items: reasoning, text, calls.</summary>
    public required ValueList<InputItem> Messages { get; init; }

    /// <summary>Everything else that is asked.</summary>
    public required ModelRequest Request { get; init; }

    /// <summary>The client's key-value pairs.</summary>
    public ValueList<KeyValuePair<string, string>> Metadata { get; init; }

    /// <summary>The number of messages up to and with the last one of the assistant: what was before, while the rest is new.</summary>
    public int PathLength
    {
        get
        {
            for (var i = Messages.Count - 1; i >= 0; i--)
                if (Messages[i].Head is ToolCallItem or ReasoningItem || Messages[i].Head is MessageItem { Role: var role } && role == Role.Assistant) return i + 1;
            return 0;
        }
    }
}

/// <summary>What a stream depends on besides the run's header and events; kept in <see cref="Run.Rendering"/>.</summary>
/// <param name="Model">The model as the request named it.</param>
/// <param name="IncludeUsage">Every chunk has a usage, the last one but <c>[DONE]</c> the real one.</param>
/// <param name="Reasoning">Reasoning is shown, as <c>reasoning_content</c>.</param>
public sealed record ChatRendering(string Model, bool IncludeUsage = false, bool Reasoning = true)
{
    /// <summary>As it is stored.</summary>
    public RawJson ToJson() => JsonLine.ToRawJson(json => json.Object()
        .String("model"u8, Model).Name("include_usage"u8).Bool(IncludeUsage).Name("reasoning"u8).Bool(Reasoning)
        .EndObject());

    /// <summary>The rendering of a run. One that was asked in another protocol is shown under its agent's name.</summary>
    public static ChatRendering Of(Run run)
    {
        if (run.Dialect != Protocol.ChatCompletions || run.Rendering is not { } stored) return new ChatRendering(run.Agent.Name, IncludeUsage: true);
        using var json = JsonDocument.Parse(stored.Text);
        var root = json.RootElement;
        return new ChatRendering(root.GetProperty("model").GetString()!, root.GetProperty("include_usage").GetBoolean(), root.GetProperty("reasoning").GetBoolean());
    }
}

/// <summary>The words by which Chat Completions says why an answer ended.</summary>
internal static class ChatFinish
{
    public static FinishReason Read(string word) => word switch
    {
        "tool_calls" or "function_call" => FinishReason.Stop,
        "max_tokens" or "model_length" => FinishReason.Length,
        _ => new FinishReason(word),
    };

    // Only a call that waits is "tool_calls": an SDK would look for calls to make.
    public static string Write(RunEnded end) => end switch
    {
        RunSuspended suspended when suspended.Required.Any(required => required is CallFunction) => "tool_calls",
        RunCompleted { Finish.IsIncomplete: true } completed => completed.Finish.Value,
        _ => "stop",
    };
}
