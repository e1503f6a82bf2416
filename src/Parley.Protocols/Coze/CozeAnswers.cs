using System.Text;
using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>Reads the message frames of a stream: answers as they stream, and the messages that come whole.</summary>
internal sealed class CozeAnswers
{
    private static readonly string[] MessageMembers =
        ["role", "type", "content", "content_type", "reasoning_content", "meta_data", "created_at", "updated_at"];

    private readonly CozeOrdinals _ordinals = new();
    private readonly List<CozeAnswer> _open = [];
    private readonly HashSet<string> _completed = new(StringComparer.Ordinal);
    private readonly List<HeldCall> _held = [];
    private readonly Queue<(int Item, string CallId)> _calls = new();
    private int _lastAnswer = -1;
    private int _audio = -1;

    // Delta after delta is the same but for its text, and so whose it is and what.
    private readonly JsonTextShape _shape = new();
    private CozeAnswer? _repeated;
    private bool _repeatsReasoning;

    public void ReadDelta(ReadOnlySpan<byte> data, List<RunEvent> into)
    {
        if (_shape.TryMatch(data, out var text))
        {
            if (text.IsEmpty) return;
            if (_repeatsReasoning) _repeated!.AddReasoning(text, _ordinals, into);
            else _repeated!.AddText(text, Role.Assistant, _ordinals, into);
            return;
        }

        _shape.Forget();
        var frame = CozeFrame.Read(data);
        if (frame.Content.IsEmpty && frame.Reasoning.IsEmpty) return;

        // Only answers stream; a delta of anything else has nowhere to be shown, and its completed frame tells all of it.
        if (!frame.Type.IsEmpty && !frame.Type.SequenceEqual("answer"u8)) return;
        ReleaseCalls(into);
        if (AnswerOf(frame) is not { } answer) return;
        if (!frame.Reasoning.IsEmpty) answer.AddReasoning(frame.Reasoning, _ordinals, into);
        if (!frame.Content.IsEmpty) answer.AddText(frame.Content, RoleOf(frame), _ordinals, into);
        if (answer.Message >= 0) _lastAnswer = answer.Message;
        if (frame.Content.IsEmpty == frame.Reasoning.IsEmpty) return;
        (_repeated, _repeatsReasoning) = (answer, frame.Content.IsEmpty);
        var only = _repeatsReasoning ? frame.Reasoning : frame.Content;
        if (data.Overlaps(only, out var start)) _shape.Remember(data, start, only.Length);
    }

    public void ReadCompleted(ReadOnlySpan<byte> data, List<RunEvent> into)
    {
        _shape.Forget();
        var frame = CozeFrame.Read(data);
        var type = JsonText.ReadTolerant(frame.Type);
        if (type is CozeTypes.FunctionCall)
        {
            Hold(frame);
            return;
        }

        var content = type is CozeTypes.Answer or "" ? "" : JsonText.ReadTolerant(frame.Content);
        if (type is not CozeTypes.Verbose) ReleaseCalls(into);
        switch (type)
        {
            case CozeTypes.Answer or "":
                if (AnswerOf(frame) is not { } answer) break;
                answer.Complete(frame, RoleOf(frame), frame.HasMore ? CozeJsonText.LeftoverOf(JsonElement.Parse(data), MessageMembers) : null, _ordinals, into);
                if (answer.Message >= 0) _lastAnswer = answer.Message;
                _open.Remove(answer);
                if (!frame.Id.IsEmpty) _completed.Add(SourceIdOf(frame));
                break;
            case CozeTypes.ToolResponse or CozeTypes.ToolOutput:
                // Coze does not say which call a result answers: they come in the calls' order.
                var known = _calls.TryDequeue(out var call);
                Whole(new ToolResultItem(known ? call.CallId : "call"), known ? call.Item : null, content, frame, into);
                break;
            case CozeTypes.FollowUp:
                Whole(new SuggestionItem(), null, content, frame, into);
                break;
            case CozeTypes.Knowledge:
                Whole(new RecallItem([new Source(null, null, content)]), null, "", frame, into);
                break;
            case CozeTypes.Question:
                break;
            case CozeTypes.Verbose:
                ReadVerbose(content, frame, into);
                break;
            default:
                Whole(CozeItems.Opaque(type, content, ContentTypeOf(frame)), null, "", frame, into);
                break;
        }
    }

