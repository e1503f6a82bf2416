using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.OpenAi;

/// <summary>A part under way. Half a surrogate pair at the end of one piece waits for the next.</summary>
internal struct ChatOpenText(int item, int part)
{
    private char _half;

    public static ChatOpenText None => new(-1, 0);

    public readonly int Item => item;

    public readonly int Part => part;

    public readonly bool IsOpen => item >= 0;

    public void Say(ReadOnlySpan<byte> escaped, List<RunEvent> into)
    {
        var text = JsonText.ReadTolerant(escaped, ref _half);
        if (text.Length > 0) into.Add(new PartDelta(item, part, text));
    }

    public void Close(List<RunEvent> into)
    {
        if (_half != '\0') into.Add(new PartDelta(item, part, JsonText.Replacement));
        _half = '\0';
        into.Add(new PartCompleted(item, part));
    }
}
