using System.Text.Json;
using Parley.Protocols.Sse;

namespace Parley.Protocols.ChatCompletions;

/// <summary>
/// What the clients of Chat Completions rely on: one data line an event; chunks that all begin alike, the role in the first alone; calls numbered as
/// they appear, with id and name in their first piece alone; one finish reason, behind it the usage at most; or an error; and <c>[DONE]</c>, last.
/// </summary>
public sealed class ChatLaw : FrameLaw
{
    private readonly ChatChunk _chunk = new();
    private byte[]? _head;
    private int _calls;
    private Stage _stage;

    private enum Stage
    {
        Begin,
        Open,
        Finished,
        Ended,
        Over,
    }

    /// <inheritdoc/>
    public override string? Check(ReadOnlySpan<byte> lines, out SseFrame frame)
    {
        frame = default;
        if (!lines.StartsWith("data: "u8) || lines.IndexOfAny((byte)'\n', (byte)'\r') >= 0) return "it is not one data line";
        frame = new SseFrame(default, lines[6..]);
        if (_stage == Stage.Over) return "it comes after [DONE]";
        if (frame.Data.SequenceEqual("[DONE]"u8)) return CheckDone();
        try
        {
            _chunk.Read(frame.Data);
        }
        catch (JsonException)
        {
            return "its data is not a JSON object";
        }

        return _stage == Stage.Ended ? "only [DONE] may follow the end" : _chunk.Error is null ? CheckChunk(frame.Data) : CheckError();
    }

    /// <inheritdoc/>
    public override string? End() => _stage == Stage.Over ? null : "there is no [DONE]";

    private string? CheckDone()
    {
        if (_stage is Stage.Begin or Stage.Open) return "[DONE] comes before the end";
        _stage = Stage.Over;
        return null;
    }

    private string? CheckError()
    {
        if (_stage == Stage.Finished) return "an error comes after the finish reason";
        _stage = Stage.Ended;
        return null;
    }

    private string? CheckChunk(ReadOnlySpan<byte> data)
    {
        // What stands before the choices is the same in all chunks: id, kind, time and model.
        var choices = data.IndexOf("\"choices\":"u8);
        if (choices < 0) return "it is neither a chunk nor an error";
        _head ??= data[..choices].ToArray();
        if (!data.StartsWith(_head)) return "a chunk has another id, time or model than the first";

        // Quotes within a text would be escaped.
        if (data[choices..].IndexOf("\"delta\":{\"role\":\"assistant\""u8) >= 0 != (_stage == Stage.Begin)) return "the role is not told in the first chunk alone";
        var isUsage = data[choices..].StartsWith("\"choices\":[],\"usage\":{"u8);
        if (_stage == Stage.Finished)
        {
            _stage = Stage.Ended;
            return isUsage ? null : "only the usage may follow the finish reason";
        }

        if (isUsage) return "the usage comes before the finish reason";

        _stage = _chunk.Finish is null ? Stage.Open : Stage.Finished;
        foreach (var call in _chunk.Calls)
        {
            var isNew = call.Index == _calls;
            if (isNew) _calls++;
            if ((uint)call.Index >= (uint)_calls) return "a call is numbered out of order";
            if (isNew ? string.IsNullOrEmpty(call.Id) || string.IsNullOrEmpty(call.Name) : call.Id is not null || call.Name is not null) return "a call's id and name are not told in its first piece alone";
        }

        return null;
    }
}
