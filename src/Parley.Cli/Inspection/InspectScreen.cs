using System.CommandLine;
using System.Globalization;

namespace Parley.Cli.Inspection;

/// <summary>The lines that an inspection shows; colours only where a terminal is.</summary>
internal sealed class InspectScreen(TextWriter output, int width, bool hasColours)
{
    private const int TimeWidth = 9;
    private const int EventWidth = 30;
    private const int ItemWidth = 16;
    private const int WidthWithoutTerminal = 120;

    private const string Reset = "\e[0m";
    private const string Dim = "\e[2m";
    private const string Red = "\e[31m";
    private const string Green = "\e[32m";
    private const string Cyan = "\e[36m";

    public static InspectScreen Of(InvocationConfiguration invocation)
    {
        var isTerminal = !Console.IsOutputRedirected;
        return new InspectScreen(invocation.Output, isTerminal && Console.WindowWidth > 0 ? Console.WindowWidth : WidthWithoutTerminal, isTerminal && Environment.GetEnvironmentVariable("NO_COLOR") is null or "");
    }

    /// <summary>An event: when, its name, the item it belongs to, the item's text so far.</summary>
    public void Event(string time, string name, string item, string text) => Row(time, name, item, TerminalText.Tail(text, Room));

    /// <summary>An event of no item, with what it holds as it came.</summary>
    public void Raw(string time, string name, string data) => Row(time, name, "", TerminalText.Head(data, Room));

    /// <summary>Something that cannot be understood.</summary>
    public void Problem(string text) => output.WriteLine(Colour(Red, TerminalText.Tail(text, 400)));

    /// <summary>How it ended.</summary>
    public void End(string text, bool isGood) => output.WriteLine(Colour(isGood ? Green : Red, TerminalText.Tail(text, 400)));

    /// <summary>A plain line.</summary>
    public void Line(string text) => output.WriteLine(TerminalText.OneLine(text));

    /// <summary>Milliseconds as seconds.</summary>
    public static string Seconds(long milliseconds) => string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 1000.0:0.000}");

    private int Room => Math.Max(10, width - TimeWidth - EventWidth - ItemWidth - 6);

    private void Row(string time, string name, string item, string text)
    {
        var head = $"{time.PadLeft(TimeWidth)}  ";
        var middle = TerminalText.Pad(TerminalText.Tail(name, EventWidth), EventWidth) + "  ";
        var label = item.Length == 0 && text.Length == 0 ? "" : TerminalText.Pad(TerminalText.Tail(item, ItemWidth), ItemWidth) + "  ";
        output.WriteLine((Colour(Dim, head) + middle + Colour(Cyan, label) + text).TrimEnd());
    }

    private string Colour(string code, string text) => hasColours && text.Length > 0 ? code + text + Reset : text;
}
