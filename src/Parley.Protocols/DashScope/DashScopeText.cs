using System.Text;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.DashScope;

/// <summary>
/// A text under way, which peers tell in one of two ways: in pieces, or in each frame all there is by now. Which one, the request says; where that
/// is not known, the texts do. What was then streamed by mistake is put right where the text ends.
/// </summary>
internal sealed class DashScopeText(int item, int part)
{
    // Of a text that comes whole: all that was streamed.
    private string _said = "";

    // The peer's last word where it took back some of what it had said.
    private string? _revised;

    // A text that went on from all there was: a whole one, or by chance a piece. With it, what there was before.
    private (string Before, string Text)? _doubt;

    // The text itself where what was streamed is another.
    private StringBuilder? _whole;

    private char _half;

    public int Item => item;

    /// <summary>Takes what a frame says.</summary>
    /// <param name="escaped">The inside of a JSON string.</param>
    /// <param name="inPieces">Whether the peer tells pieces; null while nobody knows.</param>
    /// <param name="into">Where the events go.</param>
    public void Say(ReadOnlySpan<byte> escaped, ref bool? inPieces, List<RunEvent> into)
    {
        if (inPieces is null && _said.Length > 0 && escaped.IsEmpty) inPieces = true;
        if (escaped.IsEmpty) return;
        var half = '\0';
        var text = inPieces == true ? "" : JsonText.ReadTolerant(escaped, ref half);
        if (inPieces is null && _said.Length > 0)
        {
            if (!text.StartsWith(_said, StringComparison.Ordinal)) inPieces = true;
            else if (_doubt is not null) inPieces = false;
            else _doubt = (_said, text);
        }

        if (inPieces == true) SayPiece(escaped, into);
        else SayWhole(text, half, into);
    }

    /// <summary>The text is over.</summary>
    public void Close(bool? inPieces, List<RunEvent> into)
    {
        if (inPieces == true) Settle(into);
        if (_half != '\0' && inPieces == true) Stream(JsonText.Replacement, into);
        into.Add(new PartCompleted(item, part, _revised ?? _whole?.ToString()));
    }

    private void SayPiece(ReadOnlySpan<byte> escaped, List<RunEvent> into)
    {
        Settle(into);
        Stream(JsonText.ReadTolerant(escaped, ref _half), into);
    }

    private void SayWhole(string text, char half, List<RunEvent> into)
    {
        // Until it is known, half a character may be the beginning of a piece's.
        _half = half;
        if (text.StartsWith(_said, StringComparison.Ordinal))
        {
            Stream(text[_said.Length..], into);
            (_said, _revised) = (text, null);
        }
        else if (IsRevisionOf(_revised ?? _said, text))
        {
            _revised = text;
        }
        else
        {
            // A peer that mixes both ways: this has nothing of what was said before, so it is a piece.
            Stream(text, into);
            (_said, _revised) = (_said + text, null);
        }
    }

    // What seemed to be whole texts were pieces. What is missing comes now, unless it is missing in the middle.
    private void Settle(List<RunEvent> into)
    {
        if (_doubt is not ({ } before, { } text)) return;
        _doubt = null;
        var whole = before + text;
        if (whole.StartsWith(text, StringComparison.Ordinal)) Stream(whole[text.Length..], into);
        else _whole = new StringBuilder(whole);
    }

    private void Stream(string text, List<RunEvent> into)
    {
        if (text.Length == 0) return;
        _whole?.Append(text);
        into.Add(new PartDelta(item, part, text));
    }

    private static bool IsRevisionOf(string before, string text)
    {
        var common = before.AsSpan().CommonPrefixLength(text);
        return common > 0 && common >= Math.Min(before.Length, text.Length) / 2;
    }
}
