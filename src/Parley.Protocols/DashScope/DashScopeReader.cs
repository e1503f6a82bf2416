using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Protocols.Sse;
using Parley.Protocols.Text;
using Parley.Runs;

namespace Parley.Protocols.DashScope;

/// <summary>
/// Reads a stream of DashScope, of a model or of an application, or a whole answer. The end comes with the end of the stream, as there is no other
/// sign of it; it is good if a finish reason came. Every frame tells the usage, and the last one counts.
/// </summary>
/// <param name="inPieces">Whether texts come in pieces, and not each time whole (<c>incremental_output</c>); null where that is to be found out.</param>
/// <param name="tellId">Tells the peer's name of the call with the start, for a <see cref="DashScopeWriter"/> that keeps it.</param>
public sealed class DashScopeReader(bool? inPieces = null, bool tellId = false) : FrameReader
{
    // A piece as long as this, and the same as all before it, is a repetition.
    private const int SurelyNoPiece = 16;

    private readonly DashScopeFrame _frame = new();
    private readonly ChatCalls _calls = new(mayRepeat: inPieces != true);
    private readonly DashScopeDeeds _deeds = new();
    private bool? _inPieces = inPieces;

    // Found out for itself, as it comes first.
    private bool? _reasonsInPieces = inPieces;
    private DashScopeText? _content;
    private DashScopeText? _reasoning;
    private readonly SnapshotText _thoughts = new();
    private int _thought;
    private byte[]? _found;
    private int _items;
    private string? _finish;
    private Usage? _usage;
    private bool _started;
    private bool _ended;

    /// <inheritdoc/>
    public override Usage? Spent => _usage;

    /// <inheritdoc/>
    public override void Read(in SseFrame frame, List<RunEvent> into)
    {
        if (_ended || frame.Data.IsEmpty) return;
        Read(frame.Data, frame.Event.SequenceEqual("error"u8), into);
    }

    /// <inheritdoc/>
    public override void End(List<RunEvent> into)
    {
        if (_ended) return;
        if (_finish is null)
        {
            Fail(new RunError(ErrorSide.Agent, ErrorCause.Malformed, "The agent's server ended its answer without saying why.", true, "upstream_incomplete"), into);
            return;
        }

        var finish = DashScopeFinish.Read(_finish);
        Close(finish.IsIncomplete ? ItemStatus.Incomplete : ItemStatus.Completed, into);
        var open = finish.IsIncomplete ? [] : _calls.Open();
        into.Add(open.Count > 0 ? new RunSuspended(open, _usage) : new RunCompleted(finish, _usage));
        _ended = true;
    }

    /// <summary>Reads a body that was not streamed: one JSON object, an answer or an error.</summary>
    public static void ReadBody(ReadOnlySpan<byte> body, List<RunEvent> into)
    {
        var reader = new DashScopeReader();
        reader.Read(body.StartsWith("\uFEFF"u8) ? body[3..] : body, isError: false, into);
        reader.End(into);
    }

    private void Read(ReadOnlySpan<byte> data, bool isError, List<RunEvent> into)
    {
        try
        {
            _frame.Read(data);
        }
        catch (JsonException)
        {
            Fail(new RunError(ErrorSide.Agent, ErrorCause.Malformed, "The agent's server sent something that is not an answer.", true, "upstream_malformed"), into);
            return;
        }

        if (isError || (_frame.Code is not null && !_frame.IsAnswer))
        {
            Fail(DashScopeErrors.Of(null, _frame), into);
            return;
        }

        if (!_frame.IsAnswer) return;
        if (!_started)
        {
            _started = true;
            into.Add(new RunStarted(_frame.Model, new DashScopeUpstream(_frame.Session, tellId ? _frame.Request : null).ToJson()));
        }

        _usage = _frame.Usage ?? _usage;
        Apply(data, into);
        _finish = _frame.Finish ?? _finish;
    }

