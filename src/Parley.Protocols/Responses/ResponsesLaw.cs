using System.Text;
using System.Text.Json;
using Parley.Protocols.OpenAi;
using Parley.Protocols.Sse;

namespace Parley.Protocols.Responses;

/// <summary>
/// What the clients of Responses rely on: an event line and one data line that agree on the type; numbers without a gap, from 1 in a workflow and from 0
/// else; <c>response.created</c> first, of one response; items added in the order of their places, before anything of them and before they are done;
/// one last event, and <c>[DONE]</c>. A cancelled response has no last event.
/// </summary>
public sealed class ResponsesLaw : FrameLaw
{
    private readonly Dictionary<string, int> _items = new(StringComparer.Ordinal);
    private readonly HashSet<string> _open = new(StringComparer.Ordinal);
    private string? _response;
    private long _next = -1;
    private bool _ended;
    private bool _over;

    /// <inheritdoc/>
    public override string? Check(ReadOnlySpan<byte> lines, out SseFrame frame)
    {
        frame = default;
        if (_over) return "it comes after [DONE]";
        if (lines.SequenceEqual("data: [DONE]"u8))
        {
            frame = new SseFrame(default, lines[6..]);
            _over = true;
            return _response is null ? "[DONE] comes before response.created" : null;
        }

        var end = lines.IndexOf((byte)'\n');
        if (end < 0 || !lines.StartsWith("event: "u8) || !lines[(end + 1)..].StartsWith("data: "u8)) return "it is not one event line and one data line";
        frame = new SseFrame(lines[7..end], lines[(end + 7)..]);
        if (frame.Data.IndexOfAny((byte)'\n', (byte)'\r') >= 0) return "its data has more than one line";
        if (_ended) return "it comes after the last event";
        try
        {
            var json = new Utf8JsonReader(frame.Data, OpenAiJson.DeepReader);
            using var document = JsonDocument.ParseValue(ref json);
            return Check(document.RootElement, Encoding.UTF8.GetString(frame.Event));
        }
        catch (JsonException)
        {
            return "its data is not a JSON object";
        }
    }

    /// <inheritdoc/>
    public override string? End() => _over ? null : "there is no [DONE]";

    private string? Check(JsonElement root, string name)
    {
        if (root.ValueKind != JsonValueKind.Object) return "its data is not a JSON object";
        if (ResponsesHeads.Text(root, "type") != name) return "its event line and its type differ";
        if (!root.TryGetProperty("sequence_number", out var number) || !number.TryGetInt64(out var sequence)) return "it has no number";
        if (_response is null != (name == "response.created")) return "response.created is not the first event alone";
        if (root.TryGetProperty("response", out var response))
        {
            var id = ResponsesHeads.Text(response, "id");
            _response ??= id;
            if (id is null || id != _response) return "it is of another response";
        }

        if (_next < 0) _next = ResponsesIds.FirstNumberOf(_response!);
        if (sequence != _next++) return "its number does not follow the one before";
        return name switch
        {
            "response.output_item.added" => Add(root),
            "response.output_item.done" => Finish(root),
            "response.completed" or "response.incomplete" or "response.failed" => EndRun(),
            _ => CheckPlace(root),
        };
    }

    private string? Add(JsonElement root)
    {
        if (!root.TryGetProperty("item", out var item) || ResponsesHeads.Text(item, "id") is not { Length: > 0 } id) return "an item has no id";
        if (PlaceOf(root) != _items.Count) return "an item's place does not follow the one before";
        if (!_items.TryAdd(id, _items.Count)) return "an item is added twice";
        _open.Add(id);
        return null;
    }

    private string? Finish(JsonElement root)
    {
        if (!root.TryGetProperty("item", out var item) || ResponsesHeads.Text(item, "id") is not { } id || !_items.TryGetValue(id, out var place)) return "an item is done that was not added";
        if (!_open.Remove(id)) return "an item is done twice";
        return PlaceOf(root) == place ? null : "an item is done at another place than it was added";
    }

    private string? EndRun()
    {
        _ended = true;
        return null;
    }

    private string? CheckPlace(JsonElement root)
    {
        if (ResponsesHeads.Text(root, "item_id") is not { } id) return null;
        if (!_open.Contains(id)) return "it tells of an item that is not open";
        return PlaceOf(root) == _items[id] ? null : "it tells of an item at another place than it was added";
    }

    private static int PlaceOf(JsonElement root) => root.TryGetProperty("output_index", out var place) && place.TryGetInt32(out var index) ? index : -1;
}
