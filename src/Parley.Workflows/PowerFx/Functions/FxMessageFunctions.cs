namespace Parley.Workflows.PowerFx;

/// <summary>Messages of a conversation as records.</summary>
internal static class FxMessageFunctions
{
    public static FxFunction[] All { get; } =
    [
        new("UserMessage", 1, 1, a => MessageOf(a, "user")),
        new("AgentMessage", 1, 1, a => MessageOf(a, "assistant")),
        new("AssistantMessage", 1, 1, a => MessageOf(a, "assistant")),
        new("SystemMessage", 1, 1, a => MessageOf(a, "system")),
        new("MessageText", 1, 1, MessageText),
    ];

    /// <summary>The record of a message of plain text.</summary>
    public static FxRecord Message(string role, string text, string? id = null, string? author = null) => FxRecord.Of(
        new FxField("__type__", new FxText("ChatMessage")),
        new FxField("Id", id is null ? FxBlank.Value : new FxText(id)),
        new FxField("Role", new FxText(role)),
        new FxField("Author", author is null ? FxBlank.Value : new FxText(author)),
        new FxField("Text", new FxText(text)),
        new FxField("Content", new FxTable([FxRecord.Of(
            new FxField("Type", new FxText("Text")),
            new FxField("Value", new FxText(text)),
            new FxField("MediaType", FxBlank.Value))])),
        new FxField("Metadata", FxRecord.Empty));

    /// <summary>The text of a text, of a message or of a table of messages, which are lines; empty ones are left out.</summary>
    public static string TextOf(FxValue value, int position) => value switch
    {
        FxTable table => string.Join('\n', table.Rows.Select(row => TextOf(row, position)).Where(text => text.Length > 0)),
        FxRecord record => FxCoercion.ToText(record.Unwrap() ?? record["Text"], position).Trim(),
        _ => FxCoercion.ToText(value, position).Trim(),
    };

    private static FxValue MessageOf(FxArguments a, string role) => a.Text(0) is { Length: > 0 } text ? Message(role, text) : FxBlank.Value;

    private static FxText MessageText(FxArguments a)
    {
        var value = a.Value(0);
        a.AllowText(value.Weight / 4);
        return a.NewText(TextOf(value, a.At(0)));
    }
}
