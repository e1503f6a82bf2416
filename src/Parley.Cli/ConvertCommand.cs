using System.CommandLine;
using Parley.AspNetCore.Configuration;
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
        var file = new Argument<string>("FILE") { Description = "The recording; - for the standard input.", DefaultValueFactory = _ => "-" };
        var command = new Command("convert", $"Convert a recorded stream of server-sent events. Protocols: {string.Join(", ", StreamFormat.Names)}.") { from, to, file };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var name = parsed.GetRequiredValue(file);
            await using var input = Open(name);
            await using var output = Console.OpenStandardOutput();
            var converter = new StreamConverter(StreamFormat.Of(parsed.GetRequiredValue(from)), StreamFormat.Of(parsed.GetRequiredValue(to)));
            if (await converter.ConvertAsync(input, output, cancellationToken) is not { } problem) return ParleyCommand.Done;
            parsed.InvocationConfiguration.Error.WriteLine($"parley: {(name == "-" ? "the input" : name)} is not a whole stream of {parsed.GetValue(from)}: {problem.Message}");
            return ParleyCommand.Failed;
        });
        return command;
    }

    private static Stream Open(string name)
    {
        if (name == "-") return Console.OpenStandardInput();
        try
        {
            return new FileStream(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ConfigurationException(name, 0, "there is no such file", e);
        }
    }
}