    public void ReadAudio(ReadOnlySpan<byte> data, List<RunEvent> into)
    {
        _shape.Forget();
        var frame = CozeFrame.Read(data);
        if (frame.Content.IsEmpty) return;
        ReleaseCalls(into);
        if (_audio < 0)
        {
            _audio = _ordinals.Next();
            into.Add(new ItemStarted(_audio, new MessageItem(Role.Assistant), SourceId: SourceIdOf(frame)));
            into.Add(new PartStarted(_audio, 0, PartKind.Audio));
        }

        into.Add(new PartDelta(_audio, 0, JsonText.ReadTolerant(frame.Content)));
    }

    /// <summary>What a chat that requires action waits for. Calls that were announced as messages are told once.</summary>
    public ValueList<RequiredAction> ReadRequired(JsonElement chat, List<RunEvent> into)
    {
        _shape.Forget();
        var required = new List<RequiredAction>();
        var calls = ToolCallsOf(chat).ToList();
        foreach (var call in calls)
            if (call.Name is { } name && _held.FindIndex(held => held.Name == name && CozeCalls.AreSame(held.Arguments, call.Arguments)) is var at and >= 0) _held.RemoveAt(at);
        ReleaseCalls(into);
        foreach (var call in calls.Where(call => call.Name is not null))
        {
            var item = _ordinals.Next();
            Announce(new ToolCallItem(call.Id, call.Name!, RunBy.Client), item, call.Arguments, null, null, into);
            required.Add(new CallFunction(item));
        }

        if (required.Count > 0) return required.ToValueList();

        // The user is asked: by a question node, or by a server that does not say what it waits for.
        foreach (var answer in _open)
        {
            // Its own end may come late, and would tell all of it again.
            answer.Flush(ItemStatus.Completed, into);
            if (answer.Id.Length > 0) _completed.Add(Encoding.UTF8.GetString(answer.Id));
        }

        _open.Clear();
        var question = _ordinals.Next();
        into.Add(new ItemStarted(question, new WorkflowActionItem("Question", "question"), SourceId: calls.Count > 0 ? calls[0].Id : null));
        return [new AnswerQuestion(question, _lastAnswer < 0 ? null : _lastAnswer)];
    }

    /// <summary>Closes what is open and tells what was held back.</summary>
    public void Flush(ItemStatus status, List<RunEvent> into)
    {
        _shape.Forget();
        ReleaseCalls(into);
        foreach (var answer in _open) answer.Flush(status, into);
        _open.Clear();
        if (_audio < 0) return;
        into.Add(new PartCompleted(_audio, 0));
        into.Add(new ItemCompleted(_audio, status));
        _audio = -1;
    }

    // The message is the same as the one of the frame before nearly always, so no string is made of its id. Null if it has ended.
    private CozeAnswer? AnswerOf(in CozeFrame frame)
    {
        foreach (var answer in _open)
            if (answer.Id.SequenceEqual(frame.Id)) return answer;
        var source = SourceIdOf(frame);
        if (_completed.Contains(source)) return null;
        var added = new CozeAnswer(frame.Id.ToArray(), source);
        _open.Add(added);
        return added;
    }

    private void ReadVerbose(string content, in CozeFrame frame, List<RunEvent> into)
    {
        var (kind, data) = VerboseOf(content);
        switch (kind)
        {
            // Folded into the end of the run.
            case "generate_answer_finish" or "interrupt":
                return;
            case "knowledge_recall" when CozeItems.ReadRecall(data) is { } recall:
                ReleaseCalls(into);
                Whole(recall, null, "", frame, into);
                return;
            default:
                ReleaseCalls(into);
                Whole(CozeItems.Opaque(CozeTypes.Verbose, content, ContentTypeOf(frame)), null, "", frame, into);
                return;
        }
    }

