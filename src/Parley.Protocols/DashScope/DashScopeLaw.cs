using System.Globalization;
using System.Text;
using System.Text.Json;
using Parley.Protocols.Sse;

namespace Parley.Protocols.DashScope;

/// <summary>
/// What the clients of DashScope rely on: four lines an event, numbered from 1; the same name of the call in all; calls numbered as they appear, with
/// id and name in their first piece alone; one finish reason, or an error, last.
/// </summary>
public sealed class DashScopeLaw : FrameLaw
{
    private readonly DashScopeFrame _frame = new();
    private byte[]? _request;
    private long _count;
    private int _calls;
    private bool _isOver;

    /// <inheritdoc/>
    public override string? Check(ReadOnlySpan<byte> lines, out SseFrame frame)
    {
        frame = default;
        var text = Encoding.UTF8.GetString(lines).Split('\n');
        if (text is not [var id, "event:result" or "event:error", var status, var data] || !data.StartsWith("data:{", StringComparison.Ordinal)) return "it is not an id, a name, a status and a data line";
        if (id != string.Create(CultureInfo.InvariantCulture, $"id:{++_count}")) return "it is not numbered by its place";
        var isError = text[1] == "event:error";
        if (!status.StartsWith(":HTTP_STATUS/", StringComparison.Ordinal) || status.EndsWith("/200", StringComparison.Ordinal) == isError) return "its status is not that of its name";
        if (_isOver) return "it comes after the end";
        frame = new SseFrame(isError ? "error"u8 : "result"u8, lines[(lines.LastIndexOf("\ndata:"u8) + 6)..]);
        try
        {
            _frame.Read(frame.Data);
        }
        catch (JsonException)
        {
            return "its data is not a JSON object";
        }

        if (isError != _frame.Code is not null || isError == _frame.IsAnswer) return "it is neither an answer nor an error";
        var request = frame.Data[(frame.Data.LastIndexOf(",\"request_id\":"u8) + 1)..];
        _request ??= request.ToArray();
        if (!request.SequenceEqual(_request)) return "it has another request_id than the first";
        _isOver = isError || _frame.Finish is not null;
        return CheckCalls();
    }

    /// <inheritdoc/>
    public override string? End() => _isOver ? null : "there is no finish reason";

    private string? CheckCalls()
    {
        foreach (var call in _frame.Calls)
        {
            var isNew = call.Index == _calls;
            if (isNew) _calls++;
            if ((uint)call.Index >= (uint)_calls) return "a call is numbered out of order";
            if (isNew ? string.IsNullOrEmpty(call.Id) || string.IsNullOrEmpty(call.Name) : !string.IsNullOrEmpty(call.Id) || !string.IsNullOrEmpty(call.Name)) return "a call's id and name are not told in its first piece alone";
        }

        return null;
    }
}
