using Parley.Agents;
using Parley.AspNetCore.Configuration.Yaml;
using Parley.Protocols.Upstream;
using Parley.Runs;
using Parley.Workflows;

namespace Parley.AspNetCore.Configuration.Agents;

/// <summary>Reads the keys that only one kind of agent has, and makes the agent's behaviour.</summary>
internal delegate AgentBody AgentKind(AgentFileKeys file);

/// <summary>What a kind is given: the file, and what all agents have in common.</summary>
/// <param name="Keys">The file.</param>
/// <param name="Tools">The agent's own tools.</param>
/// <param name="Timeouts">How long a peer may take.</param>
/// <param name="Services">What behaviours need to work.</param>
internal sealed record AgentFileKeys(YamlSection Keys, ValueList<ToolDefinition> Tools, UpstreamTimeouts Timeouts, AgentServices Services);

/// <summary>What a kind makes of its keys.</summary>
/// <param name="Behaviour">What the agent does.</param>
/// <param name="Model">The model behind it, where it is known.</param>
/// <param name="Instructions">Its standing instructions.</param>
/// <param name="Needs">Another file that it reads, as it was; when that changes, the agent is read anew.</param>
/// <param name="IsStateful">It continues a conversation of its peer's.</param>
internal sealed record AgentBody(IAgent Behaviour, string Model = "", string Instructions = "", FileStamp? Needs = null, bool IsStateful = false);

/// <summary>What behaviours need to work.</summary>
/// <param name="Time">The clock.</param>
/// <param name="Upstream">The one client by which all agents call their peers.</param>
/// <param name="Workflows">What workflows need besides.</param>
internal sealed record AgentServices(TimeProvider Time, UpstreamClient Upstream, WorkflowServices Workflows);

/// <summary>All kinds of agents, one line each.</summary>
internal static class AgentKinds
{
    public static IReadOnlyDictionary<string, AgentKind> All { get; } = new Dictionary<string, AgentKind>(StringComparer.Ordinal)
    {
        ["echo"] = EchoFile.Read,
        ["remote"] = RemoteFile.Read,
        ["replay"] = ReplayFile.Read,
    };
}
