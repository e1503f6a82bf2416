using System.Text;
using System.Text.Json;
using Parley.Protocols.Sse;

namespace Parley.Protocols.Coze;

/// <summary>
/// What the clients of Coze rely on: a line of each kind, the event's first, in the framing of its path and without comments or ids; the chat
/// created, then in progress; a message's id the same from its first delta until it is completed, once; one end, and nothing but <c>done</c> after it.
/// </summary>
public sealed class CozeLaw(bool isChatflow) : FrameLaw
{
    private readonly HashSet<string> _open = new(StringComparer.Ordinal);
    private readonly HashSet<string> _completed = new(StringComparer.Ordinal);
    private byte[] _last = [];
    private Stage _stage;

    private enum Stage
    {
        Begin,
        Created,
        InProgress,
        Ended,
        Over,
    }

    /// <inheritdoc/>
    public override string? Check(ReadOnlySpan<byte> lines, out SseFrame frame)
    {
        frame = default;
        var name = isChatflow ? "event: "u8 : "event:"u8;
        var data = isChatflow ? "data: "u8 : "data:"u8;
        var end = lines.IndexOf((byte)'\n');
        if (end < 0 || !lines.StartsWith(name) || !lines[(end + 1)..].StartsWith(data)) return "it is not one event line and one data line";
        frame = new SseFrame(lines[name.Length..end], lines[(end + 1 + data.Length)..]);
        if (frame.Event.IsEmpty || frame.Data.IsEmpty) return "it lacks its name or its data";
        if (frame.Event[0] == ' ' || frame.Data[0] == ' ') return "it has the framing of another path";
        if (frame.Data.IndexOfAny((byte)'\n', (byte)'\r') >= 0) return "it has a line too many";
        try
        {
            return Check(frame);
        }
        catch (JsonException)
        {
            return "its data is not a JSON object";
        }
    }

    /// <inheritdoc/>
    public override string? End() => _stage == Stage.Over ? null : "there is no end";

    private string? Check(in SseFrame frame)
    {
        if (_stage == Stage.Over) return "it comes after the end";
        if (frame.Event.SequenceEqual(CozeEvents.Done)) return CheckDone();
        if (_stage == Stage.Ended) return "it comes after the end of the chat";
        if (frame.Event.SequenceEqual(CozeEvents.MessageDelta) || frame.Event.SequenceEqual(CozeEvents.AudioDelta)) return OutOfPlace() ?? CheckDelta(CozeFrame.Read(frame.Data));
        if (frame.Event.SequenceEqual(CozeEvents.MessageCompleted)) return OutOfPlace() ?? CheckCompleted(CozeFrame.Read(frame.Data));

        CozeFrame.Read(frame.Data);
        if (frame.Event.SequenceEqual(CozeEvents.ChatCreated)) return Move(Stage.Begin, Stage.Created);
        if (frame.Event.SequenceEqual(CozeEvents.ChatInProgress)) return Move(Stage.Created, Stage.InProgress);
        if (frame.Event.SequenceEqual(CozeEvents.ChatFailed) || frame.Event.SequenceEqual(CozeEvents.Error))
        {
            // A chat that was refused has nothing before its failure.
            if (_stage == Stage.Created) return OutOfPlace();
            _stage = Stage.Over;
            return null;
        }

        if (!frame.Event.SequenceEqual(CozeEvents.ChatCompleted) && !frame.Event.SequenceEqual(CozeEvents.ChatRequiresAction)) return OutOfPlace();
        return _open.Count > 0 ? "a message has streamed and was not completed" : Move(Stage.InProgress, Stage.Ended);
    }

    // Alone, it says that the chat was cancelled.
    private string? CheckDone()
    {
        if (_stage == Stage.Created) return OutOfPlace();
        _stage = Stage.Over;
        return null;
    }

    private string? CheckDelta(in CozeFrame frame)
    {
        if (frame.Id.IsEmpty) return "a message has no id";
        if (!frame.Type.SequenceEqual("answer"u8)) return "something streams that is no answer";

        // Nearly always it is the message of the delta before, and no string is made of its id.
        if (frame.Id.SequenceEqual(_last)) return null;
        var id = Encoding.UTF8.GetString(frame.Id);
        if (_completed.Contains(id)) return "a message streams that was completed";
        _open.Add(id);
        _last = frame.Id.ToArray();
        return null;
    }

    private string? CheckCompleted(in CozeFrame frame)
    {
        if (frame.Id.IsEmpty) return "a message has no id";
        var id = Encoding.UTF8.GetString(frame.Id);
        if (frame.Id.SequenceEqual(_last)) _last = [];
        _open.Remove(id);
        return _completed.Add(id) ? null : "a message is completed twice";
    }

    private string? OutOfPlace() => _stage == Stage.InProgress ? null : "it comes before the chat is in progress";

    private string? Move(Stage from, Stage to)
    {
        if (_stage != from) return "the chat's own events are out of order";
        _stage = to;
        return null;
    }
}
