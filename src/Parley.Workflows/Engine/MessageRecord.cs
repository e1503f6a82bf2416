using Parley.Conversations;
using Parley.Runs;
using Parley.Workflows.PowerFx;

namespace Parley.Workflows.Engine;

/// <summary>A message as a record that formulas see: Id, Role, Author, Text, Content and Metadata.</summary>
internal static class MessageRecord
{
    /// <summary>A message of plain text.</summary>
    public static FxRecord Of(Role role, string text, string? id = null, string? author = null) => FxMessageFunctions.Message(role.Value, text, id, author);

    /// <summary>A message that is kept.</summary>
    public static FxRecord Of(Message message)
    {
        var parts = message.Content.Select(part => (FxValue)(part.Media is { } media
            ? FxRecord.Of(
                new("Type", new FxText(media.File is null ? "ImageUrl" : "ImageFile")),
                new("Value", new FxText(media.File is { } file ? PrefixedId.Render("file-", file, file) : media.Url ?? "")),
                new("MediaType", media.MediaType is null ? FxBlank.Value : new FxText(media.MediaType)))
            : FxRecord.Of(new("Type", new FxText("Text")), new("Value", new FxText(part.Text)), new("MediaType", FxBlank.Value))));
        return Of(message.Role ?? Role.Assistant, message.Text, IdOf(message))
            .With("Content", FxTable.Of(parts))
            .With("Metadata", new FxRecord(message.Metadata.Select(pair => new FxField(pair.Key, new FxText(pair.Value))).ToValueList()));
    }

    /// <summary>The messages that a value stands for: none for blank, one for a text or a record, one a row for a table.</summary>
    public static IReadOnlyList<InputItem> ToItems(FxValue value) => value switch
    {
        FxBlank => [],
        FxRecord record => [ToItem(record)],
        FxTable table => [.. table.Rows.Select(row => row.Unwrap() is { } plain && plain is not FxRecord ? InputItem.Said(Role.User, plain.ToString()) : ToItem(row))],
        _ => value.ToString() is { Length: > 0 } text ? [InputItem.Said(Role.User, text)] : [],
    };

    /// <summary>A message's id, as formulas see it.</summary>
    public static string IdOf(Message message) => PrefixedId.Render("msg_", message.Conversation, message.Id);

    /// <summary>A part of a message: a text, the URL of an image, or the id of a file that is one.</summary>
    public static Content ToContent(string type, string value, string media)
    {
        var mediaType = media.Length > 0 ? media : "image";
        return type switch
        {
            "ImageUrl" => new Content(PartKind.Media, Media: new Media(value, MediaType: mediaType)),
            "ImageFile" when AnyId.TryParse(value, out var file) => new Content(PartKind.Media, Media: new Media(File: file, MediaType: mediaType)),
            _ => new Content(PartKind.Text, value),
        };
    }

    private static InputItem ToItem(FxRecord record)
    {
        var role = record["Role"].ToString().ToLowerInvariant() switch
        {
            "agent" or "assistant" => Role.Assistant,
            "system" => Role.System,
            _ => Role.User,
        };
        if (record["Content"] is not FxTable { Rows.Count: > 0 } content) return InputItem.Said(role, record["Text"].ToString());
        return new InputItem(new MessageItem(role), content.Rows.Select(part => ToContent(part["Type"].ToString(), part["Value"].ToString(), part["MediaType"].ToString())).ToValueList());
    }
}
