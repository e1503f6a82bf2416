using System.CommandLine;
using System.Globalization;
using Parley.AspNetCore.Configuration;
using Parley.Cli.Inspection;
using Parley.Protocols;
using Parley.Protocols.Recordings;

namespace Parley.Cli;

/// <summary><c>parley inspect</c>: a recorded stream for the eye.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        var number = new Option<int?>("--exchange") { Description = "Which exchange of a recording. [default: the first that an agent answered]", HelpName = "N" };
        var protocol = new Option<string?>("--protocol") { Description = "The protocol of the stream. [default: told from the path, else from the stream]", HelpName = "P" }.AcceptOnlyFromAmong(StreamFormat.Names);
        var list = new Option<bool>("--list") { Description = "List the exchanges instead." };
        var file = new Argument<string>("FILE") { Description = "A recording, or a bare stream of server-sent events." };
        var command = new Command("inspect", "Draw a recorded stream: time, event, item, text so far.") { file, number, protocol, list };
        command.SetAction(parsed =>
        {
            var screen = InspectScreen.Of(parsed.InvocationConfiguration);
            var recording = Open(parsed.GetRequiredValue(file));
            foreach (var damage in recording.Damage) screen.Problem($"damaged, {damage.Message}");
            if (parsed.GetValue(list)) List(recording, screen);
            else Show(recording, Find(recording, parsed.GetValue(number)), parsed.GetValue(protocol), screen);
            return ParleyCommand.Done;
        });
        return command;
    }

    /// <summary>Opens a recording or a bare stream.</summary>
    internal static Recording Open(string path, Action<long>? passed = null)
    {
        try
        {
            return Recording.Open(path, passed);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ConfigurationException(path, 0, "there is no such file", e);
        }
        catch (NotSupportedException e)
        {
            throw new ConfigurationException(path, 0, "a pipe cannot be inspected, only a file", e);
        }
        catch (RecordingException e)
        {
            throw new ConfigurationException(path, 0, e.Message, e);
        }
    }

    /// <summary>The exchange with this number, else the first that an agent answered, else the first.</summary>
    internal static RecordedExchange Find(Recording recording, int? number)
    {
        var found = number is null
            ? recording.Exchanges.FirstOrDefault(exchange => exchange.Protocol is not null) ?? recording.Exchanges.FirstOrDefault()
            : recording.Exchanges.FirstOrDefault(exchange => exchange.Number == number);
        return found ?? throw new ConfigurationException("--exchange", 0, number is null ? "the recording has no exchange" : $"the recording has no exchange {number}. Try: parley inspect --list");
    }

    private static void Show(Recording recording, RecordedExchange exchange, string? protocol, InspectScreen screen)
    {
        var format = protocol is not null ? StreamFormat.Of(protocol) : exchange.Protocol is { } known ? StreamFormat.Of(known) : null;
        if (!recording.IsBare) screen.Line(Describe(exchange));
        new StreamInspector(format, screen, hasTimes: !recording.IsBare).Inspect(recording.Answer(exchange));
    }

    private static void List(Recording recording, InspectScreen screen)
    {
        foreach (var exchange in recording.Exchanges) screen.Line(Describe(exchange));
    }

    private static string Describe(RecordedExchange exchange)
    {
        var how = exchange.How switch { ExchangeEnd.Complete => "", ExchangeEnd.ClientGone => ", the client left", _ => ", broken off" };
        var status = exchange.Status == 0 ? "no answer" : exchange.Status.ToString(CultureInfo.InvariantCulture);
        var request = exchange.Method.Length == 0 ? "a bare stream" : $"{exchange.Method} {exchange.Path}";
        return $"{exchange.Number}  {request}  {status}  {exchange.Bytes} bytes  {InspectScreen.Seconds(exchange.Milliseconds)} s{how}{(exchange.Protocol is { } protocol ? $"  {protocol}" : "")}";
    }
}
