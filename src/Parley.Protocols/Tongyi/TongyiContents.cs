using System.Runtime.InteropServices;
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

    /// <summary>A text has the member <c>ext</c>. Files have it in older clients too.</summary>
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
        contents.Items = contents.InOrder().ToValueList();
        return contents;
    }

    /// <summary>What the items say of the answer, where they are none of a question: what is wrong with them is then no reason to refuse.</summary>
    public static TongyiContents ReadFlags(JsonElement root)
    {
        var contents = new TongyiContents();
        if (!root.TryGetProperty("contents", out var array) || array.ValueKind != JsonValueKind.Array) return contents;
        foreach (var item in array.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("ext", out var ext) || ext.ValueKind != JsonValueKind.Object) continue;
            contents.HasExt |= IsText(item);
            contents.DeepThink |= ext.TryGetProperty("deepThink", out var think) && think.ValueKind == JsonValueKind.True;
            contents.DeepResearch |= ext.TryGetProperty("deepResearch", out var research) && research.ValueKind == JsonValueKind.True;
            if (contents.SearchType.Length == 0 && ext.TryGetProperty("searchType", out var search) && search.ValueKind == JsonValueKind.String) contents.SearchType = search.GetString() ?? "";
        }

        return contents;
    }

    /// <summary>What is known of a file besides its address and name. Other protocols keep other things there.</summary>
    public static List<JsonProperty> FactsOf(Content part)
    {
        if (part.Data is not { } data || JsonElement.Parse(data.Text) is not { ValueKind: JsonValueKind.Object } known) return [];
        return [.. known.EnumerateObject().Where(member => member.Name is "batchId" or "docId" or "fileSize")];
    }

    /// <summary>Writes them as members.</summary>
    public static void WriteFacts(List<JsonProperty> facts, JsonLine json)
    {
        foreach (var fact in facts) json.Name(fact.Name).Raw(JsonMarshal.GetRawUtf8Value(fact.Value));
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

    // The question is the last of what is asked. A prompt behind it is meant for it too.
    private List<InputItem> InOrder()
    {
        var question = _items.FindLastIndex(item => RoleIn(item) == Role.User);
        if (question < 0) return _items;
        var late = _items.Skip(question + 1).Where(item => RoleIn(item) == Role.System).ToList();
        return late.Count == 0 ? _items : [.. _items.Take(question), .. late, .. _items.Skip(question).Where(item => RoleIn(item) != Role.System)];

        static Role RoleIn(InputItem item) => ((MessageItem)item.Head).Role;
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
        HasExt |= IsText(item);
        DeepThink |= ext.AsObject(path).OptionalBool("deepThink", path) == true;
        DeepResearch |= ext.OptionalBool("deepResearch", path) == true;
        if (SearchType.Length == 0) SearchType = ext.OptionalString("searchType", path) ?? "";
        return ext;
    }

    private static bool IsText(JsonElement item)
        => !item.TryGetProperty("contentType", out var type) || type.ValueKind != JsonValueKind.String || type.ValueEquals("text") || type.ValueEquals("");

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
