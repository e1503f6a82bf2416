using System.CommandLine;

namespace Parley.Cli;

/// <summary>What a chat shows; colours only where a terminal is.</summary>
internal sealed class ChatScreen(TextWriter output, TextWriter error, bool isTerminal)
{
    private const string Reset = "\e[0m";
    private const string DimCode = "\e[2m";
    private const string RedCode = "\e[31m";

    public static ChatScreen Of(InvocationConfiguration invocation)
        => new(invocation.Output, invocation.Error, !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null or "");

    /// <summary>Asks for input; a program that is talking to us needs no question.</summary>
    public void Ask(string prompt)
    {
        if (!isTerminal) return;
        output.Write(prompt);
        output.Flush();
    }

    /// <summary>Shows text as it comes.</summary>
    public void Say(string text)
    {
        output.Write(text);
        output.Flush();
    }

    /// <summary>Shows text that is not the answer.</summary>
    public void Dim(string text)
    {
        output.Write(isTerminal ? DimCode + text + Reset : text);
        output.Flush();
    }

    public void EndLine() => output.WriteLine();

    /// <summary>Tells of a failure.</summary>
    public void Fail(string text) => error.WriteLine(isTerminal ? RedCode + text + Reset : text);
}