    // Whether the server ran it or the client must is not known before the next frame.
    private void Hold(in CozeFrame frame)
    {
        var content = JsonText.ReadTolerant(frame.Content);
        var (name, arguments, leftover) = CozeCalls.Read(content) ?? ("function", content, null);
        _held.Add(new HeldCall(name, arguments, leftover, SourceIdOf(frame)));
    }

    private void ReleaseCalls(List<RunEvent> into)
    {
        if (_held.Count == 0) return;
        foreach (var held in _held)
        {
            var item = _ordinals.Next();
            var call = new ToolCallItem($"call_{item}", held.Name, RunBy.Server);
            Announce(call, item, held.Arguments, held.SourceId, held.Leftover, into);
            _calls.Enqueue((item, call.CallId));
        }

        _held.Clear();
    }

    private void Whole(Item head, int? within, string text, in CozeFrame frame, List<RunEvent> into)
    {
        var item = _ordinals.Next();
        into.Add(new ItemStarted(item, head, Within: within, SourceId: SourceIdOf(frame)));
        if (text.Length > 0)
        {
            into.Add(new PartStarted(item, 0, PartKind.Text));
            into.Add(new PartDelta(item, 0, text));
            into.Add(new PartCompleted(item, 0));
        }

        into.Add(new ItemCompleted(item));
    }

    private static void Announce(ToolCallItem call, int item, string arguments, string? sourceId, Leftover? leftover, List<RunEvent> into)
    {
        into.Add(new ItemStarted(item, call, SourceId: sourceId) { Leftover = leftover });
        into.Add(new PartStarted(item, 0, PartKind.Input));
        if (arguments.Length > 0) into.Add(new PartDelta(item, 0, arguments));
        into.Add(new PartCompleted(item, 0));
        into.Add(new ItemCompleted(item));
    }

    private static IEnumerable<(string Id, string? Name, string Arguments)> ToolCallsOf(JsonElement chat)
    {
        if (!TryObject(chat, "required_action", out var action) || !TryObject(action, "submit_tool_outputs", out var submit)
            || !submit.TryGetProperty("tool_calls", out var calls) || calls.ValueKind != JsonValueKind.Array)
            yield break;
        foreach (var call in calls.EnumerateArray().Where(call => call.ValueKind == JsonValueKind.Object))
        {
            var function = TryObject(call, "function", out var found) ? found : default;
            var isFunction = function.ValueKind == JsonValueKind.Object && CozeChatFrames.TextOf(call, "type") != "reply_message";
            yield return (
                CozeChatFrames.TextOf(call, "id") ?? "",
                isFunction ? CozeChatFrames.TextOf(function, "name") ?? "" : null,
                isFunction ? CozeChatFrames.TextOf(function, "arguments") ?? "" : "");
        }
    }

    private static bool TryObject(JsonElement element, string name, out JsonElement member)
    {
        member = default;
        return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out member) && member.ValueKind == JsonValueKind.Object;
    }

    private static (string? Kind, string Data) VerboseOf(string content)
    {
        try
        {
            var verbose = JsonElement.Parse(content);
            if (verbose.ValueKind == JsonValueKind.Object) return (CozeChatFrames.TextOf(verbose, "msg_type"), CozeChatFrames.TextOf(verbose, "data") ?? "");
        }
        catch (JsonException)
        {
            // Kept as it is, like any verbose message of a kind that we do not know.
        }

        return (null, "");
    }

    private static Role RoleOf(in CozeFrame frame) => frame.Role.IsEmpty || frame.Role.SequenceEqual("assistant"u8) ? Role.Assistant : Role.User;

    private static string SourceIdOf(in CozeFrame frame) => Encoding.UTF8.GetString(frame.Id);

    private static string ContentTypeOf(in CozeFrame frame) => frame.ContentType.IsEmpty ? CozeContentTypes.Text : JsonText.ReadTolerant(frame.ContentType);

    private sealed record HeldCall(string Name, string Arguments, Leftover? Leftover, string SourceId);
}
