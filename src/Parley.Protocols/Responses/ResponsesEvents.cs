using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>The names of the events of a stream.</summary>
internal static class ResponsesEvents
{
    public static ReadOnlySpan<byte> Created => "response.created"u8;

    public static ReadOnlySpan<byte> Queued => "response.queued"u8;

    public static ReadOnlySpan<byte> InProgress => "response.in_progress"u8;

    public static ReadOnlySpan<byte> Completed => "response.completed"u8;

    public static ReadOnlySpan<byte> Incomplete => "response.incomplete"u8;

    public static ReadOnlySpan<byte> Failed => "response.failed"u8;

    public static ReadOnlySpan<byte> Error => "error"u8;

    public static ReadOnlySpan<byte> ItemAdded => "response.output_item.added"u8;

    public static ReadOnlySpan<byte> ItemDone => "response.output_item.done"u8;

    public static ReadOnlySpan<byte> PartAdded => "response.content_part.added"u8;

    public static ReadOnlySpan<byte> PartDone => "response.content_part.done"u8;

    public static ReadOnlySpan<byte> SummaryPartAdded => "response.reasoning_summary_part.added"u8;

    public static ReadOnlySpan<byte> SummaryPartDone => "response.reasoning_summary_part.done"u8;

    public static ReadOnlySpan<byte> AnnotationAdded => "response.output_text.annotation.added"u8;

    public static ReadOnlySpan<byte> CallInProgress => "response.mcp_call.in_progress"u8;

    public static ReadOnlySpan<byte> CallCompleted => "response.mcp_call.completed"u8;

    public static ReadOnlySpan<byte> CallFailed => "response.mcp_call.failed"u8;
}

/// <summary>A text that streams: the names of its events, the member that repeats it whole, and what numbers it within its item.</summary>
internal sealed record ResponsesChannel(PartKind Kind, string Delta, string Done, string Whole, ResponsesSpace Space)
{
    private static readonly ResponsesChannel Text = new(PartKind.Text, "response.output_text.delta", "response.output_text.done", "text", ResponsesSpace.Content);
    private static readonly ResponsesChannel Refusal = new(PartKind.Refusal, "response.refusal.delta", "response.refusal.done", "refusal", ResponsesSpace.Content);
    private static readonly ResponsesChannel Reasoning = new(PartKind.ReasoningText, "response.reasoning_text.delta", "response.reasoning_text.done", "text", ResponsesSpace.Content);
    private static readonly ResponsesChannel Summary = new(PartKind.ReasoningSummary, "response.reasoning_summary_text.delta", "response.reasoning_summary_text.done", "text", ResponsesSpace.Summary);
    private static readonly ResponsesChannel Arguments = new(PartKind.Input, "response.function_call_arguments.delta", "response.function_call_arguments.done", "arguments", ResponsesSpace.None);
    private static readonly ResponsesChannel Freeform = new(PartKind.Input, "response.custom_tool_call_input.delta", "response.custom_tool_call_input.done", "input", ResponsesSpace.None);
    private static readonly ResponsesChannel Server = new(PartKind.Input, "response.mcp_call_arguments.delta", "response.mcp_call_arguments.done", "arguments", ResponsesSpace.None);

    /// <summary>All that are read. The last is what the Open Responses specification calls reasoning.</summary>
    public static IReadOnlyList<ResponsesChannel> All { get; } =
        [Text, Refusal, Reasoning, Summary, Arguments, Freeform, Server, new(PartKind.ReasoningText, "response.reasoning.delta", "response.reasoning.done", "text", ResponsesSpace.Content)];

    /// <summary>The name of the end's event, as it is written.</summary>
    public byte[] DoneName { get; } = System.Text.Encoding.UTF8.GetBytes(Done);

    /// <summary>The channel in which a part is written; null if its item shows no text of it.</summary>
    public static ResponsesChannel? Of(Item head, PartKind kind) => (head, kind) switch
    {
        (MessageItem, PartKind.Text or PartKind.Transcript or PartKind.Data) => Text,
        (MessageItem, PartKind.Refusal) => Refusal,
        (ReasoningItem, PartKind.ReasoningText) => Reasoning,
        (ReasoningItem, PartKind.ReasoningSummary) => Summary,
        (ToolCallItem { RunBy: RunBy.Server }, PartKind.Input) => Server,
        (ToolCallItem { Freeform: true }, PartKind.Input) => Freeform,
        (ToolCallItem, PartKind.Input) => Arguments,
        _ => null,
    };

    /// <summary>Finds the channel whose delta, or end, has this name; null if there is none.</summary>
    public static ResponsesChannel? Find(ReadOnlySpan<byte> name, bool isDone)
    {
        foreach (var channel in All)
            if (System.Text.Ascii.Equals(name, isDone ? channel.Done : channel.Delta)) return channel;
        return null;
    }
}

/// <summary>What numbers the parts of an item.</summary>
internal enum ResponsesSpace
{
    /// <summary>There is one.</summary>
    None,

    /// <summary><c>content_index</c>.</summary>
    Content,

    /// <summary><c>summary_index</c>.</summary>
    Summary,
}
