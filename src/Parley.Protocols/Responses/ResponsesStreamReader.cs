using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Parley.Protocols.OpenAi;
using Parley.Protocols.Sse;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>
/// Reads a stream of responses: OpenAI's, Foundry's, and that of whoever claims to serve the same. Items and parts that were not announced are
/// opened when they are first spoken of, and what only the last event tells is said then. Open calls, approvals and questions, not the peer's status,
/// decide whether the run waits.
/// </summary>
/// <param name="tellsEcho">Tells what the response repeats of its request, for a <see cref="ResponsesStreamWriter"/> that keeps it.</param>
public sealed class ResponsesStreamReader(bool tellsEcho = false) : FrameReader
{
    private readonly List<ResponsesOpenItem> _items = [];
    private readonly Dictionary<int, ResponsesOpenItem> _byPlace = [];
    private ResponsesOpenItem? _last;
    private int _count;
    private RunError? _error;
    private bool _started;
    private bool _ended;

    /// <inheritdoc/>
    public override void Read(in SseFrame frame, List<RunEvent> into)
    {
        var data = frame.Data;
        if (_ended || data.IsEmpty) return;
        if (data.SequenceEqual("[DONE]"u8))
        {
            // A stream that its server closes without a last event is one of a cancelled response: there is no event for that.
            if (_started && _error is null) Cancel(into);
            else End(into);
            return;
        }

        if (frame.Event.EndsWith(".delta"u8) && ResponsesChannel.Find(frame.Event, isDone: false) is { } channel)
        {
            ReadDelta(channel, data, into);
            return;
        }

        // What began already says nothing new, at the length of the whole request.
        if (_started && (frame.Event.SequenceEqual(ResponsesEvents.InProgress) || frame.Event.SequenceEqual(ResponsesEvents.Queued))) return;
        Parse(frame.Event, data, into);
    }

    /// <inheritdoc/>
    public override void End(List<RunEvent> into)
    {
        if (_ended) return;
        Fail(_error ?? new RunError(ErrorSide.Agent, ErrorCause.Malformed, "The agent's server ended its answer without saying why.", true, "upstream_incomplete"), null, into);
    }

    /// <summary>Reads a body that was not streamed: one response, or an error.</summary>
    public static void ReadBody(ReadOnlySpan<byte> body, List<RunEvent> into)
    {
        var reader = new ResponsesStreamReader();
        reader.Parse(default, body.StartsWith("\uFEFF"u8) ? body[3..] : body, into);
        reader.End(into);
    }

    private void ReadDelta(ResponsesChannel channel, ReadOnlySpan<byte> data, List<RunEvent> into)
    {
        if (!ResponsesDelta.TryRead(data, out var delta))
        {
            FailMalformed(into);
            return;
        }

        // Of items without ids the place tells which it is.
        if (_last is null || !_last.Is(delta.Item) || (delta.Item.IsEmpty && delta.Output >= 0))
        {
            // Arguments of a call that nobody has named wait for its name: its end tells them whole.
            var known = Find(delta.Item, delta.Output);
            if (known is not null && IsOver(known, delta.Item)) known = null;
            if (known is null && channel.Kind == PartKind.Input) return;
            _last = known ?? Begin(channel, delta, into);
        }

        _last.Say(channel.Kind, delta.Index, delta.Text, into);
    }

