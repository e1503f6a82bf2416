using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Parley.Agents;
using Parley.AspNetCore.Configuration.Agents;
using Parley.Protocols.Json;
using Parley.Protocols.Responses;
using Parley.Runs;
using Parley.Storage;
using Parley.Workflows;

namespace Parley.AspNetCore.Endpoints;

/// <summary>Reading agents and their versions: those that clients made, and all others that are served.</summary>
internal static class AgentsReads
{
    public static async Task ListAsync(ResponsesCall call)
    {
        var kind = call.Query("kind");
        var all = call.Agents.All.Where(agent => kind is null || KindOf(agent) == kind).Select(agent => VersionsOf(call, agent.Name)[^1]).OrderBy(latest => latest.CreatedAt).ThenBy(latest => latest.Name, StringComparer.Ordinal);
        await AnswerPageAsync(call, [.. all], latest => latest.Name, AgentWriter.WriteAgent);
    }

    public static async Task RetrieveAsync(ResponsesCall call)
    {
        var latest = VersionsOf(call, call.RouteText("name"))[^1];
        await call.AnswerAsync(json => AgentWriter.WriteAgent(latest, json));
    }

    public static async Task ListVersionsAsync(ResponsesCall call) => await AnswerPageAsync(call, VersionsOf(call, call.RouteText("name")), version => version.Id, AgentWriter.WriteVersion);

    public static async Task RetrieveVersionAsync(ResponsesCall call)
    {
        var version = VersionOf(call);
        await call.AnswerAsync(json => AgentWriter.WriteVersion(version, json));
    }

    /// <summary>The version that the path names.</summary>
    public static AgentVersion VersionOf(ResponsesCall call)
    {
        var (name, number) = (call.RouteText("name"), call.RouteText("version"));
        return VersionsOf(call, name).FirstOrDefault(version => version.Version == number)
            ?? throw new RunException(RunError.NotFound($"The agent '{name}' has no version '{number}'.", "version", "version_not_found"));
    }

    /// <summary>The versions of an agent, oldest first; of one in a file there is only the one that it holds now.</summary>
    public static IReadOnlyList<AgentVersion> VersionsOf(ResponsesCall call, string name)
    {
        if (StoredOf(call, name) is { Count: > 0 } stored) return [.. stored.Select(Show)];
        var agent = call.Agents.Find(name) ?? throw new RunException(RunError.NotFound($"The agent '{name}' does not exist.", "name", "agent_not_found"));
        var definition = agent.Behaviour is WorkflowAgent workflow ? AgentWriter.DefinitionOfWorkflow(workflow.Definition.Text) : AgentWriter.DefinitionOfPrompt(agent.Name);
        return [new AgentVersion(agent.Name, agent.Version ?? "1", agent.UpdatedAt, agent.Description, default, definition)];
    }

    /// <summary>The versions of an agent that a client made and that no file hides, oldest first.</summary>
    public static IReadOnlyList<StoredAgentVersion> StoredOf(ResponsesCall call, string name)
        => call.Context.RequestServices.GetService<StoredAgents>()?.Find(name) is { Count: > 0 } stored && (call.Agents.Find(name) is null || call.Agents.IsStored(name)) ? stored : [];

    /// <summary>A version as clients see it.</summary>
    public static AgentVersion Show(StoredAgentVersion stored)
        => new(stored.Agent, stored.Version.ToString(CultureInfo.InvariantCulture), stored.CreatedAt, stored.Description, stored.Metadata, stored.Definition);

    private static string KindOf(Agent agent) => agent.Kind ?? PromptAgent.Kind;

    private static Task AnswerPageAsync(ResponsesCall call, IReadOnlyList<AgentVersion> all, Func<AgentVersion, string> idOf, Action<AgentVersion, JsonLine> write)
    {
        var ordered = call.IsAscending() ? all : all.Reverse().ToList();
        var (after, before, limit) = (PlaceOf("after"), PlaceOf("before"), call.Limit());
        var last = before ?? ordered.Count;
        var first = after + 1 ?? Math.Max(0, before is null ? 0 : last - limit);
        var page = ordered.Take(last).Skip(first).Take(limit).ToList();
        var hasMore = before is null || after is not null ? first + page.Count < last : first > 0;
        return call.AnswerAsync(json => ResponsesLists.WriteList(page, hasMore, idOf, one => write(one, json), json));

        int? PlaceOf(string cursor)
        {
            if (call.Query(cursor) is not { } id) return null;
            for (var i = 0; i < ordered.Count; i++)
                if (idOf(ordered[i]) == id) return i;
            throw ResponsesCall.Refused(cursor, "names nothing in this list");
        }
    }
}
