using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Parley.Agents;
using Parley.AspNetCore.Configuration.Agents;
using Parley.Protocols.Responses;
using Parley.Runs;
using Parley.Workflows;
using Parley.Workflows.Reading;

namespace Parley.AspNetCore.Endpoints;

/// <summary>Making, changing and deleting agents. Those in files are changed there.</summary>
internal static class AgentsDoor
{
    public static async Task CreateAsync(ResponsesCall call)
    {
        var draft = AgentReader.Read(await call.BodyAsync());
        var name = draft.Name ?? throw new RunException(RunError.Rejected("Missing required parameter: 'name'.", "name", "missing_required_parameter"));
        if (call.Agents.Find(name) is not null) throw new RunException(RunError.Rejected($"There is an agent '{name}' already.", "name", "agent_exists"));
        if (await AddAsync(call, name, draft) is { } added) await call.AnswerAsync(json => AgentWriter.WriteAgent(added, json));
    }

    public static async Task UpdateAsync(ResponsesCall call)
    {
        var draft = AgentReader.Read(await call.BodyAsync());
        var name = call.RouteText("name");
        var latest = AgentsReads.VersionsOf(call, name)[^1];
        RefuseIfInFile(call, name);

        // What is as it was makes no version.
        var now = latest.Definition == draft.Json ? latest : await AddAsync(call, name, draft);
        if (now is not null) await call.AnswerAsync(json => AgentWriter.WriteAgent(now, json));
    }

    public static async Task CreateVersionAsync(ResponsesCall call)
    {
        var draft = AgentReader.Read(await call.BodyAsync());
        if (await AddAsync(call, call.RouteText("name"), draft) is { } added) await call.AnswerAsync(json => AgentWriter.WriteVersion(added, json));
    }

    public static async Task DeleteAsync(ResponsesCall call)
    {
        var name = call.RouteText("name");
        AgentsReads.VersionsOf(call, name);
        RefuseIfInFile(call, name);
        await AgentsOf(call).RemoveAsync(call.Owner, name, null, call.Aborted);
        await call.AnswerAsync(json => AgentWriter.WriteDeleted(name, null, json));
    }

    public static async Task DeleteVersionAsync(ResponsesCall call)
    {
        var version = AgentsReads.VersionOf(call);
        RefuseIfInFile(call, version.Name);
        await AgentsOf(call).RemoveAsync(call.Owner, version.Name, AgentsOf(call).Find(version.Name).First(known => AgentsReads.Show(known) == version).Version, call.Aborted);
        await call.AnswerAsync(json => AgentWriter.WriteDeleted(version.Name, version.Version, json));
    }

    // Null if it was refused, and that has been answered.
    private static async Task<AgentVersion?> AddAsync(ResponsesCall call, string name, AgentDraft draft)
    {
        if (!Agent.IsName(name)) throw ResponsesCall.Refused("name", $"must be {Agent.NameRule}");
        RefuseIfInFile(call, name);
        switch (draft.Definition)
        {
            case PromptAgentDefinition prompt when call.Agents.Find(prompt.Model) is not { Kind: not PromptAgent.Kind }:
                throw new RunException(RunError.Rejected($"The model '{prompt.Model}' does not exist. Name an agent of this server that is no prompt agent itself.", "definition.model", "model_not_found"));
            case WorkflowAgentDefinition workflow when WorkflowReader.Read(workflow.Text) is { Definition: null, Findings: var findings }:
                await call.AnswerAsync(StatusCodes.Status400BadRequest, json => AgentWriter.WriteDefects(
                    [.. findings.Select(finding => new AgentDefect(finding.Line, finding.Path, finding.Message, finding.Severity == FindingSeverity.Error))], json));
                return null;
        }

        return AgentsReads.Show(await AgentsOf(call).AddAsync(call.Owner, name, draft, call.Aborted));
    }

    private static void RefuseIfInFile(ResponsesCall call, string name)
    {
        if (call.Agents.Find(name) is not null && AgentsReads.StoredOf(call, name).Count == 0)
            throw new RunException(RunError.Rejected($"The agent '{name}' stands in a file of the server, or was made by its program, and is changed there.", "name", "agent_in_file"));
    }

    private static StoredAgents AgentsOf(ResponsesCall call) => call.Context.RequestServices.GetService<StoredAgents>()
        ?? throw new RunException(RunError.Rejected("This server keeps everything in memory and no agents. Give it a data directory."));
}
