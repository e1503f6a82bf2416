using System.Buffers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>A workflow that waits: what for, and by which words it is resumed.</summary>
/// <param name="EventId">The peer's id of it.</param>
/// <param name="Type">2 a question, 5 input, 7 consent, 1 or 6 a tool of the client.</param>
/// <param name="Data">What is asked, in the form of the type.</param>
/// <param name="Title">The node that asks.</param>
internal sealed partial record CozeInterrupt(string EventId, int Type, string Data = "", string Title = "")
{
    private const int LongestId = 64;

    /// <summary>Reads the data of a frame.</summary>
    public static CozeInterrupt Read(JsonElement frame)
    {
        var data = frame.ValueKind == JsonValueKind.Object && frame.TryGetProperty("interrupt_data", out var found) && found.ValueKind == JsonValueKind.Object ? found : throw new JsonException("No interrupt.");
        return new CozeInterrupt(
            CozeChatFrames.TextOf(data, "event_id") ?? "",
            data.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.Number ? type.GetInt32() : 2,
            CozeChatFrames.TextOf(data, "data") ?? "",
            CozeChatFrames.TextOf(frame, "node_title") ?? "");
    }

    /// <summary>What a suspended run remembers of it; null if it was suspended by something else.</summary>
    public static CozeInterrupt? OfState(RunEnded? end)
    {
        if (end is not RunSuspended { State: { } state }) return null;
        var members = JsonElement.Parse(state.Text);
        return CozeChatFrames.TextOf(members, "event_id") is { } id ? new CozeInterrupt(id, members.GetProperty("interrupt_type").GetInt32()) : null;
    }

    /// <summary>What must be remembered to resume.</summary>
    public RawJson ToState()
    {
        var buffer = new ArrayBufferWriter<byte>();
        new JsonLine(buffer, JsonEscaping.Minimal).Object().String("event_id"u8, EventId).Number("interrupt_type"u8, Type).EndObject();
        return CozeJsonText.ToJson(buffer);
    }

    /// <summary>The interrupt that something required of a run is. Its id names both, the run and the item.</summary>
    public static CozeInterrupt Of(Run run, RequiredAction required, ItemState item)
    {
        var eventId = $"{DecimalId.Render(run.Id)}/{DecimalId.Render(item.Id)}";
        return (required, item.Head) switch
        {
            (CallFunction, ToolCallItem call) => new(eventId, 1, CallOf(call, item.Input), ""),
            (Authorize authorize, _) => new(eventId, 7, authorize.Link, TitleOf(item)),
            (ProvideInput, _) => new(eventId, 5, "", TitleOf(item)),
            (Approve, ApprovalRequestItem request) => new(eventId, 2, WaitPrompt.OfApproval(request, item.Input), request.Name),
            _ => new(eventId, 2, "", TitleOf(item)),
        };
    }

    /// <summary>Adds the item that asks, and tells what is required.</summary>
    public RequiredAction Ask(int item, int? prompt, List<RunEvent> into)
    {
        switch (Type)
        {
            case 1 or 6:
                return AskForCall(item, into);
            case 5:
                into.Add(new ItemStarted(item, new WorkflowActionItem("RequestExternalInput", "input", Title: Words)));
                return new ProvideInput(item);
            case 7:
                into.Add(new ItemStarted(item, new WorkflowActionItem("Authorize", "authorize", Title: Words)));
                return new Authorize(item, Link().Match(Data).Value);
            default:
                into.Add(new ItemStarted(item, new WorkflowActionItem("Question", "question", Title: Words)));
                return new AnswerQuestion(item, prompt);
        }
    }

    // Data in words asks more clearly than the node's name; in JSON it is for programs.
    private string? Words => Type != 7 && Data.Length > 0 && Data[0] is not ('{' or '[') ? Data : Title.Length > 0 ? Title : null;

    private CallFunction AskForCall(int item, List<RunEvent> into)
    {
        var (name, arguments, _) = CozeCalls.Read(Data) ?? (Title.Length > 0 ? Title : "function", Data, null);
        var id = IdIn(Data) is { Length: > 0 and <= LongestId } own ? own : $"call_{EventId.Replace('/', '_')}";
        into.Add(new ItemStarted(item, new ToolCallItem(id, name, RunBy.Client)));
        into.Add(new PartStarted(item, 0, PartKind.Input));
        if (arguments.Length > 0) into.Add(new PartDelta(item, 0, arguments));
        into.Add(new PartCompleted(item, 0));
        into.Add(new ItemCompleted(item));
        return new CallFunction(item);
    }

    private static string? IdIn(string data)
    {
        try
        {
            return JsonElement.Parse(data) is { ValueKind: JsonValueKind.Object } call ? CozeChatFrames.TextOf(call, "id") : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string CallOf(ToolCallItem call, string arguments)
        => CozeCalls.Write(call.Name, arguments, CozeWriter.LeftoverOf(("id", call.CallId)));

    private static string TitleOf(ItemState item) => (item.Head as WorkflowActionItem)?.Title ?? "";

    [GeneratedRegex("https?://[^\\s\"\\\\]+")]
    private static partial Regex Link();
}
