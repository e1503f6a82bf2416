using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.Tongyi;

/// <summary>
/// The <c>contents</c> of a request. What follows each other in one role is one message, as long as it has one text: clients write the text first and its
/// images and files after it, each as an item of its own.
/// </summary>
internal sealed class TongyiContents
{
    /// <summary>The most items that a request may have.</summary>
    public const int Limit = 10_000;

    private readonly List<InputItem> _items = [];
    private readonly List<Content> _parts = [];
    private Role _role;
    private bool _isAsked;

    private TongyiContents() { }

    /// <summary>The messages.</summary>
    public ValueList<InputItem> Items { get; private set; }

    /// <summary>An item has the member <c>ext</c>.</summary>
    public bool HasExt { get; private set; }

    public bool DeepThink { get; private set; }

    public bool DeepResearch { get; private set; }

    public string SearchType { get; private set; } = "";

    public static TongyiContents Read(JsonElement root)
    {
        var contents = new TongyiContents();
        if (!root.TryGet("contents", out var array)) return contents;
        if (array.AsArray("contents").GetArrayLength() > Limit) throw OpenAiJson.Invalid("contents", $"Invalid 'contents': the limit is {Limit} items.");
        var index = 0;
        foreach (var item in array.EnumerateArray()) contents.Add(item, $"contents[{index++}]");
        contents.EndMessage();
        contents.Items = contents._items.ToValueList();
        return contents;
    }

    /// <summary>Refuses contents that ask nothing.</summary>
    public void Check()
    {
        if (!_isAsked) throw OpenAiJson.Invalid("contents", "Missing required parameter: 'contents' needs an item of the role 'user' that is not empty.");
    }

    private void Add(JsonElement item, string path)
    {
        var role = RoleOf(item.AsObject(path), path);
        var ext = ReadExt(item, path);
        var part = PartOf(item, ext, path);
        if (part is { Kind: PartKind.Text, Text: "" }) return;
        if (role != _role || (part.Kind == PartKind.Text && _parts.Exists(known => known.Kind == PartKind.Text))) EndMessage();
        _role = role;
        _parts.Add(part);
        _isAsked |= role == Role.User;
    }

    private void EndMessage()
    {
        if (_parts.Count > 0) _items.Add(new InputItem(new MessageItem(_role), _parts.ToValueList()));
        _parts.Clear();
    }

    // The oldest clients name no role.
    private static Role RoleOf(JsonElement item, string path) => item.OptionalString("role", path) switch
    {
        null or "" or "user" => Role.User,
        "system" => Role.System,
        "assistant" => Role.Assistant,
        var other => throw OpenAiJson.Invalid($"{path}.role", $"Invalid value for '{path}.role': '{other}'. It is 'user', 'assistant' or 'system'."),
    };

    private JsonElement ReadExt(JsonElement item, string path)
    {
        if (!item.TryGet("ext", out var ext)) return default;
        path += ".ext";
        HasExt = true;
        DeepThink |= ext.AsObject(path).OptionalBool("deepThink", path) == true;
        DeepResearch |= ext.OptionalBool("deepResearch", path) == true;
        if (SearchType.Length == 0) SearchType = ext.OptionalString("searchType", path) ?? "";
        return ext;
    }

    private static Content PartOf(JsonElement item, JsonElement ext, string path)
    {
        var text = item.OptionalString("content", path) ?? "";
        var type = item.OptionalString("contentType", path);
        switch (type)
        {
            case null or "" or "text":
                return new Content(PartKind.Text, text);
            case "image" or "file":
                if (!OpenAiMedia.IsWeb(text) && !text.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
                    throw OpenAiJson.Invalid($"{path}.content", $"Invalid '{path}.content': an http, https or data URL is needed where contentType is '{type}'.");
                var name = item.OptionalString("fileName", path) ?? (ext.ValueKind == JsonValueKind.Object ? ext.OptionalString("fileName", $"{path}.ext") : null);
                return new Content(PartKind.Media, Media: new Media(text, MediaType: type, Name: string.IsNullOrEmpty(name) ? null : name), Data: AboutFile(item, ext, path));
            default:
                throw OpenAiJson.Invalid($"{path}.contentType", $"Invalid value for '{path}.contentType': '{type}'. It is 'text', 'image' or 'file'.");
        }
    }

    // Some clients have it in ext, some on the item itself. It is kept only to be shown again.
    private static RawJson? AboutFile(JsonElement item, JsonElement ext, string path)
    {
        var inExt = ext.ValueKind == JsonValueKind.Object;
        var batch = inExt ? ext.OptionalString("batchId", $"{path}.ext") : null;
        var document = (inExt ? ext.OptionalString("docId", $"{path}.ext") : null) ?? item.OptionalString("fileId", path);
        var size = (inExt ? ext.OptionalInteger("fileSize", $"{path}.ext") : null) ?? item.OptionalInteger("fileSize", path);
        if (batch is null && document is null && size is null) return null;
        return JsonLine.ToRawJson(json =>
        {
            json.Object();
            if (batch is not null) json.String("batchId"u8, batch);
            if (document is not null) json.String("docId"u8, document);
            if (size is { } bytes) json.Number("fileSize"u8, bytes);
            json.EndObject();
        });
    }
}
