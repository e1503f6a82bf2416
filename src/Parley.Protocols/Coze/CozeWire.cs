using System.Text.Json.Serialization;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>Names of stream events.</summary>
internal static class CozeEvents
{
    public static ReadOnlySpan<byte> ChatCreated => "conversation.chat.created"u8;

    public static ReadOnlySpan<byte> ChatInProgress => "conversation.chat.in_progress"u8;

    public static ReadOnlySpan<byte> ChatCompleted => "conversation.chat.completed"u8;

    public static ReadOnlySpan<byte> ChatFailed => "conversation.chat.failed"u8;

    public static ReadOnlySpan<byte> ChatRequiresAction => "conversation.chat.requires_action"u8;

    public static ReadOnlySpan<byte> ChatCanceled => "conversation.chat.canceled"u8;

    public static ReadOnlySpan<byte> MessageDelta => "conversation.message.delta"u8;

    public static ReadOnlySpan<byte> MessageCompleted => "conversation.message.completed"u8;

    public static ReadOnlySpan<byte> AudioDelta => "conversation.audio.delta"u8;

    public static ReadOnlySpan<byte> Error => "error"u8;

    public static ReadOnlySpan<byte> Done => "done"u8;

    public static ReadOnlySpan<byte> Ping => "ping"u8;

    // The open-source server's words for the same.
    public static ReadOnlySpan<byte> StudioRequiredAction => "conversation.chat.required_action"u8;

    public static ReadOnlySpan<byte> StudioCancelled => "conversation.chat.cancelled"u8;

    public static ReadOnlySpan<byte> StudioError => "conversation.error"u8;

    public static ReadOnlySpan<byte> StudioDone => "conversation.stream.done"u8;

    public static ReadOnlySpan<byte> StudioAck => "conversation.ack"u8;
}

/// <summary>Names of a workflow's stream events, and the words in them.</summary>
internal static class CozeWorkflowEvents
{
    /// <summary>The title of a node that has none of its own.</summary>
    public const string Answer = "answer";

    /// <summary>The member of an output that is nothing but a text.</summary>
    public const string Output = "output";

    /// <summary>Our code for a run that was cancelled, which Coze has no event for.</summary>
    public const string Cancelled = "4104";

    public static ReadOnlySpan<byte> Message => "Message"u8;

    public static ReadOnlySpan<byte> Interrupt => "Interrupt"u8;

    public static ReadOnlySpan<byte> Error => "Error"u8;

    public static ReadOnlySpan<byte> Done => "Done"u8;
}

/// <summary>Values of a message's <c>type</c>.</summary>
internal static class CozeTypes
{
    public const string Question = "question";
    public const string Answer = "answer";
    public const string FunctionCall = "function_call";
    public const string ToolResponse = "tool_response";
    public const string ToolOutput = "tool_output";
    public const string Knowledge = "knowledge";
    public const string FollowUp = "follow_up";
    public const string Verbose = "verbose";
}

/// <summary>Values of a message's <c>content_type</c>.</summary>
internal static class CozeContentTypes
{
    public const string Text = "text";
    public const string ObjectString = "object_string";
    public const string Card = "card";
    public const string Audio = "audio";
}

/// <summary>Facets of a run: ids of messages that exist in this protocol only.</summary>
internal static class CozeFacets
{
    public const int Finish = 1;
    public const int Interrupt = 2;
    public const int Prompt = 3;
}

/// <summary>A message as Coze shows it, in streams and in lists.</summary>
public sealed record CozeMessage
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>The conversation's id.</summary>
    public required string Conversation { get; init; }

    /// <summary>The agent's id as the client wrote it; empty for what was inserted; null is not written.</summary>
    public string? Bot { get; init; }

    /// <summary>The chat's id; empty for what was inserted.</summary>
    public string Chat { get; init; } = "";

    /// <summary>The section's id.</summary>
    public required string Section { get; init; }

    /// <summary>Either <c>user</c> or <c>assistant</c>.</summary>
    public string Role { get; init; } = "assistant";

    /// <summary>Such as <c>answer</c>; empty for what was inserted without one.</summary>
    public required string Type { get; init; }

    /// <summary>Text, or JSON as a string.</summary>
    public required string Content { get; init; }

    /// <summary>What the content is.</summary>
    public string ContentType { get; init; } = CozeContentTypes.Text;

    /// <summary>The reasoning before the answer, where there was any.</summary>
    public string Reasoning { get; init; } = "";

    /// <summary>The client's own key-value pairs; null is not written (streams).</summary>
    public ValueList<KeyValuePair<string, string>>? Metadata { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When it was last changed.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Members of the same message at a peer that also speaks Coze.</summary>
    public Leftover? Leftover { get; init; }
}

/// <summary>How a run is rendered as a Coze stream, stored with the run: what the request said and the events do not.</summary>
public sealed record CozeRendering
{
    /// <summary>The agent's id as the client wrote it.</summary>
    public string? Bot { get; init; }

    /// <summary>Whether the messages of type <c>verbose</c> that Coze adds at the end of an answer are sent.</summary>
    public bool Verbose { get; init; } = true;

    /// <summary>Whether a workflow was asked for a stream; its history tells.</summary>
    public bool IsStreamed { get; init; }

    /// <summary>Where the run can be looked at, for <c>done</c> of a chatflow. <c>{chat}</c> and <c>{conversation}</c> stand for the ids.</summary>
    public string? DebugUrl { get; init; }

    /// <summary>How many messages the client sent: the last of the run's input. Before them may be what Parley says of calls that were given up.</summary>
    public int? Sent { get; init; }

    /// <summary>When the chat began, if an earlier run began it.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>What the chat's earlier runs used.</summary>
    public Usage? Spent { get; init; }

    /// <summary>The rendering of a run, or the plain one if it was asked in another protocol.</summary>
    public static CozeRendering Of(Run run)
        => run.Rendering is { } json && (run.Dialect == Protocol.Coze || run.Dialect == Protocol.CozeWorkflow || run.Dialect == Protocol.CozeWorkflowRun)
            ? System.Text.Json.JsonSerializer.Deserialize(json.Text, CozeJson.Default.CozeRendering) ?? new()
            : new() { Bot = run.Request.Model ?? run.Agent.Name };

    /// <summary>As it is stored.</summary>
    public RawJson ToJson() => new(System.Text.Json.JsonSerializer.Serialize(this, CozeJson.Default.CozeRendering));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CozeRendering))]
internal sealed partial class CozeJson : JsonSerializerContext;
