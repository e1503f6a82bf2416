using System.Globalization;
using System.Text;
using System.Text.Json;
using Parley.Protocols.Sse;

namespace Parley.Protocols.Coze;

/// <summary>
/// What the clients of a workflow's stream rely on: the lines id, event and data, in this order; ids that count from 0 without a gap; JSON in each
/// event; one end, <c>Done</c>, <c>Error</c> or <c>Interrupt</c>, and nothing after it.
/// </summary>
public sealed class CozeWorkflowLaw : FrameLaw
{
    private long _next;
    private bool _isOver;

    /// <inheritdoc/>
    public override string? Check(ReadOnlySpan<byte> lines, out SseFrame frame)
    {
        frame = default;
        var head = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {_next++}\nevent: "));
        if (!lines.StartsWith(head)) return "it does not begin with the next id and its name";
        var rest = lines[head.Length..];
        var end = rest.IndexOf("\ndata: "u8);
        if (end <= 0 || rest[(end + 1)..].IndexOfAny((byte)'\n', (byte)'\r') >= 0) return "it is not one id, one event and one data line";
        frame = new SseFrame(rest[..end], rest[(end + 7)..]);
        if (_isOver) return "it comes after the end";
        _isOver = !frame.Event.SequenceEqual(CozeWorkflowEvents.Message);
        try
        {
            return JsonElement.Parse(frame.Data).ValueKind == JsonValueKind.Object ? null : "its data is not a JSON object";
        }
        catch (JsonException)
        {
            return "its data is not a JSON object";
        }
    }

    /// <inheritdoc/>
    public override string? End() => _isOver ? null : "there is no end";
}