    private void Apply(ReadOnlySpan<byte> data, List<RunEvent> into)
    {
        if (!_frame.Reasoning.IsEmpty) OpenReasoning(into).Say(_frame.Reasoning.In(data), ref _reasonsInPieces, into);
        if (_frame.Thoughts.Length > 0) Think(data, into);
        var texts = _frame.Texts;
        if (texts.Length == 1) Say(texts[0].In(data), into);
        else if (texts.Length > 1) Say(Join(texts, data), into);
        foreach (var piece in _frame.Calls)
        {
            CloseReasoning(ItemStatus.Completed, into);
            _calls.Add(piece, data, ref _items, into);
        }

        // Documents are told again and again, and grow.
        if (_frame.Found.Length > 2 && !_frame.Found.In(data).SequenceEqual(_found)) _found = _frame.Found.In(data).ToArray();
    }

    private void Say(ReadOnlySpan<byte> text, List<RunEvent> into)
    {
        if (text.IsEmpty)
        {
            _content?.Say(text, ref _inPieces, into);
            return;
        }

        CloseReasoning(ItemStatus.Completed, into);
        if (_content is null)
        {
            _content = new DashScopeText(_items++, 0);
            into.Add(new ItemStarted(_content.Item, new MessageItem(Role.Assistant)));
            into.Add(new PartStarted(_content.Item, 0, PartKind.Text));
        }

        _content.Say(text, ref _inPieces, into);
    }

    private static byte[] Join(ReadOnlySpan<ChatText> texts, ReadOnlySpan<byte> data)
    {
        var joined = new List<byte>();
        foreach (var text in texts) joined.AddRange(text.In(data));
        return [.. joined];
    }

    private void Think(ReadOnlySpan<byte> data, List<RunEvent> into)
    {
        // One after the other; the last of them is the one that goes on.
        var (last, count) = (-1, 0);
        for (var i = 0; i < _frame.Thoughts.Length; i++)
        {
            var thought = _frame.Thoughts[i];
            if (thought.Type is DashScopeThought.Reasoning or null && !thought.Text.IsEmpty) (last, count) = (i, count + 1);
            else if (!thought.Observation.IsEmpty) _deeds.Add(thought, data, ref _items, into);
        }

        if (last < 0) return;
        var escaped = _frame.Thoughts[last].Text.In(data);
        if (IsKnown(JsonText.ReadTolerant(escaped))) return;
        if (count > _thought && _thought > 0) CloseReasoning(ItemStatus.Completed, into);
        _thought = Math.Max(_thought, count);
        var before = into.Count;
        OpenReasoning(into).Say(escaped, ref _reasonsInPieces, into);
        for (var i = before; i < into.Count; i++)
            if (into[i] is PartDelta delta) _thoughts.Add(delta.Text);
    }

    // Beside its answer, an application may tell again all that it has thought.
    private bool IsKnown(string thought)
        => (_reasonsInPieces == false || thought.Length >= SurelyNoPiece) && !_thoughts.IsEmpty && _thoughts.Close(thought, out var more) is null && more.Length == 0;

    private DashScopeText OpenReasoning(List<RunEvent> into)
    {
        if (_reasoning is not null) return _reasoning;
        _reasoning = new DashScopeText(_items++, 0);
        into.Add(new ItemStarted(_reasoning.Item, new ReasoningItem()));
        into.Add(new PartStarted(_reasoning.Item, 0, PartKind.ReasoningText));
        return _reasoning;
    }

    private void CloseReasoning(ItemStatus status, List<RunEvent> into)
    {
        if (_reasoning is not { } open) return;
        open.Close(_reasonsInPieces, into);
        into.Add(new ItemCompleted(open.Item, status));
        _reasoning = null;
    }

    private void Fail(RunError error, List<RunEvent> into)
    {
        Close(ItemStatus.Incomplete, into);
        into.Add(new RunFailed(error, _usage));
        _ended = true;
    }

    private void Close(ItemStatus status, List<RunEvent> into)
    {
        CloseReasoning(status, into);
        if (_content is { } content)
        {
            content.Close(_inPieces, into);
            into.Add(new ItemCompleted(content.Item, status));
        }

        _calls.Close(status, into);
        if (_found is null) return;
        into.Add(new ItemStarted(_items, new RecallItem(DashScopeSources.Read(_found))));
        into.Add(new ItemCompleted(_items++));
    }
}
