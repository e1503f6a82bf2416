using Parley.AspNetCore.Configuration.Yaml;
using Parley.Protocols.Responses;
using Parley.Protocols.Upstream;
using Parley.Runs;

namespace Parley.AspNetCore.Configuration.Agents;

/// <summary>The keys of remote agents that speak Responses: a <c>model</c>, or the <c>agent</c> of a Foundry project.</summary>
internal static class ResponsesFile
{
    public static AgentBody Read(AgentFileKeys file, ValueList<KeyValuePair<string, string>> headers, int retries)
    {
        var keys = file.Keys;
        _ = keys.Required("url");
        var agent = ReadAgent(keys);
        var (model, command) = (keys.Text("model"), keys.Text("token_command"));
        if (agent is null == model is null) throw keys.Fail(agent is null ? "model" : "agent", "either model or agent must be given");
        if (command is not null && keys.Text("key") is not null) throw keys.Fail("token_command", "token_command and key must not be given together");
        var options = new ResponsesAgentOptions
        {
            Url = keys.Object("url", Notations.PeerUrl)!,
            Model = model,
            Agent = agent,
            Key = keys.Text("key"),
            Token = command is null ? null : new TokenSource(new TokenCommand(command, file.Services.Time).RunAsync, file.Services.Time),
            Headers = headers,
            Instructions = keys.Text("instructions") ?? "",
            Tools = file.Tools,
            Store = keys.Value("store", Notations.Switch) ?? true,
            Timeouts = file.Timeouts,
            Retries = retries,
        };
        return new AgentBody(new ResponsesAgent(options, file.Services.Upstream), model ?? "", options.Instructions, IsStateful: options.Store);
    }

    private static AgentRef? ReadAgent(YamlSection keys)
    {
        if (keys.Section("agent") is not { } section) return null;
        var agent = new AgentRef(section.Required("name"), section.Text("version"));
        section.End();
        return agent;
    }
}
