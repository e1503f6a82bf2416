using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Parley.IntegrationTests.Wire;

/// <summary>How a Coze stream separates a field's name from its value.</summary>
internal enum CozeFraming
{
    /// <summary><c>/v3/chat</c> and its tool outputs: <c>event:x</c>.</summary>
    Chat,

    /// <summary><c>/v1/workflows/chat</c>: <c>event: x</c>.</summary>
    WorkflowChat,
}

/// <summary>An event of a Coze stream.</summary>
internal sealed record CozeEvent(string Name, string Data)
{
    /// <summary>The data as JSON.</summary>
    public JsonElement Json { get; } = Parse(Name, Data);

    private static JsonElement Parse(string name, string data)
    {
        try
        {
            using var document = JsonDocument.Parse(data);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new FormatException($"The data of {name} is no JSON ({e.Message}): {data}");
        }
    }
}

/// <summary>
/// Reads Coze streams as strictly as the strictest of Coze's own clients: exactly an event and a data line per event, no comment, no id,
/// lines as Python's <c>str.splitlines</c> sees them; and checks that the events are in an order that all clients survive.
/// </summary>
internal static partial class CozeStreamCheck
{
    // What str.splitlines takes for an end of line beside the line feed.
    private const string PythonLineEnds = "\r\v\f\x1c\x1d\x1e\x85\u2028\u2029";

    private static readonly string[] Terminals =
        ["conversation.chat.completed", "conversation.chat.failed", "conversation.chat.requires_action", "error"];

    private static readonly string[] ChatMembers = ["id", "conversation_id", "status", "created_at", "last_error", "usage", "section_id"];

    private static readonly string[] MessageMembers = ["id", "conversation_id", "chat_id", "section_id", "role", "type", "content", "content_type"];

    /// <summary>The events of a stream; a <see cref="FormatException"/> says which rule it breaks.</summary>
    public static List<CozeEvent> Read(ReadOnlySpan<byte> body, CozeFraming framing, bool isComplete = true)
    {
        var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(isComplete ? body : body[..(body.LastIndexOf("\n\n"u8) is >= 0 and var at ? at + 2 : 0)]);
        var odd = text.AsSpan().IndexOfAny(PythonLineEnds);
        if (odd >= 0) throw new FormatException($"U+{(int)text[odd]:X4} ends a line in Python, at {odd}: {text[Math.Max(0, odd - 80)..odd]}");
        if (isComplete && !text.EndsWith("\n\n", StringComparison.Ordinal)) throw new FormatException($"The stream does not end with a blank line: …{text[Math.Max(0, text.Length - 120)..]}");

        var gap = framing == CozeFraming.Chat ? "" : " ";
        var events = new List<CozeEvent>();
        foreach (var block in text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var lines = block.Split('\n');
            if (lines.Length != 2) throw new FormatException($"An event has {lines.Length} lines, not 2: {block}");
            var name = Value(lines[0], "event:" + gap);
            var data = Value(lines[1], "data:" + gap);

            // Coze escapes as Go does: these three never stand raw in its JSON.
            if (data.AsSpan().IndexOfAny("<>&") >= 0) throw new FormatException($"A raw <, > or & in {data}");
            events.Add(new CozeEvent(name, data));
        }

        CheckOrder(events, isComplete);
        CheckTexts(events);
        return events;
    }

    private static string Value(string line, string prefix)
    {
        if (!line.StartsWith(prefix, StringComparison.Ordinal)) throw new FormatException($"A line does not begin with \"{prefix}\": {line}");
        var value = line[prefix.Length..];
        if (value.Length == 0 || value[0] == ' ') throw new FormatException($"A line has no value or a space too much: {line}");
        return value;
    }

    private static void CheckOrder(List<CozeEvent> events, bool isComplete)
    {
        string[] start = ["conversation.chat.created", "conversation.chat.in_progress"];
        var names = events.Select(e => e.Name).ToList();
        if (names is not ["error"] && !names.Take(2).SequenceEqual(start.Take(names.Count)))
            throw new FormatException($"The stream begins with {string.Join(", ", names.Take(3))}");
        for (var i = 2; i < names.Count; i++)
        {
            var isLegal = names[i] is "conversation.message.delta" or "conversation.message.completed" or "done" || Terminals.Contains(names[i]);
            if (!isLegal) throw new FormatException($"{names[i]} at {i}");
            if (names[i - 1] == "done" || Terminals.Contains(names[i - 1]) && names[i] != "done") throw new FormatException($"{names[i]} after {names[i - 1]}");
        }

        if (isComplete && names.Count(Terminals.Contains) > 1) throw new FormatException($"Several ends: {string.Join(", ", names)}");

        // A cancelled chat has no event of its own on this wire.
        if (isComplete && names is not [.., "done"] && !names.Any(name => name is "conversation.chat.failed" or "error"))
            throw new FormatException($"The stream does not end: {string.Join(", ", names.TakeLast(3))}");
        foreach (var e in events)
        {
            if (e.Name.StartsWith("conversation.chat.", StringComparison.Ordinal)) Demand(e, ChatMembers);
            if (e.Name.StartsWith("conversation.message.", StringComparison.Ordinal)) Demand(e, MessageMembers);
            if (e.Name == "error" && (!e.Json.TryGetProperty("code", out _) || !e.Json.TryGetProperty("msg", out _))) throw new FormatException(e.Data);
            if (e.Name == "conversation.chat.failed" && !(e.Json.GetProperty("last_error").GetProperty("code").GetInt64() > 0)) throw new FormatException(e.Data);
        }
    }

    private static void Demand(CozeEvent e, string[] members)
    {
        foreach (var member in members)
            if (!e.Json.TryGetProperty(member, out _)) throw new FormatException($"{e.Name} has no {member}: {e.Data}");
        foreach (var member in e.Json.EnumerateObject())
        {
            if (member.Name is not ("id" or "conversation_id" or "chat_id" or "section_id")) continue;
            if (member.Value.ValueKind != JsonValueKind.String || !Decimal().IsMatch(member.Value.GetString()!))
                throw new FormatException($"{member.Name} is no decimal id in a string: {e.Data}");
        }
    }

    // A client that adds up deltas and one that takes the completed message must see the same.
    private static void CheckTexts(List<CozeEvent> events)
    {
        var open = new Dictionary<string, (string Content, string Reasoning)>();
        var closed = new HashSet<string>();
        foreach (var e in events)
        {
            if (e.Name is not ("conversation.message.delta" or "conversation.message.completed")) continue;
            var id = e.Json.GetProperty("id").GetString()!;
            var content = e.Json.GetProperty("content").GetString()!;
            var reasoning = e.Json.TryGetProperty("reasoning_content", out var thought) ? thought.GetString()! : "";
            if (closed.Contains(id)) throw new FormatException($"{e.Name} after the end of message {id}");
            if (e.Name == "conversation.message.delta")
            {
                if (content.Length == 0 && reasoning.Length == 0) throw new FormatException($"An empty delta: {e.Data}");
                var before = open.GetValueOrDefault(id, ("", ""));
                open[id] = (before.Item1 + content, before.Item2 + reasoning);
                continue;
            }

            closed.Add(id);
            if (open.Remove(id, out var streamed) && streamed != (content, reasoning))
                throw new FormatException($"Message {id} streamed \"{streamed}\" and ended as \"{(content, reasoning)}\"");
        }
    }

    [GeneratedRegex("^[1-9][0-9]{17,18}$")]
    private static partial Regex Decimal();
}
