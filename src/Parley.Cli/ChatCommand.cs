using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Parley.Agents;
using Parley.AspNetCore;
using Parley.AspNetCore.Configuration;
using Parley.AspNetCore.Configuration.Agents;
using Parley.Runs;

namespace Parley.Cli;

/// <summary>
/// <c>parley chat</c>: a conversation in the terminal. It runs the agent itself, over the same data and agents as the server, so that no
/// server need run, and so that the conversation is there for its clients afterwards.
/// </summary>
internal static class ChatCommand
{
    public static Command Create()
    {
        var agent = new Option<string>("--agent") { Description = "The agent's name. [default: the default agent]", HelpName = "NAME" };
        var conversation = new Option<string>("--conversation") { Description = "A conversation to go on with.", HelpName = "ID" };
        var command = new Command("chat", "Talk with an agent. Ctrl-C cancels an answer; a second one, or the end of input, ends the chat.") { agent, conversation };
        var places = new Places().AddSettings(command).AddData(command).AddAgents(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var joins = parsed.GetValue(conversation) is { } text ? ReadId(text) : Id.None;
            await using var services = await ComposeAsync(places, parsed, cancellationToken);
            var speaker = Find(services.GetRequiredService<AgentCatalog>(), parsed.GetValue(agent));
            var session = new ChatSession(services.GetRequiredService<Runner>(), speaker, ChatScreen.Of(parsed.InvocationConfiguration), joins);
            return await session.TalkAsync(Console.In, cancellationToken);
        });
        return command;
    }

    /// <summary>What a server is made of, with all its agents, and without one.</summary>
    public static async Task<ServiceProvider> ComposeAsync(Places places, ParseResult parsed, CancellationToken cancellationToken)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole());
        var (data, agents, settings) = (places.Data(parsed), places.Agents(parsed), places.Settings(parsed).Settings);
        services.AddParley(options => (options.Data, options.AgentFiles, options.Settings) = (data, agents, settings));
        var provider = services.BuildServiceProvider();
        await provider.GetRequiredService<AgentDirectory>().RefreshAsync(cancellationToken);
        await provider.GetRequiredService<StoredAgents>().StartAsync(cancellationToken);
        return provider;
    }

    private static Agent Find(AgentCatalog agents, string? name)
    {
        if ((name is null ? agents.Default : agents.Find(name)) is { } agent) return agent;
        var names = string.Join(", ", agents.All.Select(known => known.Name));
        throw new ConfigurationException("--agent", 0, agents.All.Count == 0 ? "there are no agents" : $"there is no agent {name}; there are {names}");
    }

    private static Id ReadId(string text)
        => AnyId.TryParse(text, out var id) ? id : throw new ConfigurationException("--conversation", 0, $"\"{text}\" is not the id of a conversation");
}
