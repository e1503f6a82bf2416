using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Parley.Agents;
using Parley.AspNetCore.Configuration;
using Parley.AspNetCore.Configuration.Agents;
using Parley.Runs;
using Parley.Workflows;
using Parley.Workflows.Reading;

namespace Parley.Cli;

/// <summary><c>parley workflow</c>: tells what is wrong with workflows, and runs them in the terminal.</summary>
internal static class WorkflowCommand
{
    public static Command Create() => new("workflow", "Check workflows, and try them out.") { CreateCheck(), CreateRun() };

    private static Command CreateCheck()
    {
        var files = new Argument<string[]>("file") { Description = "The workflows' files.", Arity = ArgumentArity.OneOrMore };
        var strict = new Option<bool>("--strict") { Description = "Warnings fail the check too." };
        var command = new Command("check", "Tell all that is wrong with workflows, with file and line. Exits with 1 if there are errors.") { files, strict };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (output, isGood) = (parsed.InvocationConfiguration.Output, true);
            foreach (var file in parsed.GetValue(files)!)
            {
                var (definition, findings) = WorkflowReader.Read(await File.ReadAllTextAsync(file, cancellationToken));
                foreach (var finding in findings.ToList()) await output.WriteLineAsync($"{file}:{finding}");
                if (findings.Count == 0) await output.WriteLineAsync($"{file}: ok");
                isGood &= definition is not null && !(parsed.GetValue(strict) && findings.Count > 0);
            }

            return isGood ? ParleyCommand.Done : ParleyCommand.Failed;
        });
        return command;
    }

    private static Command CreateRun()
    {
        var file = new Argument<string>("file") { Description = "The workflow's file." };
        var said = new Option<string>("--input") { Description = "What the user says at the beginning.", HelpName = "TEXT", DefaultValueFactory = _ => "" };
        var trace = new Option<bool>("--trace") { Description = "Show each action as it begins." };
        var command = new Command("run", "Run a workflow in the terminal: what it asks is answered there. It can ask all agents of the agents directory.") { file, said, trace };
        var places = new Places().AddSettings(command).AddData(command).AddAgents(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (path, invocation) = (parsed.GetValue(file)!, parsed.InvocationConfiguration);
            var (definition, findings) = WorkflowReader.Read(await File.ReadAllTextAsync(path, cancellationToken));
            foreach (var finding in findings.ToList()) await invocation.Error.WriteLineAsync($"{path}:{finding}");
            if (definition is null) return ParleyCommand.Failed;
            await using var services = await ChatCommand.ComposeAsync(places, parsed, cancellationToken);
            var session = new ChatSession(services.GetRequiredService<Runner>(), AgentOf(path, definition, services), ChatScreen.Of(invocation), Id.None, parsed.GetValue(trace));
            return await session.RunAsync(parsed.GetValue(said)!, Console.In, cancellationToken);
        });
        return command;
    }

    private static Agent AgentOf(string path, WorkflowDefinition definition, IServiceProvider services)
    {
        var name = definition.Name.Length > 0 ? definition.Name : Path.GetFileNameWithoutExtension(path);
        return Agent.IsName(name)
            ? WorkflowFile.AgentOf(name, definition, services.GetRequiredService<WorkflowServices>())
            : throw new ConfigurationException(path, 0, $"a name must be {Agent.NameRule}, not \"{name}\"");
    }
}
