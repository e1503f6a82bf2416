using Parley.Agents;
using Parley.AspNetCore.Configuration.Agents;
using Parley.AspNetCore.Http;
using Parley.Protocols.Coze;
using Parley.Runs;

namespace Parley.AspNetCore.Endpoints;

/// <summary>Reading workflows and what became of their executions.</summary>
internal static class CozeWorkflowReads
{
    public static Task ListAsync(CozeCall call)
    {
        var all = call.Agents.All.Where(agent => agent.Kind == WorkflowFile.Kind).ToList();
        var size = call.QueryNumber("page_size", otherwise: 10, most: 100);
        var skipped = (call.QueryNumber("page_num", otherwise: 1, most: 1_000_000) - 1) * size;
        return call.AnswerAsync(line =>
        {
            line.Name("data"u8).Object().Name("items"u8).Array();
            foreach (var agent in all.Skip(skipped).Take(size)) CozeWriter.WriteWorkflow(agent, call.Owner, line);
            line.EndArray().Name("has_more"u8).Bool(skipped + size < all.Count).EndObject();
        });
    }

    public static Task RetrieveAsync(CozeCall call)
    {
        var agent = WorkflowOf(call);
        return call.AnswerAsync(line =>
        {
            CozeWriter.WriteWorkflow(agent, call.Owner, line.Name("data"u8).Object().Name("workflow_detail"u8));
            if (call.Query("include_input_output") is "true" or "1") CozeWriter.WriteWorkflowShape(line);
            line.EndObject();
        });
    }

    public static async Task HistoryAsync(CozeCall call)
    {
        var view = await ExecutionAsync(call);
        await call.AnswerAsync(line =>
        {
            line.Name("data"u8).Array();
            CozeWriter.WriteWorkflowHistory(view, LogId.Of(call.Context), line);
            line.EndArray();
        });
    }

    public static async Task NodeAsync(CozeCall call)
    {
        var (view, node) = (await ExecutionAsync(call), call.Context.Request.RouteValues["node"]?.ToString() ?? "");
        if (!view.HasNode(node)) throw new RunException(RunError.NotFound("The node does not exist (node_execute_uuid).", "node_execute_uuid"));
        await call.AnswerAsync(line => CozeWriter.WriteNode(view, node, line.Name("data"u8)));
    }

    /// <summary>An execution, from one of its runs.</summary>
    public static async Task<CozeWorkflowView> ViewOfAsync(CozeCall call, Run run)
    {
        var runs = await call.Runner.FindChatAsync(call.Owner, run.Chat, call.Aborted);
        var states = new List<RunState>();
        foreach (var one in runs) states.Add(await call.Runner.FoldAsync(one, call.Aborted));
        return new CozeWorkflowView(runs, states);
    }

    private static async Task<CozeWorkflowView> ExecutionAsync(CozeCall call)
    {
        var agent = WorkflowOf(call);
        var runs = await call.Runner.FindChatAsync(call.Owner, CozeCall.IdOf(call.Context.Request.RouteValues["execute_id"]?.ToString() ?? "", "execute_id"), call.Aborted);
        if (runs.Count == 0 || runs[0].Agent.Name != agent.Name || runs[0].Dialect != Protocol.CozeWorkflowRun)
            throw new RunException(RunError.NotFound("The execution does not exist (execute_id).", "execute_id"));
        return await ViewOfAsync(call, runs[^1]);
    }

    private static Agent WorkflowOf(CozeCall call) => call.AgentOf(call.Context.Request.RouteValues["workflow_id"]?.ToString() ?? "", "workflow_id");
}
