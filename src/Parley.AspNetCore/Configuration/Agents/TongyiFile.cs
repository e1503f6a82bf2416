using Parley.Protocols.Tongyi;

namespace Parley.AspNetCore.Configuration.Agents;

/// <summary>The keys of remote agents that speak Tongyi.</summary>
internal static class TongyiFile
{
    public static AgentBody Read(AgentFileKeys file, ValueList<KeyValuePair<string, string>> headers, int retries)
    {
        var keys = file.Keys;
        _ = keys.Required("url");
        var options = new TongyiAgentOptions
        {
            Url = keys.Object("url", Notations.PeerUrl)!,
            Key = keys.Text("key"),
            AgentId = keys.Text("agent_id"),
            Model = keys.Text("model"),
            Headers = headers,
            Instructions = keys.Text("instructions") ?? "",
            Timeouts = file.Timeouts,
            Retries = retries,
        };
        return new AgentBody(new TongyiAgent(options, file.Services.Upstream), options.Model ?? "", options.Instructions, IsStateful: true);
    }
}
