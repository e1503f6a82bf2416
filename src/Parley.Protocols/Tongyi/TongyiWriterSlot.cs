using System.Buffers;
using System.Text;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.Tongyi;

/// <summary>
/// One slot of a message while it is written: the answer, whatever number of messages it consists of, or one thought, or something whole. One part
/// speaks at a time; another waits until it is done, so that the whole text is what was streamed.
/// </summary>
internal sealed class TongyiWriterSlot(int number, string type, string id, byte[] afterPiece)
{
    private readonly List<PlaceOfText> _said = [];
    private readonly Queue<PlaceOfText> _waiting = new();
    private PlaceOfText? _speaker;

    public bool IsThought => type == TongyiWords.Think;

    /// <summary>What follows the text in its pieces.</summary>
    public byte[] AfterPiece => afterPiece;

    /// <summary>What it says, where that never streams.</summary>
    public string? Whole { get; init; }

    /// <summary>The plugin that it is of.</summary>
    public string? PluginCode { get; init; }

    /// <summary>How that plugin is called.</summary>
    public string? PluginName { get; init; }

    /// <summary>Nothing of it follows, though more may follow of others.</summary>
    public bool IsFinished { get; set; }

    /// <summary>True if a part may speak now; then with what stands between it and what was said before.</summary>
    public bool MaySpeak(int item, int part, out string between)
    {
        var place = new PlaceOfText(item, part);
        between = "";
        if (_speaker == place) return true;
        if (_speaker is not null)
        {
            if (!_waiting.Contains(place)) _waiting.Enqueue(place);
            return false;
        }

        Begin(place, out between);
        return true;
    }

    /// <summary>A part is complete. The next that waits is the answer, with what stands before it; it may be complete too.</summary>
    public bool TryNext(int item, int part, out PlaceOfText next, out string between)
    {
        (next, between) = (default, "");
        if (_speaker != new PlaceOfText(item, part)) return false;
        _speaker = null;
        if (!_waiting.TryDequeue(out next)) return false;
        Begin(next, out between);
        return true;
    }

    /// <summary>Those that still wait have said what they had to say.</summary>
    public void End()
    {
        while (_waiting.TryDequeue(out var place)) _said.Add(place);
    }

    /// <summary>Writes it with all of its text so far.</summary>
    public void Write(RunState state, bool isCumulative, bool isOver, ArrayBufferWriter<byte> scratch, IBufferWriter<byte> into)
    {
        var json = new JsonLine(into, JsonEscaping.Minimal).Object().Name("content"u8);
        into.Write("\""u8);
        if (IsThought) TongyiInner.WriteThought(TextIn(state), scratch, into);
        else if (Whole is not null) JsonText.WriteEscaped(Whole, into, JsonEscaping.Minimal);
        else WriteText(state, into);
        into.Write("\""u8);
        json.Raw([]).String("contentType"u8, type).String("id"u8, id);
        if (!isCumulative)
        {
            json.Name("incremental"u8).Bool(false);
            if (!isOver && !IsFinished) json.Number("index"u8, number);
        }

        if (PluginCode is not null) json.String("pluginCode"u8, PluginCode);
        if (PluginName is not null) json.String("pluginName"u8, PluginName);
        json.String("role"u8, "assistant").String("status"u8, isOver || IsFinished ? "finished" : "generating").EndObject();
    }

    private void Begin(PlaceOfText place, out string between)
    {
        between = BetweenBefore(_said.Count > 0 ? _said[^1] : null, place);
        _said.Add(place);
        _speaker = place;
    }

    // Also where the messages of a stored conversation are read as one text, this is what stands between them.
    private static string BetweenBefore(PlaceOfText? last, PlaceOfText place) => last is { } before && before.Item != place.Item ? "\n\n" : "";

    private void WriteText(RunState state, IBufferWriter<byte> into)
    {
        PlaceOfText? last = null;
        foreach (var place in _said)
        {
            JsonText.WriteEscaped(BetweenBefore(last, place), into, JsonEscaping.Minimal);
            JsonText.WriteEscaped(place.In(state), into, JsonEscaping.Minimal);
            last = place;
        }
    }

    private string TextIn(RunState state)
    {
        if (_said.Count == 1) return _said[0].In(state);
        var text = new StringBuilder();
        foreach (var place in _said) text.Append(place.In(state));
        return text.ToString();
    }
}

/// <summary>A part of an item.</summary>
internal readonly record struct PlaceOfText(int Item, int Part)
{
    public string In(RunState state) => state.Items[Item].Parts[Part].Text;
}
