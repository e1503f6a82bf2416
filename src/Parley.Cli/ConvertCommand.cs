using System.CommandLine;
using Parley.Cli.Conversion;
using Parley.Cli.Inspection;
using Parley.Protocols;

namespace Parley.Cli;

/// <summary><c>parley convert</c>: recorded answers of one protocol as answers of another.</summary>
internal static class ConvertCommand
{
    public static Command Create()
    {
        var from = new Option<string?>("--from") { Description = "The protocol of the input. [default: told from the path, else from the answer]", HelpName = "P" }.AcceptOnlyFromAmong(StreamFormat.Names);
        var to = new Option<string?>("--to") { Description = "The protocol to write.", HelpName = "P" }.AcceptOnlyFromAmong(StreamFormat.Names);
        var exchange = new Option<int?>("--exchange") { Description = "Which exchange of a recording. [default: the first that an agent answered]", HelpName = "N" };
        var all = new Option<bool>("--all") { Description = "All exchanges, as a recording." };
        var answer = new Option<bool>("--answer") { Description = "Write the answer whole, as a client gets it that asked for no stream." };
        var list = new Option<bool>("--list") { Description = "List the exchanges instead." };
        var progress = new Option<bool>("--progress") { Description = "Tell on the standard error how far it is. [default: on a terminal]" };
        var file = new Argument<string>("FILE") { Description = "A recording, or a text with streams; - for one stream on the standard input.", DefaultValueFactory = _ => "-" };
        var command = new Command("convert", $"Convert recorded answers, streams or whole ones. Protocols: {string.Join(", ", StreamFormat.Names)}.") { from, to, exchange, all, answer, list, progress, file };
        command.Validators.Add(result =>
        {
            if (result.GetValue(to) is null && !result.GetValue(list)) result.AddError("Option '--to' is required.");
            if (result.GetValue(all) && result.GetValue(exchange) is not null) result.AddError("--all and --exchange cannot be given together.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var name = parsed.GetRequiredValue(file);
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            if (parsed.GetValue(list)) return List(name, output, error);
            var conversion = new ConversionTask(parsed.GetValue(from) is { } known ? StreamFormat.Of(known) : null, StreamFormat.Of(parsed.GetValue(to)!), parsed.GetValue(answer));
            if (conversion.IsWhole && conversion.To.WriteBody is null) return Fail(error, name, $"{conversion.To.Protocol} has no answers that are no streams; leave out --answer");
            await using var stream = Console.OpenStandardOutput();
            if (OpenOnce(name) is { } once)
            {
                await using (once) return await ConvertOnceAsync(name, once, conversion, parsed.GetValue(all), stream, error, cancellationToken);
            }

            var told = parsed.GetValue(progress) || !Console.IsErrorRedirected ? error : null;
            var looking = new ConversionProgress(told, File.Exists(name) ? new FileInfo(name).Length : 0, TimeProvider.System);
            var recording = InspectCommand.Open(name, looking.Passed);
            var converter = new FileConverter(name, recording, conversion, error, looking);
            converter.TellDamage();
            if (parsed.GetValue(all)) return await converter.ConvertAllAsync(stream, cancellationToken) ? ParleyCommand.Done : ParleyCommand.Failed;
            return await converter.ConvertAsync(InspectCommand.Find(recording, parsed.GetValue(exchange)), stream, cancellationToken) ? ParleyCommand.Done : ParleyCommand.Failed;
        });
        return command;
    }

    // A named pipe can be read once only, like the standard input, and holds one answer.
    private static Stream? OpenOnce(string name)
    {
        if (name == "-") return Console.OpenStandardInput();
        if (!File.Exists(name)) return null;
        var file = new FileStream(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (!file.CanSeek) return file;
        file.Dispose();
        return null;
    }

    private static async Task<int> ConvertOnceAsync(string name, Stream input, ConversionTask conversion, bool all, Stream output, TextWriter error, CancellationToken cancellationToken)
    {
        name = name == "-" ? "the input" : name;
        if (all) return Fail(error, name, "all exchanges can be converted only of a file");
        if (conversion.From is not { } from) return Fail(error, name, "its protocol can be told only of a file; name it with --from");
        using var converter = await new ConversionOutput(output, conversion).WriteAsync(from, BareInput.ReadAsync(input, cancellationToken), cancellationToken);
        return converter.Problem is { } problem ? Fail(error, name, $"it is not a whole answer of {from.Protocol}: {problem.Message}") : ParleyCommand.Done;
    }

    private static int List(string name, TextWriter output, TextWriter error)
    {
        var recording = InspectCommand.Open(name);
        foreach (var exchange in recording.Exchanges) output.WriteLine(TerminalText.OneLine(ExchangeList.Describe(recording, exchange)));
        foreach (var damage in recording.Damage) error.WriteLine($"parley: {name}: {damage.Message}");
        if (recording.CutLine > 0) error.WriteLine($"parley: {name}: line {recording.CutLine}: it is cut");
        return recording.Damage.Count > 0 || recording.CutLine > 0 ? ParleyCommand.Failed : ParleyCommand.Done;
    }

    private static int Fail(TextWriter error, string name, string message)
    {
        error.WriteLine($"parley: {name}: {message}");
        return ParleyCommand.Failed;
    }
}
