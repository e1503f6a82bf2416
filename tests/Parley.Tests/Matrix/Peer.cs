using Parley.Agents;
using Parley.Protocols.ChatCompletions;
using Parley.Protocols.Coze;
using Parley.Protocols.DashScope;
using Parley.Protocols.Responses;
using Parley.Protocols.Tongyi;
using Parley.Protocols.Upstream;

namespace Parley.Tests.Matrix;

/// <summary>A protocol in which servers are asked: what makes an agent that asks one, and so also a client.</summary>
/// <param name="Protocol">The protocol.</param>
/// <param name="New">Makes the agent, of the address of the server and the name of an agent there.</param>
internal sealed record Peer(Protocol Protocol, Func<Uri, string, UpstreamClient, IAgent> New)
{
    /// <summary>All protocols, one entry each.</summary>
    public static IReadOnlyList<Peer> All { get; } =
    [
        new(Protocol.Coze, (url, name, client) => new CozeAgent(new CozeAgentOptions { Url = url, BotId = name, Retries = 0 }, client))
        {
            IsStateful = true, AnswersWhole = true, Place = CozePlace,
        },
        new(Protocol.CozeWorkflow, (url, name, client) => new CozeAgent(new CozeAgentOptions { Url = url, WorkflowId = name, Retries = 0 }, client)) { IsStateful = true, Place = CozePlace },
        new(Protocol.CozeWorkflowRun, (url, name, client) => new CozeWorkflowAgent(new CozeAgentOptions { Url = url, WorkflowId = name, Retries = 0 }, client)) { Converses = false },
        new(Protocol.ChatCompletions, (url, name, client) => new ChatCompletionsAgent(new ChatCompletionsOptions { Url = new Uri(url, "/v1"), Model = name, Retries = 0 }, client)) { AnswersWhole = true },
        new(Protocol.Responses, (url, name, client) => new ResponsesAgent(new ResponsesAgentOptions { Url = new Uri(url, "/v1"), Model = name, Retries = 0 }, client))
        {
            IsStateful = true, AnswersWhole = true, Place = (_, run) => new ResponsesUpstream(run).ToJson(),
        },
        new(Protocol.Tongyi, (url, name, client) => new TongyiAgent(new TongyiAgentOptions { Url = url, AgentId = name, Retries = 0 }, client))
        {
            IsStateful = true, Place = (conversation, run) => new TongyiUpstream(conversation, run).ToJson(),
        },
        new(Protocol.DashScope, (url, name, client) => new DashScopeAgent(new DashScopeAgentOptions { Url = url, Model = name, Retries = 0 }, client)) { IsServed = false, TellsSourcesLast = true },
        new(Protocol.DashScopeApp, (url, name, client) => new DashScopeAppAgent(new DashScopeAgentOptions { Url = url, AppId = name, Retries = 0 }, client)) { IsServed = false, Converses = false, TellsSourcesLast = true },
    ];

    /// <summary>It continues a conversation of the server's.</summary>
    public bool IsStateful { get; init; }

    /// <summary>Its server answers also without a stream.</summary>
    public bool AnswersWhole { get; init; }

    /// <summary>It has conversations.</summary>
    public bool Converses { get; init; } = true;

    /// <summary>How a client that has neither begun a conversation nor heard its last answer names them; null for one that names no place.</summary>
    public Func<string, string, RawJson>? Place { get; init; }

    /// <summary>Parley serves it; of the others the server is one made for the tests, whose requests carry all that they are about.</summary>
    public bool IsServed { get; init; } = true;

    /// <summary>Its server says what was looked up behind the answer, wherever that was.</summary>
    public bool TellsSourcesLast { get; init; }

    /// <summary>The protocols of clients.</summary>
    public static IReadOnlyList<Peer> OfClients { get; } = [.. All.Where(peer => peer.IsServed)];

    /// <summary>The entry of a protocol.</summary>
    public static Peer Of(Protocol protocol) => All.Single(peer => peer.Protocol == protocol);

    private static RawJson CozePlace(string conversation, string run) => new($$"""{"conversation_id":"{{conversation}}","chat_id":"{{run}}"}""");

    /// <inheritdoc/>
    public override string ToString() => Protocol.Name;
}
