using System.Text;
using System.Text.Json;
using Parley.Conversations;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.Tongyi;

/// <summary>Writes the messages of a session: the same items as the last frame of a stream has.</summary>
public static class TongyiHistory
{
    /// <summary>A message.</summary>
    public static void Write(TongyiNode node, string session, JsonLine line)
    {
        var end = node.Run?.End;
        line.Object().Name("aiDisclaimer"u8).Bool(false).Name("canRegenerate"u8).Bool(true)
            .Name("canShare"u8).Bool(end is not RunCompleted { Finish: var finish } || finish != FinishReason.ContentFilter).Name("canShow"u8).Bool(true)
            .String("contentType"u8, "text").Name("contents"u8).Array();
        if (node.Role == Role.Assistant) WriteAnswer(node, line);
        else WriteQuestion(node, line);
        line.EndArray()
            .Number("createTime"u8, node.At.ToUnixTimeMilliseconds())
            .Name("interrupted"u8).Bool(end is RunCancelled or RunFailed)
            .String("msgId"u8, node.Id)
            .String("msgStatus"u8, StatusOf(node))
            .String("parentMsgId"u8, node.Parent)
            .String("senderType"u8, node.Role == Role.Assistant ? "BOT" : "USER")
            .String("sessionId"u8, session)
            .EndObject();
    }

    private static string StatusOf(TongyiNode node) => node.Run is { HasEnded: false } ? "generating" : "finished";

    private static void WriteQuestion(TongyiNode node, JsonLine line)
    {
        var number = 0;
        foreach (var part in node.Content.SelectMany(each => each.Content))
        {
            if (part.Media is { } media) WriteItem(node, number++, TypeOf(media), media.Url ?? media.Name ?? "", line, TongyiContents.FactsOf(part));
            else if (part.Text.Length > 0) WriteItem(node, number++, TongyiWords.Text, part.Text, line);
        }
    }

    private static void WriteAnswer(TongyiNode node, JsonLine line)
    {
        // The messages of a run are one text, which stands where the first of them does.
        var slots = new List<(string Type, string Content, string? Code, string? Name)>();
        var answer = -1;
        var text = new StringBuilder();
        foreach (var (head, content) in node.Content)
        {
            switch (head)
            {
                case MessageItem when Contents.TextOf(content) is { Length: > 0 } said:
                    if (answer < 0)
                    {
                        answer = slots.Count;
                        slots.Add((TongyiWords.Text, "", null, null));
                    }

                    text.Append(text.Length > 0 ? "\n\n" : "").Append(said);
                    break;
                case ReasoningItem when string.Concat(content.Select(part => part.Text)) is { Length: > 0 } thought:
                    slots.Add((TongyiWords.Think, JsonLine.ToRawJson(json => json.Object().String("content"u8, thought).EndObject()).Text, null, null));
                    break;
                case RecallItem { Sources.Count: > 0 } recall:
                    var isSearch = recall.Sources.Any(source => source.Text is not null);
                    slots.Add((isSearch ? TongyiWords.Plugin : TongyiWords.ReferenceLink, TongyiInner.OfSources(recall.Sources, isSearch), isSearch ? TongyiWords.SearchCode : null, isSearch ? TongyiWords.SearchName : null));
                    break;
                case OpaqueItem opaque when opaque.Protocol == Protocol.Tongyi:
                    var members = JsonElement.Parse(opaque.Members.Text);
                    slots.Add((opaque.Type, TongyiInner.TextOf(members, "content") ?? "", TongyiInner.TextOf(members, "pluginCode"), TongyiInner.TextOf(members, "pluginName")));
                    break;
            }
        }

        if (answer >= 0) slots[answer] = slots[answer] with { Content = text.ToString() };
        else if (DataOf(node) is { } data) slots.Add((TongyiWords.Text, data.Text, null, null));
        for (var i = 0; i < slots.Count; i++) WriteItem(node, i, slots[i].Type, slots[i].Content, line, code: slots[i].Code, name: slots[i].Name);
    }

    // A workflow's output is for programs; it is shown only where nothing was said to people.
    private static RawJson? DataOf(TongyiNode node)
        => node.Run?.End is RunCompleted or RunSuspended ? node.Content.SelectMany(each => each.Content).LastOrDefault(part => part is { Kind: PartKind.Data, Data: not null })?.Data : null;

    private static void WriteItem(TongyiNode node, int number, string type, string content, JsonLine line, List<JsonProperty>? facts = null, string? code = null, string? name = null)
    {
        line.Object().String("content"u8, content).String("contentType"u8, type);
        if (facts is { Count: > 0 })
        {
            line.Name("ext"u8).Object();
            TongyiContents.WriteFacts(facts, line);
            line.EndObject();
        }

        line.String("id"u8, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{node.Id}_{number}"));
        if (code is not null) line.String("pluginCode"u8, code);
        if (name is not null) line.String("pluginName"u8, name);
        line.String("role"u8, node.Role.Value).String("status"u8, StatusOf(node)).EndObject();
    }

    private static string TypeOf(Media media) => media.MediaType?.StartsWith("image", StringComparison.Ordinal) == true ? "image" : "file";
}
