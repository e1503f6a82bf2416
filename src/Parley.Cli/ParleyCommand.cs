using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Parley.AspNetCore;
using Parley.AspNetCore.Configuration;
using Parley.Runs;
using Parley.Storage;
using Parley.Storage.Sqlite;

namespace Parley.Cli;

/// <summary>The command <c>parley</c> with everything that can be said to it.</summary>
internal static class ParleyCommand
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int WrongUsage = 2;

    /// <summary>Does what the arguments say; the result is the exit code.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, TextWriter? output = null, TextWriter? error = null)
    {
        // Each command ends what it has begun itself when it is interrupted.
        var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        if (output is not null) invocation.Output = output;
        if (error is not null) invocation.Error = error;
        var parsed = Create().Parse(args);
        if (parsed.Action is ParseErrorAction)
        {
            foreach (var problem in parsed.Errors) invocation.Error.WriteLine($"parley: {problem.Message}");
            invocation.Error.WriteLine("Try: parley --help");
            return WrongUsage;
        }

        try
        {
            return await parsed.InvokeAsync(invocation);
        }
        catch (ConfigurationException e)
        {
            invocation.Error.WriteLine($"parley: {e.Message}");
            return WrongUsage;
        }
        catch (Exception e) when (e is StoreException or RunException or IOException or UnauthorizedAccessException)
        {
            invocation.Error.WriteLine($"parley: {e.Message}");
            return Failed;
        }
        catch (OperationCanceledException)
        {
            return Failed;
        }
    }

    private static RootCommand Create()
    {
        var root = new RootCommand("A self-hosted agent conversation server. Without a command it serves.")
        {
            ServeCommand.Create(),
            ChatCommand.Create(),
            RecordCommand.Create(),
            InspectCommand.Create(),
            ConvertCommand.Create(),
            WorkflowCommand.Create(),
            KeysCommand.Create(),
            ConfigCommand.Create(),
        };
        ServeCommand.Describe(root);
        foreach (var option in root.Options)
        {
            if (option is VersionOption version) version.Action = new ShowVersion();
            if (option is HelpOption help) help.Description = "Show what can be said.";
        }

        return root;
    }

    private sealed class ShowVersion : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine($"parley {ParleyVersion.Text}, SQLite {SqliteDatabase.EngineVersion}");
            return Done;
        }
    }
}