    private void Parse(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data, List<RunEvent> into)
    {
        JsonDocument json;
        try
        {
            json = JsonDocument.Parse(data.ToArray(), OpenAiJson.Deep);
        }
        catch (JsonException)
        {
            FailMalformed(into);
            return;
        }

        using (json)
        {
            var root = json.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                FailMalformed(into);
                return;
            }

            var type = ResponsesHeads.Text(root, "type") ?? Encoding.UTF8.GetString(name);
            try
            {
                Apply(type, root, data, into);
            }
            catch (Exception exception) when (exception is InvalidOperationException or KeyNotFoundException)
            {
                // A member of another kind than its name promises.
                FailMalformed(into);
            }
        }
    }

    private void Apply(string type, JsonElement root, ReadOnlySpan<byte> data, List<RunEvent> into)
    {
        switch (type)
        {
            case "response.created" or "response.in_progress" or "response.queued":
                Start(root.TryGetProperty("response", out var begun) ? begun : default, into);
                break;
            case "response.output_item.added":
                if (root.TryGetProperty("item", out var added)) Open(added, ResponsesHeads.Number(root, "output_index"), into, isNew: true);
                break;
            case "response.output_item.done":
                if (root.TryGetProperty("item", out var done)) Close(Open(done, ResponsesHeads.Number(root, "output_index"), into), done, into);
                break;
            case "response.content_part.added" or "response.reasoning_summary_part.added":
                ReadPart(root, isDone: false, into);
                break;
            case "response.content_part.done" or "response.reasoning_summary_part.done":
                ReadPart(root, isDone: true, into);
                break;
            case "response.output_text.annotation.added":
                if (ItemOf(root) is { } noted && root.TryGetProperty("annotation", out var annotation) && ResponsesNotes.ReadOne(annotation) is { } note)
                    noted.Annotate(ResponsesHeads.Number(root, "content_index") ?? 0, note, into);
                break;
            case "response.completed" or "response.incomplete" or "response.failed":
                Finish(root.TryGetProperty("response", out var response) ? response : default, type["response.".Length..], into);
                break;
            case "error":
                // What follows may say more, and the tokens that were spent.
                _error ??= OpenAiErrors.Read(null, JsonMarshal.GetRawUtf8Value(root));
                break;
            case "keepalive" or "response.mcp_call.in_progress" or "response.mcp_call.completed" or "response.mcp_call.failed":
                break;
            default:
                ReadOther(type, root, data, into);
                break;
        }
    }

    private void ReadOther(string type, JsonElement root, ReadOnlySpan<byte> data, List<RunEvent> into)
    {
        if (ResponsesChannel.Find(Encoding.UTF8.GetBytes(type), isDone: false) is { } channel) ReadDelta(channel, data, into);
        else if (ResponsesChannel.Find(Encoding.UTF8.GetBytes(type), isDone: true) is { } whole) ItemOf(root)?.ClosePart(whole.Kind, IndexOf(root), ResponsesHeads.Text(root, whole.Whole), into);
        else if (ResponsesHeads.Text(root, "object") == "response" && root.TryGetProperty("output", out _)) ReadResponse(root, into);
        else if (root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object) _error ??= OpenAiErrors.Read(null, JsonMarshal.GetRawUtf8Value(root));
        else if (_started && IsName(type)) into.Add(new Extension(Protocol.Responses, type, ResponsesHeads.Members(root, Positions), ItemOf(root)?.Ordinal));
    }

    // A body, or a frame without a name that is a whole response.
    private void ReadResponse(JsonElement response, List<RunEvent> into)
    {
        var status = ResponsesHeads.Text(response, "status");
        if (status is "queued" or "in_progress") Start(response, into);
        else Finish(response, status ?? "completed", into);
    }

    private void Start(JsonElement response, List<RunEvent> into)
    {
        if (_started) return;
        _started = true;
        var isObject = response.ValueKind == JsonValueKind.Object;
        var conversation = isObject && response.TryGetProperty("conversation", out var given) ? ResponsesHeads.Text(given) ?? ResponsesHeads.Text(given, "id") : null;
        var upstream = new ResponsesUpstream(ResponsesHeads.Text(response, "id"), conversation);
        var model = ResponsesHeads.Text(response, "model");
        into.Add(new RunStarted(string.IsNullOrEmpty(model) ? null : model, upstream is { Response: null, Conversation: null } ? null : upstream.ToJson())
        {
            Leftover = tellsEcho && isObject ? new Leftover(Protocol.Responses, ResponsesHeads.Members(response, Progress)) : null,
        });
    }

    private void Finish(JsonElement response, string status, List<RunEvent> into)
    {
        Start(response, into);
        var usage = response.ValueKind == JsonValueKind.Object ? ResponsesUsage.Read(response) : null;
        if (status == "failed")
        {
            JsonElement error = default;
            var told = response.ValueKind == JsonValueKind.Object && response.TryGetProperty("error", out error) && error.ValueKind == JsonValueKind.Object;
            TellOutput(response, isWhole: false, into);
            Fail(_error ?? OpenAiErrors.Read(null, told ? JsonMarshal.GetRawUtf8Value(error) : default), usage, into);
            return;
        }

        var isWhole = status == "completed";
        TellOutput(response, isWhole, into);
        if (_error is not null && status != "cancelled")
        {
            Fail(_error, usage, into);
            return;
        }

        var required = isWhole ? Required() : [];
        var waiting = required.Select(action => action.Item).ToHashSet();
        foreach (var item in _items)
            if (!(item.Head is WorkflowActionItem && waiting.Contains(item.Ordinal))) item.Close(isWhole ? ItemStatus.Completed : ItemStatus.Incomplete, into);
        into.Add(status switch
        {
            "cancelled" => new RunCancelled(usage),
            _ when required.Count > 0 => new RunSuspended(required.ToValueList(), usage),
            "incomplete" => new RunCompleted(ReasonOf(response), usage),
            _ => new RunCompleted(FinishReason.Stop, usage),
        });
        _ended = true;
    }

    // The last event repeats all: what no event told before is told now.
    private void TellOutput(JsonElement response, bool isWhole, List<RunEvent> into)
    {
        if (response.ValueKind != JsonValueKind.Object || !response.TryGetProperty("output", out var output) || output.ValueKind != JsonValueKind.Array) return;
        var index = 0;
        foreach (var item in output.EnumerateArray())
        {
            var open = Open(item, index++, into);
            var isOpen = ResponsesHeads.Text(item, "status") == "in_progress";
            if (open.Head is WorkflowActionItem && isOpen) continue;
            if (isWhole || !isOpen) Close(open, item, into);
        }
    }

    private List<RequiredAction> Required()
    {
        var required = new List<RequiredAction>();
        var answered = _items.Select(item => item.Head).OfType<ToolResultItem>().Select(result => result.CallId).ToHashSet(StringComparer.Ordinal);
        foreach (var item in _items)
        {
            var action = item.Head switch
            {
                ToolCallItem { RunBy: RunBy.Client } call when !answered.Contains(call.CallId) && (!item.IsClosed || item.Status == ItemStatus.Completed) => new CallFunction(item.Ordinal),
                ApprovalRequestItem => new Approve(item.Ordinal),
                OpaqueItem { Type: "oauth_consent_request" } consent => new Authorize(item.Ordinal, LinkOf(consent)),
                WorkflowActionItem { Kind: "RequestExternalInput" } when !item.IsClosed => new ProvideInput(item.Ordinal),
                WorkflowActionItem { Kind: "Question" } when !item.IsClosed => (RequiredAction)new AnswerQuestion(item.Ordinal, _items.FindLast(other => other.Ordinal > item.Ordinal && other.Head is MessageItem)?.Ordinal),
                _ => null,
            };
            if (action is not null) required.Add(action);
        }

        return required;
    }

    private void ReadPart(JsonElement root, bool isDone, List<RunEvent> into)
    {
        if (ItemOf(root) is not { IsClosed: false } item || !root.TryGetProperty("part", out var part) || part.ValueKind != JsonValueKind.Object) return;
        var isSummary = root.TryGetProperty("summary_index", out _);
        if (ResponsesOpenItem.KindOf(part, isSummary) is not { } kind) return;
        if (isDone) item.ClosePart(kind, IndexOf(root), ResponsesOpenItem.TextOf(part, kind), into);
        else item.Open(kind, IndexOf(root), into);
    }

    // Items are found by their ids; some servers give none, or another one at the end, and then the place tells.
    private ResponsesOpenItem Open(JsonElement item, int? place, List<RunEvent> into, bool isNew = false)
    {
        Start(default, into);
        var id = ResponsesHeads.Text(item, "id") ?? "";
        var type = ResponsesHeads.Text(item, "type") ?? "message";
        var known = id.Length > 0 ? Find(Encoding.UTF8.GetBytes(id), place ?? -1) : place is { } at ? _byPlace.GetValueOrDefault(at) : null;
        if (known is not null && known.Type == type && !(isNew && IsOver(known, Encoding.UTF8.GetBytes(id)))) return known;
        var head = ResponsesHeads.Read(item, type, _count);
        if (head is ToolCallItem { Name: "" }) throw new InvalidOperationException("A call has no name.");
        return Add(id, type, head, place, ResponsesHeads.LeftoverOf(item, head), into);
    }

    private ResponsesOpenItem Begin(ResponsesChannel channel, in ResponsesDelta delta, List<RunEvent> into)
    {
        Start(default, into);
        var (type, head) = channel.Kind switch
        {
            PartKind.ReasoningText or PartKind.ReasoningSummary => ("reasoning", (Item)new ReasoningItem()),
            _ => ("message", new MessageItem(Role.Assistant)),
        };
        return Add(Encoding.UTF8.GetString(delta.Item), type, head, delta.Output < 0 ? null : delta.Output, null, into);
    }

    private ResponsesOpenItem Add(string id, string type, Item head, int? place, Leftover? leftover, List<RunEvent> into)
    {
        var item = new ResponsesOpenItem(_count++, id, type, head);
        _items.Add(item);
        if (place is { } at) _byPlace[at] = item;
        into.Add(new ItemStarted(item.Ordinal, head, SourceId: id.Length == 0 ? null : id) { Leftover = leftover });
        if (head is ToolCallItem or ApprovalRequestItem) item.Open(PartKind.Input, 0, into);
        return item;
    }

    private void Close(ResponsesOpenItem item, JsonElement told, List<RunEvent> into)
    {
        if (item.IsClosed) return;
        item.Close(told, ResponsesHeads.StatusOf(told), into);
        if (item.Head is not ToolCallItem { RunBy: RunBy.Server } call || ResultOf(told) is not var (text, isError)) return;
        var result = _count++;
        into.Add(new ItemStarted(result, new ToolResultItem(call.CallId, isError), Within: item.Ordinal));
        into.Add(new PartStarted(result, 0, PartKind.Text));
        if (text.Length > 0) into.Add(new PartDelta(result, 0, text));
        into.Add(new PartCompleted(result, 0));
        into.Add(new ItemCompleted(result));
    }

    private static (string Text, bool IsError)? ResultOf(JsonElement call)
    {
        if (call.TryGetProperty("error", out var error) && error.ValueKind is JsonValueKind.String or JsonValueKind.Object)
            return (ResponsesHeads.Text(error) ?? ResponsesHeads.Text(error, "message") ?? error.GetRawText(), true);
        return call.TryGetProperty("output", out var output) && ResponsesHeads.Text(output) is { } text ? (text, false) : null;
    }

    private void FailMalformed(List<RunEvent> into)
        => Fail(new RunError(ErrorSide.Agent, ErrorCause.Malformed, "The agent's server sent something that is not a response.", true, "upstream_malformed"), null, into);

    private void Fail(RunError error, Usage? usage, List<RunEvent> into)
    {
        foreach (var item in _items) item.Close(ItemStatus.Incomplete, into);
        into.Add(new RunFailed(error, usage));
        _ended = true;
    }

    private void Cancel(List<RunEvent> into)
    {
        foreach (var item in _items) item.Close(ItemStatus.Incomplete, into);
        into.Add(new RunCancelled());
        _ended = true;
    }

    private ResponsesOpenItem? ItemOf(JsonElement root)
        => Find(ResponsesHeads.Text(root, "item_id") is { } id ? Encoding.UTF8.GetBytes(id) : default, ResponsesHeads.Number(root, "output_index") ?? -1);

    private ResponsesOpenItem? Find(ReadOnlySpan<byte> id, int place)
    {
        if (!id.IsEmpty)
            foreach (var item in _items)
                if (item.Is(id)) return item;
        return _byPlace.GetValueOrDefault(place);
    }

    // At the place of an item that has ended a new id is another item's.
    private static bool IsOver(ResponsesOpenItem item, ReadOnlySpan<byte> id) => item.IsClosed && !id.IsEmpty && !item.Is(id);

    private static int IndexOf(JsonElement root) => ResponsesHeads.Number(root, "summary_index") ?? ResponsesHeads.Number(root, "content_index") ?? 0;

    private static FinishReason ReasonOf(JsonElement response)
        => response.TryGetProperty("incomplete_details", out var details) && ResponsesHeads.Text(details, "reason") == "content_filter" ? FinishReason.ContentFilter : FinishReason.Length;

    private static string LinkOf(OpaqueItem consent)
    {
        using var members = JsonDocument.Parse(consent.Members.Text, OpenAiJson.Deep);
        return ResponsesHeads.Text(members.RootElement, "consent_link") ?? "";
    }

    // A name is written as it stands, so it must be one.
    private static bool IsName(string type) => type.Length is > 0 and <= 100 && type.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '.' or '_');

    private static readonly HashSet<string> Positions = ["type", "sequence_number", "item_id", "output_index", "response_id", "id"];

    // What of a response its run tells, and not its request.
    private static readonly HashSet<string> Progress =
        ["id", "object", "status", "completed_at", "error", "incomplete_details", "output", "output_text", "usage", "conversation"];
}
