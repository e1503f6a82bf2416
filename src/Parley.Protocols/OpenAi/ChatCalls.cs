using System.Text;
using Parley.Protocols.Json;
using Parley.Protocols.Text;
using Parley.Runs;

namespace Parley.Protocols.OpenAi;

/// <summary>
/// The tool calls of a stream, by their index. A call begins when its name is known; what came of its arguments before waits. A piece with
/// another id and a name is another call, though it have the same index, as Ollama's do.
/// </summary>
/// <param name="mayRepeat">The peer may tell the arguments whole each time. A piece that begins with all there was is such: no JSON would go on like that.</param>
internal sealed class ChatCalls(bool mayRepeat = false)
{
    private readonly List<Call> _all = [];
    private readonly Dictionary<int, Call> _byIndex = [];

    /// <summary>Takes a piece of a call.</summary>
    public void Add(in ChatChunkCall piece, ReadOnlySpan<byte> data, ref int items, List<RunEvent> into)
    {
        if (!_byIndex.TryGetValue(piece.Index, out var call) || (call.Id.Length > 0 && piece is { Id.Length: > 0, Name.Length: > 0 } && piece.Id != call.Id)) _byIndex[piece.Index] = call = new Call();
        if (call.Id.Length == 0) call.Id = piece.Id ?? "";
        if (!call.IsNamed && !string.IsNullOrEmpty(piece.Name))
        {
            call.IsNamed = true;
            var item = items++;
            call.Text = new ChatOpenText(item, 0);
            _all.Add(call);
            into.Add(new ItemStarted(item, new ToolCallItem(call.Id, piece.Name, RunBy.Client)));
            into.Add(new PartStarted(item, 0, PartKind.Input));
            if (call.Waiting is { Length: > 0 } waiting) into.Add(new PartDelta(item, 0, waiting.ToString()));
        }

        if (piece.IsRaw) Give(call, Encoding.UTF8.GetString(piece.Arguments.In(data)), into);
        else if (!piece.Arguments.IsEmpty) Say(call, piece.Arguments.In(data), into);
    }

    /// <summary>Takes more arguments of a call that is known.</summary>
    public void Say(int index, ReadOnlySpan<byte> escaped, List<RunEvent> into)
    {
        if (_byIndex.TryGetValue(index, out var call)) Say(call, escaped, into);
    }

    /// <summary>The calls, for the client to make.</summary>
    public ValueList<RequiredAction> Open() => _all.Select(RequiredAction (call) => new CallFunction(call.Text.Item)).ToValueList();

    /// <summary>Ends all calls.</summary>
    public void Close(ItemStatus status, List<RunEvent> into)
    {
        foreach (var call in _all)
        {
            call.Text.Close(into);
            into.Add(new ItemCompleted(call.Text.Item, status));
        }
    }

    private void Say(Call call, ReadOnlySpan<byte> escaped, List<RunEvent> into)
    {
        if (mayRepeat) SayOnce(call, JsonText.ReadTolerant(escaped), into);
        else if (call.IsNamed) call.Text.Say(escaped, into);
        else (call.Waiting ??= new()).Append(JsonText.ReadTolerant(escaped));
    }

    private static void SayOnce(Call call, string text, List<RunEvent> into)
    {
        var said = call.Said ??= new SnapshotText();
        if (said.IsEmpty || said.Close(text, out var rest) is not null)
        {
            said.Add(text);
            rest = text;
        }

        if (rest.Length > 0) Give(call, rest, into);
    }

    private static void Give(Call call, string text, List<RunEvent> into)
    {
        if (call.IsNamed) into.Add(new PartDelta(call.Text.Item, 0, text));
        else (call.Waiting ??= new()).Append(text);
    }

    private sealed class Call
    {
        public string Id = "";
        public bool IsNamed;
        public ChatOpenText Text = ChatOpenText.None;
        public StringBuilder? Waiting;
        public SnapshotText? Said;
    }
}
