using System.CommandLine;
using Parley.Cli.Conversion;
using Parley.Protocols;

namespace Parley.Cli;

/// <summary><c>parley convert</c>: a recorded stream of one protocol as a stream of another.</summary>
internal static class ConvertCommand
{
    public static Command Create()
    {
        var from = new Option<string>("--from") { Description = "The protocol of the input.", HelpName = "P", Required = true }.AcceptOnlyFromAmong(StreamFormat.Names);
        var to = new Option<string>("--to") { Description = "The protocol to write.", HelpName = "P", Required = true }.AcceptOnlyFromAmong(StreamFormat.Names);
        var exchange = new Option<int?>("--exchange") { Description = "Which exchange of a recording. [default: the first that an agent answered]", HelpName = "N" };
        var file = new Argument<string>("FILE") { Description = "A recording, or a bare stream; - for a bare stream on the standard input.", DefaultValueFactory = _ => "-" };
        var command = new Command("convert", $"Convert a recorded stream of server-sent events. Protocols: {string.Join(", ", StreamFormat.Names)}.") { from, to, exchange, file };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var name = parsed.GetRequiredValue(file);
            await using var input = Open(name, parsed.GetValue(exchange));
            await using var output = Console.OpenStandardOutput();
            var converter = new StreamConverter(StreamFormat.Of(parsed.GetRequiredValue(from)), StreamFormat.Of(parsed.GetRequiredValue(to)));
            if (await converter.ConvertAsync(input, output, cancellationToken) is not { } problem) return ParleyCommand.Done;
            parsed.InvocationConfiguration.Error.WriteLine($"parley: {(name == "-" ? "the input" : name)} is not a whole stream of {parsed.GetValue(from)}: {problem.Message}");
            return ParleyCommand.Failed;
        });
        return command;
    }

    private static Stream Open(string name, int? exchange)
    {
        if (name == "-") return Console.OpenStandardInput();
        if (File.Exists(name))
        {
            // A named pipe can be read once only, and holds a bare stream.
            var file = new FileStream(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (!file.CanSeek) return file;
            file.Dispose();
        }

        var recording = InspectCommand.Open(name);
        return RecordedBody.Open(recording.Answer(InspectCommand.Find(recording, exchange)));
    }
}
